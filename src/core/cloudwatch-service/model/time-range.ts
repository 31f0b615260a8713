/** The range and the period statistics are asked for. */
import { invalid, missing, mustBe } from './cloudwatch-error.ts';

export interface TimeRange {
  /** Included; rounded down to what is kept of its age. */
  readonly startMs: number;
  /** Not included. */
  readonly endMs: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SHORT_PERIODS_SECONDS = [1, 5, 10, 20, 30];
/** A hundred years: no count of seconds beyond it is meant. */
const MAX_PERIOD_SECONDS = 100 * 366 * 86_400;

/** The year 1, where the timestamps of AWS' protocols begin; PostgreSQL cannot tell the times long before it. */
export const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z');

/** @throws CloudwatchError unless 1, 5, 10, 20, 30 or a multiple of 60 */
export function checkPeriod(period: number | undefined, path: string): number {
  if (period === undefined) throw missing(path);
  if (SHORT_PERIODS_SECONDS.includes(period)) return period;
  if (period < 1) throw mustBe(path, 'be greater than or equal to 1');
  if (period % 60 !== 0) throw mustBe(path, 'be 1, 5, 10, 20, 30 or a multiple of 60');
  if (period > MAX_PERIOD_SECONDS) throw invalid(path, period);
  return period;
}

/**
 * AWS' rounding of the start: down to the minute for the last 15 days, to five minutes until 63 days, to the hour
 * before; for periods below a minute to the period.
 * @throws CloudwatchError when a time is absent or the start is not before the end
 */
export function checkTimeRange(
  start: Date | undefined,
  end: Date | undefined,
  periodSeconds: number,
  nowMs: number,
): TimeRange {
  if (start === undefined) throw missing('StartTime');
  if (end === undefined) throw missing('EndTime');
  if (!(start.getTime() < end.getTime())) throw mustBe('StartTime', 'be less than the parameter EndTime');
  const stepMs = roundingOf(nowMs - start.getTime(), periodSeconds);
  return { startMs: Math.floor(start.getTime() / stepMs) * stepMs, endMs: end.getTime() };
}

function roundingOf(ageMs: number, periodSeconds: number): number {
  if (periodSeconds < 60) return periodSeconds * SECOND_MS;
  if (ageMs < 15 * DAY_MS) return MINUTE_MS;
  return ageMs < 63 * DAY_MS ? 5 * MINUTE_MS : 60 * MINUTE_MS;
}
