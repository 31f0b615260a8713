/**
 * A block: some hundred samples of one metric in a few bytes each, every field of every sample as it was.
 * Version, number of samples, then each column with its length, then a checksum (CRC-32) of all before it. Columns are
 * read only when somebody asks for them.
 */
import { crc32 } from 'node:zlib';
import { BitReader, BitWriter, DamagedBlockError, readVarint, writeVarint } from './bits.ts';
import { readIntegers, writeIntegers } from './integer-column.ts';
import { readNumbers, writeNumbers } from './number-column.ts';
import { countPresent, keepPresent, spreadPresent } from './present.ts';
import { RANGE_PARTS, type RangePart, readRange, writeRange } from './range-column.ts';
import { PRESENT, type SampleColumns } from './sample-columns.ts';

const VERSION = 1;
const CHECKSUM_BYTES = 4;
/** In the order they are stored. */
const COLUMNS = [
  'time',
  'rowId',
  'value',
  'present',
  'seq',
  'score',
  'range',
  'rawScore',
  'view',
  'marks',
] as const;
type ColumnName = (typeof COLUMNS)[number];
/** More samples than any block has: a damaged count must not make a program ask for all memory. */
const MAX_SAMPLES = 1_000_000;

/** One for all blocks: each is written at once, in memory that is there. */
const WRITER = new BitWriter();

export function encodeBlock(columns: SampleColumns): Buffer {
  const head: number[] = [VERSION];
  writeVarint(head, columns.count);
  WRITER.clear();
  let start = 0;
  for (const name of COLUMNS) {
    writeColumn(WRITER, name, columns);
    const end = WRITER.align();
    writeVarint(head, end - start);
    start = end;
  }
  const block = Buffer.allocUnsafe(head.length + start + CHECKSUM_BYTES);
  block.set(head);
  block.set(WRITER.finish(), head.length);
  const body = block.subarray(0, -CHECKSUM_BYTES);
  block.writeUInt32LE(crc32(body), body.length);
  return block;
}

function writeColumn(writer: BitWriter, name: ColumnName, columns: SampleColumns): void {
  const { present } = columns;
  if (name === 'time') writeIntegers(writer, columns.timestampsMs);
  else if (name === 'rowId') writeIntegers(writer, columns.rowIds);
  else if (name === 'value') writeNumbers(writer, columns.values);
  else if (name === 'present') writeIntegers(writer, present);
  else if (name === 'seq') writeIntegers(writer, keepPresent(present, PRESENT.seq, columns.seqs));
  else if (name === 'score') writeNumbers(writer, keepPresent(present, PRESENT.score, columns.scores));
  else if (name === 'range') writeRange(writer, columns);
  else if (name === 'rawScore')
    writeNumbers(writer, keepPresent(present, PRESENT.rawScore, columns.rawScores));
  else if (name === 'view') writeIntegers(writer, columns.views);
  else writeIntegers(writer, columns.marks);
}

/** The columns of a block. Each is read when it is asked for, and throws DamagedBlockError if it cannot be. */
export class SampleBlock implements SampleColumns {
  readonly metricNumber: number;
  readonly count: number;
  readonly #body: Uint8Array;
  /** Where each column begins and ends. */
  readonly #parts = new Map<ColumnName, readonly [start: number, end: number]>();
  readonly #read = new Map<string, Float64Array>();

  /** @throws DamagedBlockError for bytes that are not as `encodeBlock` gave them, or of a version to come */
  constructor(metricNumber: number, bytes: Uint8Array) {
    this.metricNumber = metricNumber;
    const body = bytes.subarray(0, -CHECKSUM_BYTES);
    this.#body = bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes.length < 1 + CHECKSUM_BYTES || view.getUint32(body.length, true) !== crc32(body))
      throw new DamagedBlockError(
        `a block of metric ${metricNumber} has another checksum than it was written with`,
      );
    if (body[0] !== VERSION)
      throw new DamagedBlockError(`a block of metric ${metricNumber} has the unknown version ${body[0]}`);
    const [count, first] = readVarint(body, 1);
    let at = first;
    if (count > MAX_SAMPLES)
      throw new DamagedBlockError(`a block of metric ${metricNumber} is too long: ${count}`);
    this.count = count;
    const lengths = COLUMNS.map(() => {
      const [length, next] = readVarint(body, at);
      at = next;
      return length;
    });
    for (const [index, name] of COLUMNS.entries()) {
      const end = at + (lengths[index] ?? 0);
      this.#parts.set(name, [at, end]);
      at = end;
    }
    if (at !== body.length)
      throw new DamagedBlockError(`a block of metric ${metricNumber} has another length`);
  }

  /** All of them at once: for those who read sample by sample. */
  readAll(): SampleColumns {
    const { metricNumber, count, timestampsMs, rowIds, values, present, seqs, scores, expected } = this;
    const { lows, highs, rawScores, views, marks } = this;
    return {
      ...{ metricNumber, count, timestampsMs, rowIds, values, present, seqs, scores, expected },
      ...{ lows, highs, rawScores, views, marks },
    };
  }

  get timestampsMs(): Float64Array {
    return this.#column('time', readIntegers);
  }

  get rowIds(): Float64Array {
    return this.#column('rowId', readIntegers);
  }

  get values(): Float64Array {
    return this.#column('value', readNumbers);
  }

  get present(): Float64Array {
    return this.#column('present', readIntegers);
  }

  get seqs(): Float64Array {
    return this.#optional('seq', PRESENT.seq, readIntegers);
  }

  get scores(): Float64Array {
    return this.#optional('score', PRESENT.score, readNumbers);
  }

  get rawScores(): Float64Array {
    return this.#optional('rawScore', PRESENT.rawScore, readNumbers);
  }

  get expected(): Float64Array {
    return this.#range('expected');
  }

  get lows(): Float64Array {
    return this.#range('low');
  }

  get highs(): Float64Array {
    return this.#range('high');
  }

  get views(): Float64Array {
    return this.#column('view', readIntegers);
  }

  get marks(): Float64Array {
    return this.#column('marks', readIntegers);
  }

  #column(name: ColumnName, read: (reader: BitReader, count: number) => Float64Array): Float64Array {
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const column = read(this.#open(name), this.count);
    this.#read.set(name, column);
    return column;
  }

  #optional(
    name: ColumnName,
    bit: number,
    read: (reader: BitReader, count: number) => Float64Array,
  ): Float64Array {
    return this.#column(name, (reader) => {
      const { present } = this;
      return spreadPresent(present, bit, read(reader, countPresent(present, bit)));
    });
  }

  #range(part: RangePart): Float64Array {
    const known = this.#read.get(part);
    if (known !== undefined) return known;
    const range = readRange(this.#open('range'), this.present);
    for (const name of RANGE_PARTS) this.#read.set(name, range[name]);
    return range[part];
  }

  #open(name: ColumnName): BitReader {
    const [start, end] = this.#parts.get(name) ?? [0, 0];
    return new BitReader(this.#body, start, end);
  }
}
