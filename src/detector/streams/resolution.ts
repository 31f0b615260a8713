/**
 * The smallest change of a metric that means anything.
 *
 * Where a metric's bounds are given it is HTM-IT's (max − min) / 114, 114 being the number of buckets of the value
 * encoder its models used, or minResolution where that is larger. Else it is learned from the first rows, as a share
 * of their range and with no floor, so that the unit of a metric does not matter.
 */
import type { ModelParams } from '../../model.ts';

const BUCKETS = 114;
const LEARNING_ROWS = 288;
/** A metric that never moved has no range; a millionth of its size is then nothing. */
const STILL_SHARE = 1e-6;
/** Of the smallest step: smaller deviations are rounding of a level. */
const QUANTA = 0.5;
/** Differences below this share of the value are rounding of doubles, not of the metric. */
const ROUNDING_SHARE = 1e-12;

export interface Resolution {
  /** In the metric's unit; 0 when neither bounds nor minResolution were given. */
  readonly given: number;
  lowest: number;
  highest: number;
  rows: number;
  /** The smallest step ever seen between two rows: 1 for counts, 0 until something moved. */
  quantum: number;
}

export function createResolution({ min, max, minResolution }: ModelParams): Resolution {
  const bounded = min !== undefined && max !== undefined ? (max - min) / BUCKETS : 0;
  return {
    given: Math.max(minResolution ?? 0, bounded),
    lowest: Infinity,
    highest: -Infinity,
    rows: 0,
    quantum: 0,
  };
}

/** Learns the range of the first rows, before the row is scored. */
export function learnRange(resolution: Resolution, value: number): void {
  if (resolution.rows >= LEARNING_ROWS) return;
  resolution.rows += 1;
  resolution.lowest = Math.min(resolution.lowest, value);
  resolution.highest = Math.max(resolution.highest, value);
}

/** Learns the smallest step, after the row was scored: the first step ever must not be its own measure. */
export function learnQuantum(resolution: Resolution, value: number, last: number): void {
  const size = Math.abs(value - last);
  if (size > Math.abs(value) * ROUNDING_SHARE && (resolution.quantum === 0 || size < resolution.quantum)) {
    resolution.quantum = size;
  }
}

/**
 * Changes up to this are no change: half a smallest step, rounding, of a still metric a bit more.
 * @param value of what is scored: of a counter, its rate
 * @param raw as the metric gave it: of a counter, the sum by its units, whose rounding is in the rate
 */
export function measureNothing(
  { lowest, highest, quantum }: Resolution,
  value: number,
  raw: number = value,
): number {
  const size = Math.abs(value);
  const isStill = highest - lowest <= size * STILL_SHARE;
  return Math.max(QUANTA * quantum, Math.abs(raw) * ROUNDING_SHARE, isStill ? size * STILL_SHARE : 0);
}

/** Changes up to this are no record; @param value and @param raw as of measureNothing */
export function measureResolution(resolution: Resolution, value: number, raw: number = value): number {
  const range = resolution.highest - resolution.lowest;
  return Math.max(resolution.given, measureNothing(resolution, value, raw), range / BUCKETS);
}
