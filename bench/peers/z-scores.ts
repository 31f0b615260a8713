/** One-line baselines: z-scores of the value, of its differences, of a long window, of the time of day. */
import type { Peer } from './peer.ts';

const FIRST_ROWS = 30;

/** Exponentially weighted mean and variance; the z-score of a value before it is learned. */
export function createEwma(span: number): Peer {
  const single = 2 / (span + 1);
  let rows = 0;
  let mean = 0;
  let variance = 0;
  return (_, value) => {
    rows += 1;
    if (rows === 1) mean = value;
    const distance = value - mean;
    const z = variance > 0 ? Math.abs(distance) / Math.sqrt(variance) : distance === 0 ? 0 : 10;
    const weight = Math.max(single, 1 / rows);
    variance = (1 - weight) * (variance + weight * distance * distance);
    mean += weight * distance;
    return rows < FIRST_ROWS ? 0 : z;
  };
}

export function createDifferences(span: number): Peer {
  const score = createEwma(span);
  let last: number | null = null;
  return (timestampMs, value) => {
    const change = last === null ? 0 : value - last;
    last = value;
    return score(timestampMs, change);
  };
}

/** NAB's baseline: distance to mean and deviation of a long window, refreshed now and then. */
export function createWindowedGaussian(): Peer {
  const window: number[] = [];
  let rows = 0;
  let mean = 0;
  let deviation = 0;
  return (_, value) => {
    const z = rows < 100 ? 0 : deviation > 0 ? Math.abs(value - mean) / deviation : value === mean ? 0 : 10;
    window[rows % 6400] = value;
    rows += 1;
    if (rows % 100 === 0) {
      mean = window.reduce((sum, v) => sum + v, 0) / window.length;
      deviation = Math.sqrt(window.reduce((sum, v) => sum + (v - mean) ** 2, 0) / window.length);
    }
    return z;
  };
}

const median = (sorted: readonly number[]): number => sorted[sorted.length >> 1] ?? 0;

/** Median and median deviation of the same half-hour on the last eight days. */
export function createSeasonal(): Peer {
  const slots = new Map<number, number[]>();
  let slot = -1;
  let centre = 0;
  let spread = 0;
  return (timestampMs, value) => {
    const now = Math.floor(timestampMs / 1_800_000) % 48;
    const known = slots.get(now) ?? [];
    slots.set(now, known);
    if (now !== slot) {
      slot = now;
      centre = median(known.toSorted((a, b) => a - b));
      spread = 1.4826 * median(known.map((v) => Math.abs(v - centre)).sort((a, b) => a - b));
    }
    const z = known.length < 4 ? 0 : Math.abs(value - centre) / (spread || Math.abs(centre) * 0.05 || 1);
    known.push(value);
    if (known.length > 240) known.shift();
    return Math.min(z, 1e6);
  };
}
