/**
 * The functions of metric math that look at the clock: each gives a value for every period of the range, there being a
 * point or not. Times are of UTC.
 */
import type { TimeRange } from '../model/time-range.ts';
import { checkPeriods, listPeriods } from './periods.ts';
import { keepFinite, mapEachSeries, type MathValue } from './values.ts';

const CLOCK_FUNCTIONS: ReadonlyMap<string, (time: Date) => number> = new Map([
  ['EPOCH', (time) => time.getTime() / 1000],
  ['MINUTE', (time) => time.getUTCMinutes()],
  ['HOUR', (time) => time.getUTCHours()],
  // 1 is Monday, 7 is Sunday.
  ['DAY', (time) => time.getUTCDay() || 7],
  ['DATE', (time) => time.getUTCDate()],
  ['MONTH', (time) => time.getUTCMonth() + 1],
  ['YEAR', (time) => time.getUTCFullYear()],
]);

export function isClockFunction(name: string): boolean {
  return CLOCK_FUNCTIONS.has(name);
}

/**
 * @param name one that isClockFunction knows
 * @throws MathError for a number, for too many points
 */
export function tellTime(name: string, value: MathValue, range: TimeRange): MathValue {
  const read = CLOCK_FUNCTIONS.get(name);
  if (read === undefined) throw new Error(`${name} does not look at the clock`);
  checkPeriods(value, range);
  return mapEachSeries(value, (series) => ({
    ...series,
    points: new Map(
      listPeriods(range, series.periodSeconds).map((time) => [time, read(new Date(time))] as const),
    ),
  }));
}

/**
 * TIME_SERIES: the number, at every period of the range; none where it is not finite, as a rate of nothing is.
 * @throws MathError for too many points
 */
export function repeatNumber(value: number, range: TimeRange, periodSeconds: number): MathValue {
  const points = keepFinite(listPeriods(range, periodSeconds).map((time) => [time, value] as const));
  return { kind: 'series', series: { label: 'TIME_SERIES', periodSeconds, points } };
}
