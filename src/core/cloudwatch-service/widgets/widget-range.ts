/** The times a widget shows, and periods that suit its width. */
import { Duration } from 'luxon';
import { parseUtcTime } from '../../../platform/runtime/utc-time.ts';
import type { DataQuery } from '../metrics/data-query.ts';
import { checkTimeRange, EARLIEST_MS, type TimeRange } from '../model/time-range.ts';
import { refuse, type Widget } from './widget-shape.ts';

const DEFAULT_START = '-PT3H';
const DEFAULT_END = '-PT0H';
const MAX_POINTS = 1_440;

/** @throws CloudwatchError for what is neither a time nor a duration, or a start that is not before the end */
export function readRange({ start, end, period }: Widget, nowMs: number): TimeRange {
  const startMs = readTime(start ?? DEFAULT_START, 'start', nowMs);
  const endMs = readTime(end ?? DEFAULT_END, 'end', nowMs);
  if (!(startMs < endMs)) throw refuse('The metric widget is invalid: /start should be before /end');
  return checkTimeRange(new Date(startMs), new Date(endMs), Math.min(60, period ?? 60), nowMs);
}

/** ISO 8601: a time, or a duration before now (`-PT3H`, also `PT3H`). */
export function readTime(text: string, name: string, nowMs: number): number {
  const duration = Duration.fromISO(text);
  // Luxon reads a P of nothing as well.
  const isDuration = duration.isValid && /\d/.test(text);
  const time = isDuration ? nowMs - Math.abs(duration.toMillis()) : parseUtcTime(text);
  if (new Date(time).getTime() >= EARLIEST_MS) return time;
  throw refuse(
    `The metric widget is invalid: /${name} should be a time as 2026-11-20T12:00:00Z or a duration as -PT3H, not ${JSON.stringify(text.slice(0, 80))}`,
  );
}

/** A query with more points than a picture can show gets the next multiple of its period that has no more. */
export function coarsenPeriods(
  queries: ReadonlyMap<string, DataQuery>,
  { startMs, endMs }: TimeRange,
): ReadonlyMap<string, DataQuery> {
  return new Map(
    [...queries].map(([id, query]) => {
      if (query.periodSeconds === null) return [id, query];
      const factor = Math.ceil((endMs - startMs) / 1000 / query.periodSeconds / MAX_POINTS);
      const seconds = query.periodSeconds * Math.max(1, factor);
      // Above a minute, periods are whole minutes.
      const periodSeconds = seconds > 60 ? Math.ceil(seconds / 60) * 60 : seconds;
      return [id, factor > 1 ? { ...query, periodSeconds } : query];
    }),
  );
}
