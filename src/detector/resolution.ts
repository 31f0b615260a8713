/**
 * The smallest change of a metric that means anything.
 *
 * Given a metric's bounds it is HTM-IT's max(minResolution or 0.001, (max − min) / 114), 114 being the number of
 * buckets of the value encoder its models used. Without bounds the range of the first 288 rows stands in, and no
 * absolute floor, so that the unit a metric is told in does not matter.
 */
import type { ModelParams } from '../model.ts';

const BUCKETS = 114;
const SMALLEST = 0.001;
const LEARNING_ROWS = 288;
/** A metric that never moved has no range; a millionth of its size is then nothing. */
const STILL_SHARE = 1e-6;
/** Differences below this share of the value are rounding of doubles, not of the metric. */
const ROUNDING_SHARE = 1e-12;

export interface Resolution {
  /** In the metric's unit. */
  smallest: number;
  /** 1 when computed from given bounds, else 0. */
  readonly given: number;
  readonly floor: number;
  lowest: number;
  highest: number;
  /** The smallest step ever seen between two rows: 1 for counts, 0 until something moved. */
  quantum: number;
}

export function createResolution(params: ModelParams): Resolution {
  const { min, max, minResolution } = params;
  const bounded = min !== undefined && max !== undefined;
  const smallest = bounded ? Math.max(minResolution ?? SMALLEST, (max - min) / BUCKETS) : 0;
  return {
    smallest,
    given: bounded ? 1 : 0,
    floor: minResolution ?? 0,
    lowest: Infinity,
    highest: -Infinity,
    quantum: 0,
  };
}

/** Learns the range of the first rows, before the row is judged. */
export function learnRange(resolution: Resolution, row: number, value: number): void {
  if (resolution.given === 1 || row > LEARNING_ROWS) return;
  resolution.lowest = Math.min(resolution.lowest, value);
  resolution.highest = Math.max(resolution.highest, value);
  const range = resolution.highest - resolution.lowest;
  const still = range <= Math.abs(value) * STILL_SHARE;
  const learned = still ? Math.abs(value) * STILL_SHARE : range / BUCKETS;
  resolution.smallest = Math.max(resolution.floor, learned);
}

/** Learns the smallest step, after the row was judged: the first step ever must not be its own measure. */
export function learnQuantum(resolution: Resolution, value: number, last: number): void {
  const size = Math.abs(value - last);
  if (size > Math.abs(value) * ROUNDING_SHARE && (resolution.quantum === 0 || size < resolution.quantum)) {
    resolution.quantum = size;
  }
}
