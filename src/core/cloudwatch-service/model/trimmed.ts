/**
 * Parts of a sorted list of values and their counts, for trimmed and winsorized statistics.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
 */

/** A value, and how often it was seen. */
export type Cell = readonly [value: number, count: number];

/** The lower bound does not belong to it, the upper one does. */
export interface ValueRange {
  readonly above: number;
  readonly upTo: number;
}

/** What a product of doubles may be off by, as a share of it. */
const ROUNDING = 1e-12;

/** So many percent of the samples: 99.9 % of 41,000 are 40,959, and not a little more, as doubles have it. */
export function takePercent(total: number, percent: number): number {
  const share = (total * percent) / 100;
  const whole = Math.round(share);
  return Math.abs(share - whole) <= ROUNDING * whole ? whole : share;
}

/**
 * The samples between two percentiles. A percentile is found by nearest rank, as everywhere here: of few samples the
 * one at the upper bound is kept, so that a single sample is its own trimmed mean.
 * @param cells sorted by value
 * @param range in percent, 0 to 100
 */
export function cutByRank(cells: readonly Cell[], range: ValueRange): readonly Cell[] {
  const total = cells.reduce((sum, [, count]) => sum + count, 0);
  const first = Math.floor(takePercent(total, range.above));
  const last = Math.ceil(takePercent(total, range.upTo));
  let before = 0;
  return cells.flatMap(([value, count]) => {
    const kept = Math.min(before + count, last) - Math.max(before, first);
    before += count;
    return kept > 0 ? [[value, kept] as const] : [];
  });
}

export function cutByValue(cells: readonly Cell[], { above, upTo }: ValueRange): readonly Cell[] {
  return cells.filter(([value]) => value > above && value <= upTo);
}

export function countBetween(cells: readonly Cell[], range: ValueRange): number {
  return cutByValue(cells, range).reduce((total, [, count]) => total + count, 0);
}

/** What was cut off comes back as the nearest value that was kept. */
export function winsorize(cells: readonly Cell[], kept: readonly Cell[]): readonly Cell[] {
  const [first] = kept;
  const last = kept.at(-1);
  if (first === undefined || last === undefined) return [];
  return cells.map(([value, count]) => [Math.min(last[0], Math.max(first[0], value)), count]);
}
