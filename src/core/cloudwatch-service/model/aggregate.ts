/** Statistics of some data, as they are stored and merged. */
import { takePercent, type Cell } from './trimmed.ts';

export interface Aggregate {
  readonly sum: number;
  readonly sampleCount: number;
  readonly minimum: number;
  readonly maximum: number;
  /** value, count, value, count, … in any order; null when only the four numbers above are known. */
  readonly pairs: readonly number[] | null;
}

/** @param pairs at least one value and its count */
export function aggregatePairs(pairs: readonly number[]): Aggregate {
  let [sum, sampleCount, minimum, maximum] = [0, 0, Infinity, -Infinity];
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const value = pairs[i] ?? 0;
    const count = pairs[i + 1] ?? 0;
    sum += value * count;
    sampleCount += count;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  return { sum, sampleCount, minimum, maximum, pairs };
}

/** Exact but for the rounding of sums; percentiles stay known only if they are known of both. */
export function joinAggregates(a: Aggregate, b: Aggregate): Aggregate {
  return {
    sum: a.sum + b.sum,
    sampleCount: a.sampleCount + b.sampleCount,
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
    pairs: a.pairs === null || b.pairs === null ? null : [...a.pairs, ...b.pairs],
  };
}

/** Joins many, in time that grows with what is joined: joinAggregates copies all values there are at each step. */
export class AggregateSum {
  #sums: Aggregate;
  /** Whether all of them say how their values are spread. */
  #isSpread: boolean;
  readonly #pairs: (readonly number[])[] = [];

  constructor(first: Aggregate) {
    this.#sums = { ...first, pairs: null };
    this.#isSpread = first.pairs !== null;
    if (first.pairs !== null) this.#pairs.push(first.pairs);
  }

  add(next: Aggregate): void {
    this.#sums = joinAggregates(this.#sums, next);
    if (next.pairs === null) this.#isSpread = false;
    else if (this.#isSpread) this.#pairs.push(next.pairs);
  }

  get total(): Aggregate {
    return { ...this.#sums, pairs: this.#isSpread ? this.#pairs.flat() : null };
  }
}

/**
 * The value below or at which `percent` of the samples lie (nearest rank, no interpolation).
 * @param percent 0 to 100
 * @returns null when the values are not known one by one
 */
export function findPercentile(aggregate: Aggregate, percent: number): number | null {
  if (aggregate.minimum === aggregate.maximum || percent === 0) return aggregate.minimum;
  if (percent === 100) return aggregate.maximum;
  const cells = listCells(aggregate);
  if (cells === null) return null;
  // A distribution may be sent with fewer values than its summary counts: how its values are spread is what counts.
  const total = cells.reduce((sum, [, count]) => sum + count, 0);
  let left = takePercent(total, percent);
  for (const [value, count] of cells) {
    left -= count;
    // Values of a crowded minute are stored rounded: never show one outside of what was seen.
    if (left <= 0) return Math.min(aggregate.maximum, Math.max(aggregate.minimum, value));
  }
  return aggregate.maximum;
}

/** Values with their counts, sorted; null when they are not known one by one. */
export function listCells({ minimum, maximum, sampleCount, pairs }: Aggregate): readonly Cell[] | null {
  if (minimum === maximum) return [[minimum, sampleCount]];
  if (pairs === null) return null;
  const cells: [number, number][] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2) cells.push([pairs[i] ?? 0, pairs[i + 1] ?? 0]);
  return cells.sort(([a], [b]) => a - b);
}
