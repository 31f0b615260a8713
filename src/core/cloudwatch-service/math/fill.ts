/** FILL: what to put where a series has no point. */
import type { TimeRange } from '../model/time-range.ts';
import { listPeriods } from './periods.ts';
import type { TimeSeries } from './values.ts';

/** A number, the points of another series, the last value again, or a straight line between neighbours. */
export type Filling = number | TimeSeries | 'REPEAT' | 'LINEAR';

/** Fills every period of the range. REPEAT and LINEAR leave what lies before the first point empty. */
export function fillSeries(series: TimeSeries, filling: Filling, range: TimeRange): TimeSeries {
  const points = new Map<number, number>();
  const known = [...series.points];
  let next = 0;
  for (const time of listPeriods(range, series.periodSeconds)) {
    while (next < known.length && (known[next]?.[0] ?? Infinity) <= time) next += 1;
    const value = series.points.get(time) ?? fillPoint(time, known[next - 1], known[next], filling);
    if (value !== null && Number.isFinite(value)) points.set(time, value);
  }
  return { ...series, points };
}

type Point = readonly [number, number] | undefined;

function fillPoint(time: number, before: Point, after: Point, filling: Filling): number | null {
  if (typeof filling === 'number') return filling;
  if (typeof filling === 'object') return filling.points.get(time) ?? null;
  if (before === undefined) return null;
  if (filling === 'REPEAT') return before[1];
  if (after === undefined) return null;
  return before[1] + ((after[1] - before[1]) * (time - before[0])) / (after[0] - before[0]);
}
