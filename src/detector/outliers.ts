/**
 * Which members of a group behave unlike the others: machines behind one load balancer, replicas of one service. Pure.
 *
 * At each interval a member's deviation is its distance from the median of all, in robust standard deviations (1.4826
 * times the median absolute deviation; where more than half are equal, 1.2533 times the mean one, after Iglewicz and
 * Hoaglin, "How to Detect and Handle Outliers", 1993). A member that deviates at one interval is noise: one that does at
 * a large share of them is an outlier.
 */

/** A member's samples in time order, as columns of equal length. */
export interface MemberSeries {
  readonly timestampsMs: readonly number[];
  readonly values: readonly number[];
}

export interface OutlierOptions {
  /** Intervals are counted from here. */
  readonly fromMs: number;
  readonly intervalMs: number;
  readonly intervals: number;
  /** Above 0: more robust standard deviations than this are too far. */
  readonly tolerance: number;
}

/** What is found of one member. */
export interface MemberDeviation {
  /** Intervals at which it and enough others had a value. */
  readonly compared: number;
  /** Share of these at which it was too far from the others, 0 to 1. */
  readonly share: number;
  /** Mean of its values over the compared intervals. */
  readonly value: number;
  /** Mean of the group's median over the same intervals. */
  readonly expected: number;
  /** Mean of the robust standard deviation of the group over the same intervals. */
  readonly spread: number;
  /** Its median deviation in robust standard deviations, negative below the others. At most MAX_DEVIATION. */
  readonly deviation: number;
}

/** Of fewer, none can be called the odd one. */
export const MIN_MEMBERS = 4;
/** Where all others are equal, any difference is endless. */
export const MAX_DEVIATION = 1e6;

const MAD_TO_SIGMA = 1.4826;
const MEAN_DEVIATION_TO_SIGMA = 1.2533;
/** What rounding alone makes of equal values, as a share of them. */
const ROUNDING = 1e-9;

/** @returns one for each member, in their order; null for one that was never compared */
export function compareMembers(
  members: readonly MemberSeries[],
  options: OutlierOptions,
): readonly (MemberDeviation | null)[] {
  const { intervals, tolerance } = options;
  const means = members.map((member) => averageByInterval(member, options));
  const centres = Array.from({ length: intervals }, (_, at) =>
    findCentre(means.map((row) => row[at]).filter((value) => value !== undefined)),
  );
  // The group is at times closer together than it mostly is, by chance: the spread is at least its own median.
  const leastSpread = median(centres.filter((centre) => centre !== null).map(({ spread }) => spread)) ?? 0;
  return means.map((row) => {
    const deviations: number[] = [];
    let [mean, meanCentre, meanSpread] = [0, 0, 0];
    for (const [at, centre] of centres.entries()) {
      const value = row[at];
      if (value === undefined || centre === null) continue;
      const spread = Math.max(
        centre.spread,
        leastSpread,
        ROUNDING * Math.abs(centre.median),
        Number.MIN_VALUE,
      );
      deviations.push(clamp((value - centre.median) / spread));
      mean = extendMean(mean, value, deviations.length);
      meanCentre = extendMean(meanCentre, centre.median, deviations.length);
      meanSpread = extendMean(meanSpread, spread, deviations.length);
    }
    const compared = deviations.length;
    const deviation = median(deviations);
    if (deviation === null) return null;
    return {
      compared,
      share: deviations.filter((value) => Math.abs(value) > tolerance).length / compared,
      value: mean,
      expected: meanCentre,
      spread: meanSpread,
      deviation,
    };
  });
}

/** Undefined where it has no sample. */
function averageByInterval(
  { timestampsMs, values }: MemberSeries,
  { fromMs, intervalMs, intervals }: OutlierOptions,
): readonly (number | undefined)[] {
  const means = new Float64Array(intervals);
  const counts = new Uint32Array(intervals);
  for (const [index, timestampMs] of timestampsMs.entries()) {
    const at = Math.floor((timestampMs - fromMs) / intervalMs);
    const value = values[index];
    if (at < 0 || at >= intervals || value === undefined) continue;
    const count = (counts[at] ?? 0) + 1;
    counts[at] = count;
    means[at] = extendMean(means[at] ?? 0, value, count);
  }
  return Array.from(means, (mean, at) => (counts[at] === 0 ? undefined : mean));
}

/** A running mean, as the sum of large doubles may not be one. @param count of values, this one included */
function extendMean(mean: number, value: number, count: number): number {
  return mean === value ? mean : mean * ((count - 1) / count) + value / count;
}

function findCentre(values: readonly number[]): { readonly median: number; readonly spread: number } | null {
  const centre = median(values);
  if (centre === null || values.length < MIN_MEMBERS) return null;
  const distances = values.map((value) => Math.min(Math.abs(value - centre), Number.MAX_VALUE));
  const mad = median(distances) ?? 0;
  const spread =
    mad > 0
      ? MAD_TO_SIGMA * mad
      : MEAN_DEVIATION_TO_SIGMA * distances.reduce((sum, distance) => sum + distance / distances.length, 0);
  return { median: centre, spread: Math.min(spread, Number.MAX_VALUE) };
}

/** Null of nothing. */
function median(values: readonly number[]): number | null {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  const [low, high] = [sorted[half - 1], sorted[half]];
  if (high === undefined) return null;
  return sorted.length % 2 === 1 || low === undefined ? high : low / 2 + high / 2;
}

function clamp(deviation: number): number {
  return Math.min(Math.max(deviation, -MAX_DEVIATION), MAX_DEVIATION);
}
