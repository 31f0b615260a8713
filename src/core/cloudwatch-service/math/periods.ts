/** The periods of a range, for functions that give each of them a value. A range can be as long as somebody asks for. */
import type { TimeRange } from '../model/time-range.ts';
import { listSeries, refuseTooMany, type MathValue } from './values.ts';

/** @throws MathError when there would be more than a million in all; for a number */
export function checkPeriods(value: MathValue, range: TimeRange): void {
  const points = listSeries(value).reduce(
    (sum, series) => sum + countPeriods(range, series.periodSeconds),
    0,
  );
  refuseTooMany(points);
}

/**
 * @returns the start of each, in milliseconds
 * @throws MathError for more than a million
 */
export function listPeriods(range: TimeRange, periodSeconds: number): readonly number[] {
  const length = countPeriods(range, periodSeconds);
  refuseTooMany(length);
  return Array.from({ length }, (_, i) => range.startMs + i * periodSeconds * 1000);
}

function countPeriods({ startMs, endMs }: TimeRange, periodSeconds: number): number {
  return Math.ceil((endMs - startMs) / (periodSeconds * 1000));
}
