/**
 * Python's pickle, as far as a list of numbers and texts needs it: protocols 0 to 5. Opcodes that look up, call or build
 * anything are not known here, so that a frame can do nothing but hold values. Pure.
 * https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
import { isUtf8 } from 'node:buffer';
import { parsePickleText, parseRawUnicode } from './pickle-text.ts';

/** Lists and tuples are the same here. */
export type PickleValue = string | number | bigint | boolean | null | PickleValue[];

/** Bytes that are no such list. The message says where. */
export class PickleError extends Error {
  override readonly name = 'PickleError';
}

const STOP = 0x2e;
/** What a text is when its bytes are no UTF-8: it is no name of a metric. */
const NOT_TEXT = null;
/** More than any number that is finite as a double has. */
const MAX_INTEGER_DIGITS = 400;
const INTEGER = /^[+-]?\d+L?$/;
const NEWLINE = 0x0a;

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
  /** Python 3 counts from 0, Python 2's cPickle from 1; others leave numbers out. */
  readonly #memo = new Map<number, PickleValue>();

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
    this.#rememberAt(size === null ? this.#memo.size : this.#number(size));
  }

  recall(size: 1 | 4): void {
    this.#recallFrom(this.#number(size));
  }

  #rememberAt(place: number): void {
    const value = this.#pop();
    this.#memo.set(place, value);
    this.push(value);
  }

  #recallFrom(place: number): void {
    const value = this.#memo.get(place);
    if (value === undefined) throw new PickleError(`byte ${this.#at}: nothing is remembered there`);
    this.push(value);
  }

  // What follows is protocol 0: each value on a line of its own.

  #line(): Buffer {
    const end = this.#bytes.indexOf(NEWLINE, this.#at);
    if (end < 0) throw new RangeError('a line without an end');
    const line = this.#take(end - this.#at);
    this.#at += 1;
    return line;
  }

  writtenPlace(isRecalled: boolean): void {
    const place = Number(this.#line().toString('latin1'));
    if (isRecalled) this.#recallFrom(place);
    else this.#rememberAt(place);
  }

  writtenInteger(): void {
    const text = this.#line().toString('latin1');
    if (text === '00' || text === '01') this.push(text === '01');
    else if (text.length <= MAX_INTEGER_DIGITS && INTEGER.test(text))
      this.push(BigInt(text.replace('L', '')));
    else throw new PickleError(`byte ${this.#at}: expected a whole number`);
  }

  /** As its digits: they are read as those of a line of Graphite are. */
  writtenFloat(): void {
    this.push(this.#line().toString('latin1'));
  }

  writtenText(parse: (line: Buffer) => Buffer | null): void {
    const bytes = parse(this.#line());
    if (bytes === null) throw new PickleError(`byte ${this.#at}: expected a text in quotes`);
    this.push(isUtf8(bytes) ? bytes.toString('utf8') : NOT_TEXT);
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
  [0x6c, (reader) => reader.tuple()], // LIST
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
  [0x70, (reader) => reader.writtenPlace(false)], // PUT
  [0x67, (reader) => reader.writtenPlace(true)], // GET
  [0x49, (reader) => reader.writtenInteger()], // INT
  [0x4c, (reader) => reader.writtenInteger()], // LONG
  [0x46, (reader) => reader.writtenFloat()], // FLOAT
  [0x53, (reader) => reader.writtenText(parsePickleText)], // STRING
  [0x56, (reader) => reader.writtenText(parseRawUnicode)], // UNICODE
]);
