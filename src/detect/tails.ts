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
/**
 * Records are kept for one to two such eras, so that an old disaster does not hide today's: every list has a young
 * one beside it, begun with the era, that takes its place when the era ends.
 */
const ERA_DAYS = 180;

export interface Tails {
  readonly largest: Float64Array;
  readonly rows: Float64Array;
  readonly young: Float64Array;
  readonly youngRows: Float64Array;
  /** Days of the present era. */
  days: number;
}

export function createTails(lists: number): Tails {
  return {
    largest: new Float64Array(lists * KEPT),
    rows: new Float64Array(lists),
    young: new Float64Array(lists * KEPT),
    youngRows: new Float64Array(lists),
    days: 0,
  };
}

/** Lets days go by; where an era ends, the young lists take over. */
export function ageTails(tails: Tails, days: number): void {
  tails.days += days;
  if (tails.days < ERA_DAYS) return;
  tails.days = 0;
  tails.largest.set(tails.young);
  tails.rows.set(tails.youngRows);
  tails.young.fill(0);
  tails.youngRows.fill(0);
}

function findSmallest(records: Float64Array, start: number): number {
  let smallest = start;
  for (let i = start + 1; i < start + KEPT; i++) {
    if (readCell(records, i) < readCell(records, smallest)) smallest = i;
  }
  return smallest;
}

function meanOf(records: Float64Array, start: number): number {
  let sum = 0;
  for (let i = start; i < start + KEPT; i++) sum += readCell(records, i);
  return sum / KEPT;
}

function keepYoung(tails: Tails, list: number, size: number): void {
  tails.youngRows[list] = readCell(tails.youngRows, list) + 1;
  const smallest = findSmallest(tails.young, list * KEPT);
  if (size > readCell(tails.young, smallest)) tails.young[smallest] = size;
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
  keepYoung(tails, list, size);
  const rows = readCell(tails.rows, list) + 1;
  tails.rows[list] = rows;
  const start = list * KEPT;
  const smallest = findSmallest(largest, start);
  const threshold = readCell(largest, smallest);
  if (size <= threshold) return 0;
  const excess = Math.max(meanOf(largest, start) - threshold, floor, Number.MIN_VALUE);
  largest[smallest] = size;
  if (rows <= FIRST_ROWS || size <= resolution) return 0;
  const beyond = Math.log1p((SHAPE * (size - threshold)) / excess) / SHAPE / Math.LN10;
  return ((THRESHOLD_SHARE * Math.log10(rows / KEPT) + beyond) * rows) / (rows + BELIEF_ROWS);
}
