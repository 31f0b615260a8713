/** How often points of a metric come, from the times of the newest: a pushed metric's period is only what was assumed. */
import { formatSpan } from '../parts/format-time.ts';

const MIN_INTERVALS = 3;

/** @param timestamps newest first @returns such as "every 5 min"; null where too few points have come to say */
export function describeInterval(timestamps: readonly string[]): string | null {
  const times = timestamps.map((time) => Date.parse(time));
  const intervals = times
    .slice(1)
    .map((time, index) => (times[index] ?? time) - time)
    .sort((a, b) => a - b);
  const median = intervals[Math.floor(intervals.length / 2)];
  if (median === undefined || intervals.length < MIN_INTERVALS || median <= 0) return null;
  return median < 1000 ? `every ${median} ms` : `every ${formatSpan(median)}`;
}
