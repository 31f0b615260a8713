/**
 * The scored rows of a window as columns, taken as binary COPY writes them: no row becomes an object or text.
 * https://www.postgresql.org/docs/current/sql-copy.html (file format, binary)
 */
import {
  allocateColumns,
  COLUMN_NAMES,
  emptyColumns,
  PRESENT,
  type SampleColumns,
  toMarks,
  toViewNumber,
} from '../samples/packed/sample-columns.ts';

/** What COPY must name for `append`; the first five are never null. */
export const ROW_COLUMNS = `"timestamp", value, metric_number, row_id, seq, score, expected, low, high, raw_score,
  provisional, episode, view, phase`;

/** What a metric has in a window. */
export interface MetricExtent {
  readonly metricNumber: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly lastRowId: number;
}

/** More in a block, and reading a few samples would cost too much. */
export const MAX_BLOCK_ROWS = 512;
/** Signature, flags, and the length of an extension, which is not there. */
const HEADER_BYTES = 19;
const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
const EPOCH_2000_MS = 946_684_800_000;
const TWO_TO_32 = 4_294_967_296;

export class WindowRows {
  readonly #columns: SampleColumns;
  readonly #metricNumbers: Int32Array;
  /** Taken again for each block: what is allocated anew has to be collected. */
  readonly #ofBlock = allocateColumns(MAX_BLOCK_ROWS);
  #count = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;

  /** @param capacity maximum number of rows */
  constructor(capacity: number) {
    this.#columns = emptyColumns(0, capacity);
    this.#metricNumbers = new Int32Array(capacity);
  }

  /** @param bytes of a whole COPY. @throws Error for a view or a phase that is not known */
  append(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = HEADER_BYTES;
    // The end is a row of -1 columns.
    while (this.#view.getInt16(this.#at) >= 0) {
      this.#at += COUNT_BYTES;
      this.#appendRow(this.#count++);
    }
  }

  /** Which rows each metric has, in time order. */
  listPlaces(): ReadonlyMap<number, Int32Array> {
    const counts = new Map<number, number>();
    for (let place = 0; place < this.#count; place++) {
      const number = this.#metricNumbers[place] ?? 0;
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    const found = new Map(Array.from(counts, ([number, count]) => [number, new Int32Array(count)]));
    for (let place = this.#count - 1; place >= 0; place--) {
      const number = this.#metricNumbers[place] ?? 0;
      const left = (counts.get(number) ?? 0) - 1;
      counts.set(number, left);
      const places = found.get(number);
      if (places !== undefined) places[left] = place;
    }
    for (const places of found.values()) this.#sortByTime(places);
    return found;
  }

  timeAt(place: number): number {
    return this.#columns.timestampsMs[place] ?? 0;
  }

  /** @param places of this metric's rows, in time order; at least one */
  measure(metricNumber: number, places: Int32Array): MetricExtent {
    let lastRowId = 0;
    for (const place of places) lastRowId = Math.max(lastRowId, this.#columns.rowIds[place] ?? 0);
    const [first, last] = [places[0] ?? 0, places.at(-1) ?? 0];
    return { metricNumber, firstMs: this.timeAt(first), lastMs: this.timeAt(last), lastRowId };
  }

  /** @param places of rows of this metric, MAX_BLOCK_ROWS at most. @returns columns that hold until the next are taken */
  take(metricNumber: number, places: Int32Array): SampleColumns {
    const taken = emptyColumns(metricNumber, places.length, this.#ofBlock);
    for (const name of COLUMN_NAMES) {
      const [from, to] = [this.#columns[name], taken[name]];
      for (let index = 0; index < places.length; index++) to[index] = from[places[index] ?? 0] ?? 0;
    }
    return taken;
  }

  /** A metric's rows come in the order they were scored, and so of their times; the database does not promise it. */
  #sortByTime(places: Int32Array): void {
    for (let index = 1; index < places.length; index++) {
      if (this.timeAt(places[index] ?? 0) > this.timeAt(places[index - 1] ?? 0)) continue;
      places.sort((a, b) => this.timeAt(a) - this.timeAt(b));
      return;
    }
  }

  #appendRow(place: number): void {
    const columns = this.#columns;
    columns.timestampsMs[place] = this.#readBigint() / 1000 + EPOCH_2000_MS;
    columns.values[place] = this.#readDouble();
    this.#metricNumbers[place] = this.#readInt();
    columns.rowIds[place] = this.#readInt();
    columns.seqs[place] = this.#readBigint();
    columns.present[place] =
      PRESENT.seq +
      this.#readNumber(PRESENT.score, columns.scores, place) +
      this.#readNumber(PRESENT.expected, columns.expected, place) +
      this.#readNumber(PRESENT.low, columns.lows, place) +
      this.#readNumber(PRESENT.high, columns.highs, place) +
      this.#readNumber(PRESENT.rawScore, columns.rawScores, place);
    const provisional = this.#readFlag();
    const episode = this.#readFlag();
    columns.views[place] = toViewNumber(this.#readLabel());
    columns.marks[place] = toMarks(this.#readLabel(), provisional, episode);
  }

  /** Of 4 or 8 bytes. @returns the bit of `present`, or 0 for null */
  #readNumber(bit: number, column: Float64Array, place: number): number {
    const length = this.#view.getInt32(this.#at);
    const start = this.#at + LENGTH_BYTES;
    this.#at = start + Math.max(0, length);
    if (length < 0) return 0;
    column[place] = length === 4 ? this.#view.getFloat32(start) : this.#view.getFloat64(start);
    return bit;
  }

  #readDouble(): number {
    const value = this.#view.getFloat64(this.#at + LENGTH_BYTES);
    this.#at += LENGTH_BYTES + 8;
    return value;
  }

  /** Of at most 53 bits. */
  #readBigint(): number {
    const start = this.#at + LENGTH_BYTES;
    this.#at = start + 8;
    return this.#view.getInt32(start) * TWO_TO_32 + this.#view.getUint32(start + 4);
  }

  #readInt(): number {
    const value = this.#view.getInt32(this.#at + LENGTH_BYTES);
    this.#at += LENGTH_BYTES + 4;
    return value;
  }

  #readFlag(): boolean {
    const value = this.#bytes[this.#at + LENGTH_BYTES] === 1;
    this.#at += LENGTH_BYTES + 1;
    return value;
  }

  /** A value of an enum, in ASCII. */
  #readLabel(): string | null {
    const start = this.#at + LENGTH_BYTES;
    const length = this.#view.getInt32(this.#at);
    this.#at = start + Math.max(0, length);
    return length < 0 ? null : this.#bytes.toString('latin1', start, this.#at);
  }
}
