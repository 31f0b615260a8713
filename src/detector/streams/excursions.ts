/**
 * How far the slow level ever was off, one figure an excursion. The records of `records.ts` count rows: a level that
 * creeps away (a leak, a queue that fills) exceeds its own last rows by a hair only, and would never be a record. Here
 * the present excursion is compared with those before it, and is kept when it is over.
 */
import { readCell } from './cells.ts';

const KEPT = 4;
/** The second largest counts: the largest alone would hide what follows a disaster. */
const THRESHOLD_PLACE = 1;
/** An excursion is over at this share of its largest deviation, or becomes the norm after so many days. */
const OVER = { share: 0.8, days: 2 };
/** So many times the excursions before is far off; as long as no new largest deviation is reached nothing is said. */
const FAR = 4;
/** There are excursions to compare with only after so many rows and days. */
const FIRST = { rows: 200, days: 3 };

export interface Excursions {
  /** In descending order; 0 where nothing was kept yet. */
  readonly largest: Float64Array;
  /** Largest deviation of the present excursion, and the rows since it began. */
  present: number;
  presentRows: number;
  rows: number;
}

export function createExcursions(): Excursions {
  return { largest: new Float64Array(KEPT), present: 0, presentRows: 0, rows: 0 };
}

/**
 * Learns how far the level is off.
 * @param size at least 0
 * @param floor deviations are compared as if each were larger by so much
 * @returns whether it is farther off than within this excursion, and far beyond those before it
 */
export function followExcursion(
  excursions: Excursions,
  size: number,
  { floor, rowsPerDay }: { readonly floor: number; readonly rowsPerDay: number },
): boolean {
  excursions.rows += 1;
  excursions.presentRows += 1;
  const { largest, present, presentRows, rows } = excursions;
  const isOver = size < OVER.share * present || presentRows > OVER.days * rowsPerDay;
  if (present > 0 && isOver) {
    keep(largest, present);
    excursions.present = 0;
  }
  if (size <= excursions.present) return false;
  if (excursions.present === 0) excursions.presentRows = 0;
  excursions.present = size;
  const threshold = readCell(largest, THRESHOLD_PLACE);
  const isKnown = threshold > 0 && rows > Math.max(FIRST.rows, FIRST.days * rowsPerDay);
  return isKnown && size > FAR * (threshold + floor);
}

function keep(largest: Float64Array, size: number): void {
  let place = largest.length - 1;
  if (size <= readCell(largest, place)) return;
  for (; place > 0 && readCell(largest, place - 1) < size; place--)
    largest[place] = readCell(largest, place - 1);
  largest[place] = size;
}
