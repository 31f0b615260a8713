/**
 * Whether a deviation is a record, and by how much: the four largest of a view, for months (peaks over threshold;
 * Pickands 1975, Balkema and de Haan 1974). A record says less than a tail and is never needed for a red score of a
 * sudden change; among changes that are not red it ranks what was never seen before what was.
 */
import { readCell } from './cells.ts';

const KEPT = 4;
/** What exceeds all records but the largest is news; the largest alone would hide all that follows a disaster. */
const THRESHOLD_PLACE = 1;
/** Four records count as if a fifth had been seen that exceeds the smallest by this share of it. */
const PRIOR_SHARE = 0.1;
/** Shape of the law: a little heavier than exponential; too few peaks to learn it. */
const SHAPE = 0.1;
/** Views overlap, so half of the rarity of the threshold counts. */
const THRESHOLD_SHARE = 0.5;
const FIRST_ROWS = 60;
/** Rows, or days of rows, at which records are believed by half. */
const BELIEF = { rows: 200, days: 3 };
/** Part of the floor by which a record must exceed the threshold: a level that creeps up by hairs sets none. */
const MIN_EXCESS = 0.1;
const MAX_SURPRISE = 12;
/** A record is kept as at most so many times the one before: one absurd value must not hide what follows. */
const MAX_GROWTH = 10;
/** Records live for one to two such eras: every list has a young one beside it that takes its place. */
const ERA_DAYS = 90;

export interface Records {
  /** KEPT places a view, in descending order; 0 where nothing was kept yet. */
  readonly largest: Float64Array;
  readonly young: Float64Array;
  rows: number;
  youngRows: number;
  /** Days of the present era. */
  days: number;
}

/** How a deviation compares with a view's records. */
export interface RecordResult {
  /** About how many orders of magnitude rarer than the records; 0 when it is none. */
  readonly surprise: number;
  /** Orders of magnitude by which it exceeds the second largest; 0 when it does not. */
  readonly orders: number;
  /** Rarity of the threshold itself. */
  readonly rarity: number;
  /** How much records are believed, in [0, 1). */
  readonly belief: number;
}

const NO_RECORD: RecordResult = { surprise: 0, orders: 0, rarity: 0, belief: 0 };

export function createRecords(views: number): Records {
  return {
    largest: new Float64Array(views * KEPT),
    young: new Float64Array(views * KEPT),
    rows: 0,
    youngRows: 0,
    days: 0,
  };
}

/** Counts a row and lets time go by; where an era ends, the young lists take over. Before the row's views. */
export function ageRecords(records: Records, days: number): void {
  records.days += days;
  if (records.days >= ERA_DAYS) {
    records.days = 0;
    records.largest.set(records.young);
    records.rows = records.youngRows;
    records.young.fill(0);
    records.youngRows = 0;
  }
  records.rows += 1;
  records.youngRows += 1;
}

/** Puts a deviation into a list, which is in descending order, if it belongs there. */
function keepRecord(list: Float64Array, start: number, size: number): void {
  let place = start + KEPT - 1;
  if (size <= readCell(list, place)) return;
  const largest = readCell(list, start);
  const kept = largest > 0 ? Math.min(size, MAX_GROWTH * largest) : size;
  for (; place > start && readCell(list, place - 1) < kept; place--) list[place] = readCell(list, place - 1);
  list[place] = kept;
}

/** The mean excess of a list's records over their smallest. */
function estimateExcess(list: Float64Array, start: number): number {
  const smallest = readCell(list, start + KEPT - 1);
  let sum = PRIOR_SHARE * smallest;
  for (let i = start; i < start + KEPT; i++) sum += readCell(list, i) - smallest;
  return sum / (KEPT + 1);
}

/**
 * Compares a deviation with its view's records, then keeps it if it is one.
 * @param size of the deviation, at least 0
 * @param floor the smallest mean excess that is believed: equal records must not make a hair a landslide
 * @param limits.resolution deviations up to this are nothing
 * @param limits.rowsPerDay for how long records are doubted
 */
export function compareWithRecords(
  records: Records,
  view: number,
  size: number,
  floor: number,
  { resolution, rowsPerDay }: { readonly resolution: number; readonly rowsPerDay: number },
): RecordResult {
  const start = view * KEPT;
  const { largest, rows } = records;
  const threshold = readCell(largest, start + THRESHOLD_PLACE);
  // Nothing is a record of what never was: what never moved has no size to compare with.
  const exceeds = threshold > 0 && size > threshold + MIN_EXCESS * floor;
  const isRecord = exceeds && rows > FIRST_ROWS && size > resolution;
  const excess = isRecord ? Math.max(estimateExcess(largest, start), floor, size * 1e-9) : 0;
  keepRecord(records.young, start, size);
  keepRecord(largest, start, size);
  if (!isRecord) return NO_RECORD;
  const belief = rows / (rows + Math.max(BELIEF.rows, BELIEF.days * rowsPerDay));
  const rarity = THRESHOLD_SHARE * Math.log10(rows / (THRESHOLD_PLACE + 1));
  const beyond = Math.log1p((SHAPE * (size - threshold)) / excess) / SHAPE / Math.LN10;
  const surprise = Math.min(MAX_SURPRISE, (rarity + beyond) * belief);
  const orders = Math.min(MAX_SURPRISE, Math.log10((size + floor) / (threshold + floor)));
  return { surprise, orders, rarity, belief };
}
