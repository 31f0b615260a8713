/**
 * How rare a deviation is, judged by the few largest seen so far (peaks over threshold; Pickands 1975, Balkema and
 * de Haan 1974: what exceeds a high threshold follows a generalized Pareto law). Records are kept for months, one
 * list per stream and per memory (daily, weekly) it is compared with.
 */
import { readCell } from './cells.ts';

const KEPT = 4;
/**
 * Surprising is what exceeds all records but the largest: a record among many is no news. Lower, every metric is full
 * of news; the largest itself as the threshold would hide all that follows a disaster.
 */
const THRESHOLD_RANK = 2;
/**
 * Four records tell little of how far the next may lie beyond. They count as if a fifth had been seen that exceeds the
 * smallest by this share of it, so that records close together by chance do not make the next a landslide.
 */
const PRIOR_SHARE = 0.1;
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
  /** KEPT places a list, in descending order; 0 where nothing was kept yet. */
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

/** Puts a deviation into a list, which is in descending order, if it belongs there. */
function keepRecord(records: Float64Array, start: number, size: number): void {
  let place = start + KEPT - 1;
  if (size <= readCell(records, place)) return;
  for (; place > start && readCell(records, place - 1) < size; place--) {
    records[place] = readCell(records, place - 1);
  }
  records[place] = size;
}

/** The mean excess of a list's records over their smallest. */
function estimateExcess(records: Float64Array, start: number): number {
  const smallest = readCell(records, start + KEPT - 1);
  let sum = PRIOR_SHARE * smallest;
  for (let i = start; i < start + KEPT; i++) sum += readCell(records, i) - smallest;
  return sum / (KEPT + 1);
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
  const { largest, rows } = tails;
  const start = list * KEPT;
  keepRecord(tails.young, start, size);
  tails.youngRows[list] = readCell(tails.youngRows, list) + 1;
  const seen = readCell(rows, list) + 1;
  rows[list] = seen;
  const threshold = readCell(largest, start + THRESHOLD_RANK - 1);
  const excess = size <= threshold ? 0 : Math.max(estimateExcess(largest, start), floor, Number.MIN_VALUE);
  keepRecord(largest, start, size);
  if (size <= threshold || seen <= FIRST_ROWS || size <= resolution) return 0;
  const beyond = Math.log1p((SHAPE * (size - threshold)) / excess) / SHAPE / Math.LN10;
  const rarity = THRESHOLD_SHARE * Math.log10(seen / THRESHOLD_RANK);
  return ((rarity + beyond) * seen) / (seen + BELIEF_ROWS);
}
