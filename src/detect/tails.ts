/**
 * How rare a deviation is, judged by the few largest seen so far (peaks over threshold; Pickands 1975, Balkema and
 * de Haan 1974: what exceeds a high threshold follows a generalized Pareto law). Records are kept for months, one
 * list per stream and per memory (daily, weekly) it is compared with.
 */
import { readCell } from './cells.ts';

const KEPT = 4;
/** Shape of the law: a little heavier than exponential, the same for every metric; too few peaks to learn it. */
const SHAPE = 0.1;
/** Part of the rarity of the threshold itself that counts. Streams overlap; counting it whole alarms too often. */
const THRESHOLD_SHARE = 0.5;
const FIRST_ROWS = 60;
/** Rows at which a list is believed by half. */
const BELIEF_ROWS = 200;
/** Every list forgets its largest record once in this time, so that an old disaster does not hide today's. */
const FORGET_DAYS = 90;

export interface Tails {
  readonly largest: Float64Array;
  readonly rows: Float64Array;
  /** Days since the lists last forgot. */
  days: number;
}

export function createTails(lists: number): Tails {
  return { largest: new Float64Array(lists * KEPT), rows: new Float64Array(lists), days: 0 };
}

/** Lets days go by. Forgetting one of the records forgets its part of the rows they stand for. */
export function ageTails(tails: Tails, days: number): void {
  tails.days += days;
  if (tails.days < FORGET_DAYS) return;
  tails.days = 0;
  for (let list = 0; list < tails.rows.length; list++) {
    const records = tails.largest.subarray(list * KEPT, (list + 1) * KEPT).sort();
    records[KEPT - 1] = readCell(records, KEPT - 2);
    tails.rows[list] = (readCell(tails.rows, list) * (KEPT - 1)) / KEPT;
  }
}

/**
 * Judges a deviation by its list, then puts it into the list if it belongs there.
 * @param size the deviation, at least 0
 * @param resolution deviations up to this are nothing
 * @param floor the least mean excess that is believed: a list of equal records must not make a hair a landslide
 * @returns surprise: about how many powers of ten rarer than the list's threshold, 0 when not above it
 */
export function judgeTail(
  tails: Tails,
  list: number,
  size: number,
  resolution: number,
  floor: number,
): number {
  const { largest } = tails;
  const rows = readCell(tails.rows, list) + 1;
  tails.rows[list] = rows;
  const start = list * KEPT;
  let smallest = start;
  let sum = 0;
  for (let i = start; i < start + KEPT; i++) {
    sum += readCell(largest, i);
    if (readCell(largest, i) < readCell(largest, smallest)) smallest = i;
  }
  const threshold = readCell(largest, smallest);
  if (size <= threshold) return 0;
  largest[smallest] = size;
  if (rows <= FIRST_ROWS || size <= resolution) return 0;
  const excess = Math.max(sum / KEPT - threshold, floor, Number.MIN_VALUE);
  const beyond = Math.log1p((SHAPE * (size - threshold)) / excess) / SHAPE / Math.LN10;
  return ((THRESHOLD_SHARE * Math.log10(rows / KEPT) + beyond) * rows) / (rows + BELIEF_ROWS);
}
