/**
 * Python's pickle, as far as a list of numbers and texts needs it: protocols 2 to 5. Opcodes that look up, call or build
 * anything are not known here, so that a frame can do nothing but hold values. Pure.
 * https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
import { isUtf8 } from 'node:buffer';

/** Lists and tuples are the same here. */
export type PickleValue = string | number | bigint | boolean | null | PickleValue[];

/** Bytes that are no such list. The message says where. */
export class PickleError extends Error {
  override readonly name = 'PickleError';
}

const STOP = 0x2e;
/** What a text is when its bytes are no UTF-8: it is no name of a metric. */
const NOT_TEXT = null;
const MAX_INTEGER_BYTES = 8;

/** @throws PickleError */
export function readPickle(bytes: Buffer): PickleValue {
  const reader = new PickleReader(bytes);
  try {
    return reader.read();
  } catch (error) {
    // Buffer's own, for what lies behind the end.
    if (error instanceof RangeError) throw new PickleError('the frame ends within a value', { cause: error });
    throw error;
  }
}

class PickleReader {
  readonly #bytes: Buffer;
  #at = 0;
  readonly #stack: PickleValue[] = [];
  /** Lengths of the stack at its marks. */
  readonly #marks: number[] = [];
  readonly #memo: PickleValue[] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(): PickleValue {
    for (;;) {
      const place = this.#at;
      const code = this.#number(1);
      if (code === STOP) return this.#pop();
      const step = STEPS.get(code);
      if (step === undefined) {
        throw new PickleError(`byte ${place}: expected a list of texts and numbers, got opcode ${code}`);
      }
      step(this);
    }
  }

  /** Of a little-endian number without a sign. */
  #number(size: 1 | 2 | 4): number {
    const number = this.#bytes.readUIntLE(this.#at, size);
    this.#at += size;
    return number;
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('more than there is');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || this.#stack.length < (this.#marks.at(-1) ?? 0)) {
      throw new PickleError(`byte ${this.#at}: expected a value before it`);
    }
    return value;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  skip(length: number): void {
    this.#take(length);
  }

  unsigned(size: 1 | 2): void {
    this.push(this.#number(size));
  }

  integer(): void {
    this.push(this.#take(4).readInt32LE());
  }

  float(): void {
    this.push(this.#take(8).readDoubleBE());
  }

  /** Two's complement, the lowest byte first. */
  long(): void {
    const bytes = this.#take(this.#number(1));
    if (bytes.length > MAX_INTEGER_BYTES) throw new PickleError('expected an integer of at most 64 bits');
    const hex = Buffer.from(bytes).reverse().toString('hex');
    this.push(hex === '' ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)));
  }

  text(lengthSize: 1 | 4): void {
    const bytes = this.#take(this.#number(lengthSize));
    this.push(isUtf8(bytes) ? bytes.toString('utf8') : NOT_TEXT);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  #sinceMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new PickleError(`byte ${this.#at}: expected a mark before it`);
    return this.#stack.splice(mark);
  }

  tuple(): void {
    this.push(this.#sinceMark());
  }

  shortTuple(length: number): void {
    const values = Array.from({ length }, () => this.#pop());
    this.push(values.reverse());
  }

  append(isMany: boolean): void {
    const added = isMany ? this.#sinceMark() : [this.#pop()];
    const list = this.#stack.at(-1);
    if (!Array.isArray(list)) throw new PickleError(`byte ${this.#at}: expected a list to append to`);
    for (const value of added) list.push(value);
  }

  remember(size: 1 | 4 | null): void {
    const place = size === null ? this.#memo.length : this.#number(size);
    // Pickles number what they remember from 0: a place far off would cost memory and mean nothing.
    if (place > this.#memo.length)
      throw new PickleError(`byte ${this.#at}: expected memo ${this.#memo.length}`);
    const value = this.#pop();
    this.#memo[place] = value;
    this.push(value);
  }

  recall(size: 1 | 4): void {
    const value = this.#memo[this.#number(size)];
    if (value === undefined) throw new PickleError(`byte ${this.#at}: nothing is remembered there`);
    this.push(value);
  }
}

const FRAME_LENGTH_BYTES = 8;

/** By opcode. */
const STEPS: ReadonlyMap<number, (reader: PickleReader) => void> = new Map([
  [0x80, (reader) => reader.skip(1)], // PROTO
  [0x95, (reader) => reader.skip(FRAME_LENGTH_BYTES)], // FRAME
  [0x5d, (reader) => reader.push([])], // EMPTY_LIST
  [0x29, (reader) => reader.push([])], // EMPTY_TUPLE
  [0x28, (reader) => reader.mark()], // MARK
  [0x74, (reader) => reader.tuple()], // TUPLE
  [0x85, (reader) => reader.shortTuple(1)],
  [0x86, (reader) => reader.shortTuple(2)],
  [0x87, (reader) => reader.shortTuple(3)],
  [0x61, (reader) => reader.append(false)], // APPEND
  [0x65, (reader) => reader.append(true)], // APPENDS
  [0x4e, (reader) => reader.push(null)], // NONE
  [0x88, (reader) => reader.push(true)], // NEWTRUE
  [0x89, (reader) => reader.push(false)], // NEWFALSE
  [0x4b, (reader) => reader.unsigned(1)], // BININT1
  [0x4d, (reader) => reader.unsigned(2)], // BININT2
  [0x4a, (reader) => reader.integer()], // BININT
  [0x8a, (reader) => reader.long()], // LONG1
  [0x47, (reader) => reader.float()], // BINFLOAT
  [0x58, (reader) => reader.text(4)], // BINUNICODE
  [0x8c, (reader) => reader.text(1)], // SHORT_BINUNICODE
  [0x54, (reader) => reader.text(4)], // BINSTRING, of Python 2
  [0x55, (reader) => reader.text(1)], // SHORT_BINSTRING, of Python 2
  [0x71, (reader) => reader.remember(1)], // BINPUT
  [0x72, (reader) => reader.remember(4)], // LONG_BINPUT
  [0x94, (reader) => reader.remember(null)], // MEMOIZE
  [0x68, (reader) => reader.recall(1)], // BINGET
  [0x6a, (reader) => reader.recall(4)], // LONG_BINGET
]);
