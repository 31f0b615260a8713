/**
 * How rare a deviation is, read off a histogram of all deviations so far.
 *
 * Sizes are counted in quarter octaves, so 24 octaves fit into 96 counts whatever the unit. The newest rows weigh most.
 * Between the 10 % and the 1 % quantile the histogram says how fast sizes become rare (the slope of a Pareto tail;
 * Hill 1975); beyond the 1 % quantile that slope is extrapolated. So neither a record nor an old disaster hides what
 * comes later, and metrics with heavy tails need more than metrics with light ones.
 */
import { readCell } from './cells.ts';

const BINS_PER_OCTAVE = 4;
const BINS = 96;
/** Where the first deviation is put: twelve octaves of room on either side. */
const MIDDLE_BIN = 48;
const OUTER_SHARE = 0.01;
const INNER_SHARE = 0.1;
/** Slope before anything was seen (a Gaussian has 0.2, an exponential 0.3, request latency 0.5), in log size per log share. */
const PRIOR_SHAPE = 0.45;
/** The prior weighs as many rows, and as much as this many days of rows. */
const PRIOR = { rows: 200, days: 1.5 };
const MIN_SHAPE = 0.08;
/** Lighter tails than Pareto's curve down in log-log: below `none` the curve counts, above `full` it does not. */
const CURVE = { gain: 0.4, full: 0.25, none: 0.5, maxOrders: 3 };
/** Sizes seen before are not rarer than they were, give or take this many orders of magnitude, believed at one row by half. */
const SEEN_BEFORE = { slack: 0.6, rows: 1 };
/**
 * Sizes this many octaves beyond the outer quantile, that follow each other within so many rows, are one event: all but
 * the first count little, or one long incident would be the metric's tail. After a day they are its new normal.
 */
const FAR = { octaves: 1.5, rows: 12, weight: 0.1, minRows: 60 };
/** Bins that count as the same size. */
const ALIKE = { below: 1, above: 8 };
const FIRST_FIT_ROWS = 60;
/** Rows between two readings of the histogram: at first, and later. */
const FIT_EVERY = { young: 2, old: 16, oldRows: 1000 };
const MAX_WEIGHT = 1e9;

export interface Tail {
  readonly counts: Float64Array;
  /** Binary logarithm of the size at the lower edge of the first bin; NaN before the first deviation. */
  origin: number;
  /** Of all rows, zeros included; in units in which the newest row counts `weight`. */
  total: number;
  zeros: number;
  weight: number;
  rows: number;
  /** The last row with a size far beyond, and how many such rows the present event has. */
  lastFarRow: number;
  farRows: number;
  nextFitRow: number;
  fitted: number;
  /** Shares of rows beyond the outer and the inner quantile, and these in octaves above the origin. */
  outerShare: number;
  innerShare: number;
  outer: number;
  inner: number;
  shape: number;
}

export function createTail(): Tail {
  return {
    counts: new Float64Array(BINS),
    origin: NaN,
    total: 0,
    zeros: 0,
    weight: 1,
    rows: 0,
    lastFarRow: -Infinity,
    farRows: 0,
    nextFitRow: FIRST_FIT_ROWS,
    fitted: 0,
    outerShare: 0,
    innerShare: 1,
    outer: 0,
    inner: 0,
    shape: PRIOR_SHAPE,
  };
}

/** How many orders of magnitude rarer than every row: as counted, and as extrapolated beyond the outer quantile. */
export interface Rarity {
  readonly counted: number;
  readonly beyond: number;
}

const NOT_RARE: Rarity = { counted: 0, beyond: 0 };

/**
 * @param size of the deviation, at least 0
 * @param floor sizes up to this are nothing, and larger ones are measured from it at least
 */
export function measureRarity(tail: Tail, size: number, floor = 0): Rarity {
  if (tail.fitted === 0 || !(size > floor)) return NOT_RARE;
  if (tail.outerShare === 0) return { counted: Math.log10(tail.rows + 1), beyond: 0 };
  const octaves = Math.log2(size) - tail.origin;
  const counted = -Math.log10(tail.outerShare);
  const outer = floor > 0 ? Math.max(tail.outer, Math.log2(floor) - tail.origin) : tail.outer;
  if (octaves > outer) return { counted, beyond: extrapolate(tail, octaves, outer) };
  if (octaves <= tail.inner || tail.outer <= tail.inner) return NOT_RARE;
  const missing = (tail.outer - octaves) / (tail.outer - tail.inner);
  return { counted: counted - missing * Math.log10(tail.innerShare / tail.outerShare), beyond: 0 };
}

function extrapolate(tail: Tail, octaves: number, outer: number): number {
  const straight = ((octaves - outer) * Math.LN2) / tail.shape / Math.LN10;
  const lightness = Math.min(1, Math.max(0, (CURVE.none - tail.shape) / (CURVE.none - CURVE.full)));
  // A Weibull tail through the same two quantiles has 2 · 2^x orders where Pareto's has 2 + x.
  const bent = Math.min(straight, CURVE.maxOrders);
  const curve = CURVE.gain * lightness * (2 * (2 ** bent - 1) - bent);
  const beyond = straight + curve;
  const seen = countAlike(tail, octaves);
  const share = (seen + 0.5) / (tail.total / tail.weight);
  const excess = beyond - Math.log10(tail.outerShare / share) - SEEN_BEFORE.slack;
  return excess > 0 ? beyond - (seen / (seen + SEEN_BEFORE.rows)) * excess : beyond;
}

/** Rows of about the same size, or some times larger: what was far larger is no precedent. */
function countAlike(tail: Tail, octaves: number): number {
  const bin = Math.min(BINS - 2, Math.floor(octaves * BINS_PER_OCTAVE));
  const until = Math.min(BINS - 1, bin + ALIKE.above);
  let sum = 0;
  for (let i = Math.max(0, bin - ALIKE.below); i <= until; i++) sum += readCell(tail.counts, i);
  return sum / tail.weight;
}

/** How a row is learned: rows of a day, and the age of the model. */
export interface Learning {
  readonly rowsPerDay: number;
  readonly ageDays: number;
}

/** @param memoryRows after which a row weighs 1/e */
export function learnSize(
  tail: Tail,
  size: number,
  memoryRows: number,
  { rowsPerDay, ageDays }: Learning,
): void {
  tail.rows += 1;
  tail.weight *= 1 + 1 / memoryRows;
  const weight = tail.weight * (isSameEvent(tail, size, rowsPerDay) ? FAR.weight : 1);
  tail.total += weight;
  if (size > 0) countSize(tail, size, weight);
  else tail.zeros += weight;
  if (tail.weight > MAX_WEIGHT) scaleDown(tail);
  if (tail.rows < tail.nextFitRow) return;
  fitTail(tail, ageDays);
  tail.nextFitRow = tail.rows + (tail.rows < FIT_EVERY.oldRows ? FIT_EVERY.young : FIT_EVERY.old);
}

function isSameEvent(tail: Tail, size: number, rowsPerDay: number): boolean {
  if (tail.fitted === 0 || tail.outerShare === 0) return false;
  if (!(Math.log2(size) - tail.origin > tail.outer + FAR.octaves)) return false;
  const follows = tail.rows - tail.lastFarRow <= FAR.rows;
  tail.lastFarRow = tail.rows;
  tail.farRows = follows ? tail.farRows + 1 : 0;
  return follows && tail.farRows < Math.max(FAR.minRows, rowsPerDay);
}

/** Shared between the two nearest bins, so that the result does not jump where a bin ends. */
function countSize(tail: Tail, size: number, weight: number): void {
  const { counts } = tail;
  const octave = Math.log2(size);
  if (Number.isNaN(tail.origin)) tail.origin = octave - MIDDLE_BIN / BINS_PER_OCTAVE;
  const place = Math.min(BINS - 1, Math.max(0, (octave - tail.origin) * BINS_PER_OCTAVE - 0.5));
  const bin = Math.min(BINS - 2, Math.floor(place));
  const part = place - bin;
  counts[bin] = readCell(counts, bin) + weight * (1 - part);
  counts[bin + 1] = readCell(counts, bin + 1) + weight * part;
}

function scaleDown(tail: Tail): void {
  const { counts, weight } = tail;
  for (let bin = 0; bin < BINS; bin++) counts[bin] = readCell(counts, bin) / weight;
  tail.total /= weight;
  tail.zeros /= weight;
  tail.weight = 1;
}

function fitTail(tail: Tail, days: number): void {
  tail.fitted = 1;
  const moving = 1 - tail.zeros / tail.total;
  if (moving < 1e-6) {
    tail.outerShare = 0;
    return;
  }
  // A metric that seldom moves has its quantiles among the rows that moved.
  tail.outerShare = Math.min(OUTER_SHARE, moving / 2);
  tail.innerShare = Math.min(INNER_SHARE, 0.9 * moving);
  tail.outer = findQuantile(tail, tail.outerShare);
  tail.inner = Math.min(tail.outer, findQuantile(tail, tail.innerShare));
  const ratio = tail.innerShare / tail.outerShare;
  const known = tail.total / tail.weight;
  const weight = ratio > 1.5 ? (known * tail.outerShare) / OUTER_SHARE : 0;
  const slope = ratio > 1.5 ? ((tail.outer - tail.inner) * Math.LN2) / Math.log(ratio) : 0;
  const prior = PRIOR.rows + (PRIOR.days * known) / Math.max(days, 0.01);
  tail.shape = Math.max(MIN_SHAPE, (slope * weight + PRIOR_SHAPE * prior) / (weight + prior));
  centre(tail);
}

/** The size that this share of all rows exceeds, in octaves above the origin. */
function findQuantile({ counts, total }: Tail, share: number): number {
  let beyond = 0;
  for (let bin = BINS - 1; bin >= 0; bin--) {
    const count = readCell(counts, bin);
    if (beyond + count >= share * total)
      return (bin + 1 - (share * total - beyond) / count) / BINS_PER_OCTAVE;
    beyond += count;
  }
  return 0;
}

/** Keeps the outer quantile away from both ends, when a metric has become far larger or smaller than it began. */
function centre(tail: Tail): void {
  const { counts } = tail;
  const bin = tail.outer * BINS_PER_OCTAVE;
  if (bin > 0.25 * BINS && bin < 0.8 * BINS) return;
  const shift = Math.round(bin - MIDDLE_BIN);
  const moved = new Float64Array(BINS);
  for (let from = 0; from < BINS; from++) {
    const to = Math.min(BINS - 1, Math.max(0, from - shift));
    moved[to] = readCell(moved, to) + readCell(counts, from);
  }
  counts.set(moved);
  tail.origin += shift / BINS_PER_OCTAVE;
  tail.outer -= shift / BINS_PER_OCTAVE;
  tail.inner -= shift / BINS_PER_OCTAVE;
}
