/** Quantiles of numbers and of histograms, as Prometheus computes them. Pure. */

/**
 * @param quantile from 0 to 1; below -Inf, above +Inf
 * @param values in any order; sorted in place, NaN first
 */
export function findQuantile(quantile: number, values: number[]): number {
  if (values.length === 0 || Number.isNaN(quantile)) return NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  values.sort((a, b) =>
    Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(b)) - Number(Number.isNaN(a)) : a - b,
  );
  const rank = quantile * (values.length - 1);
  const lower = Math.floor(rank);
  const weight = rank - lower;
  const [low = NaN, high = low] = values.slice(lower, lower + 2);
  return low * (1 - weight) + high * weight;
}

/** How many observations were not above a bound. */
export interface Bucket {
  readonly bound: number;
  readonly count: number;
}

/** Rounding makes of equal counts some that differ by as little. */
const ROUNDING = 1e-12;

/**
 * Within its bucket observations are taken to lie evenly; the lowest begins at 0 unless its bound is below.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 * @param buckets in any order; NaN without one to infinity, or without observations
 */
export function findHistogramQuantile(quantile: number, buckets: readonly Bucket[]): number {
  if (Number.isNaN(quantile)) return NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const sorted = joinEqual(buckets);
  if (sorted.length < 2 || sorted.at(-1)?.bound !== Infinity) return NaN;
  const counts = neverFalling(sorted.map(({ count }) => count));
  const total = counts.at(-1) ?? 0;
  if (total === 0 || Number.isNaN(total)) return NaN;
  const rank = quantile * total;
  const found = counts.slice(0, -1).findIndex((count) => count >= rank);
  const boundOf = (index: number) => sorted[index]?.bound ?? NaN;
  if (found < 0) return boundOf(sorted.length - 2);
  if (found === 0 && boundOf(0) <= 0) return boundOf(0);
  const [from, before] = found === 0 ? [0, 0] : [boundOf(found - 1), counts[found - 1] ?? 0];
  const inBucket = (counts[found] ?? 0) - before;
  return from + (boundOf(found) - from) * ((rank - before) / inBucket);
}

/** By their bounds; those of one bound are one. */
function joinEqual(buckets: readonly Bucket[]): readonly Bucket[] {
  const joined: Bucket[] = [];
  for (const bucket of buckets.toSorted((a, b) => (a.bound < b.bound ? -1 : Number(a.bound > b.bound)))) {
    const last = joined.at(-1);
    if (last?.bound === bucket.bound)
      joined[joined.length - 1] = { ...last, count: last.count + bucket.count };
    else joined.push(bucket);
  }
  return joined;
}

/** Counts of a bucket are those below it as well: one that is scraped a moment later may say less. */
function neverFalling(counts: readonly number[]): readonly number[] {
  let highest = counts[0] ?? 0;
  return counts.map((count) => {
    const isEqual = Math.abs(count - highest) <= ROUNDING * Math.max(Math.abs(count), Math.abs(highest));
    if (count > highest && !isEqual) highest = count;
    return highest;
  });
}
