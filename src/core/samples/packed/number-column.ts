/**
 * Doubles of one column, bit for bit. Most columns are whole numbers in disguise: of hundredths, of a power of two, or
 * the leading bits of the doubles themselves. What does not fit the disguise stands beside it as it is; where too much
 * does not, the doubles are written as what changes from one to the next (XOR, as Gorilla does).
 * ALP, https://dl.acm.org/doi/10.1145/3626717; Gorilla, https://www.vldb.org/pvldb/vol8/p1816-teller.pdf §4.1.2
 */
import { type BitReader, type BitWriter, DamagedBlockError } from './bits.ts';
import { countTrailingZeros, HIGH, lowestExponent, toWords } from './double-words.ts';
import {
  type IntegerPlan,
  MAX_INTEGER,
  planIntegers,
  readIntegers,
  writeIntegers,
} from './integer-column.ts';
import { readXor, writeXor } from './xor-column.ts';

const KIND = { DECIMAL: 0, BINARY: 1, LEADING_BITS: 2, COMPLEMENT: 3, XOR: 4 } as const;
type IntegerKind = Exclude<keyof typeof KIND, 'XOR'>;
const KIND_BITS = 3;
/** Holds an exponent of two or ten, or a count of bits. */
const SCALE_BITS = 11;
const SCALE_OFFSET = 1024;
const COUNT_BITS = 32;
const EXCEPTION_BITS = 96;
/** One row in so many may be an exception. */
const ROWS_PER_EXCEPTION = 8;
const MAX_DECIMALS = 15;
const PLAIN_DECIMALS = 4;
/** Rows by which the number of decimals is found. */
const PROBED = 48;
const MIN_DROPPED_BITS = 14;

const POWERS_OF_TEN = Array.from({ length: MAX_DECIMALS + 1 }, (_, power) => 10 ** power);
interface Disguise {
  readonly kind: IntegerKind;
  readonly scale: number;
  readonly integers: Float64Array;
  readonly exceptions: readonly number[];
  readonly plan: IntegerPlan;
  readonly bits: number;
}

export function writeNumbers(writer: BitWriter, values: Float64Array): void {
  const words = toWords(values);
  const decimal = tryDecimal(values);
  // As values mostly are: nothing else comes near it.
  const isPlain = decimal?.exceptions.length === 0 && decimal.scale <= PLAIN_DECIMALS;
  const others = isPlain ? [] : [tryBinary(values, words), tryLeadingBits(values), tryComplement(values)];
  const found = [decimal, ...others].filter((disguise) => disguise !== null);
  const [best] = found.toSorted((a, b) => a.bits - b.bits);
  if (best === undefined) {
    writer.write(KIND.XOR, KIND_BITS);
    writeXor(writer, words);
    return;
  }
  writer.write(KIND[best.kind], KIND_BITS);
  writer.write(best.scale + SCALE_OFFSET, SCALE_BITS);
  writeIntegers(writer, best.integers, best.plan);
  writer.write(best.exceptions.length, COUNT_BITS);
  for (const index of best.exceptions) {
    writer.write(index, COUNT_BITS);
    writer.write(words[2 * index] ?? 0, 32);
    writer.write(words[2 * index + 1] ?? 0, 32);
  }
}

/** @throws DamagedBlockError */
export function readNumbers(reader: BitReader, count: number): Float64Array {
  const kind = reader.read(KIND_BITS);
  const values = new Float64Array(count);
  const words = toWords(values);
  if (kind === KIND.XOR) {
    readXor(reader, words);
    return values;
  }
  const scale = reader.read(SCALE_BITS) - SCALE_OFFSET;
  const integers = readIntegers(reader, count);
  if (kind === KIND.DECIMAL) undoDecimal(values, integers, scale);
  else if (kind === KIND.BINARY) undoBinary(values, integers, scale);
  else if (kind === KIND.LEADING_BITS || kind === KIND.COMPLEMENT) undoLeadingBits(words, integers, scale);
  else throw new DamagedBlockError('a column of a block is of no known kind');
  if (kind === KIND.COMPLEMENT)
    for (let index = 0; index < count; index++) values[index] = 1 - (values[index] ?? 0);
  readExceptions(reader, words);
  return values;
}

function readExceptions(reader: BitReader, words: Uint32Array): void {
  for (let left = reader.read(COUNT_BITS); left > 0; left--) {
    const index = reader.read(COUNT_BITS);
    words[2 * index] = reader.read(32);
    words[2 * index + 1] = reader.read(32);
  }
}

/**
 * @param toInteger NaN for one that does not fit
 * @returns null where too many do not fit
 */
function disguise(
  values: Float64Array,
  kind: IntegerKind,
  scale: number,
  toInteger: (value: number, index: number) => number,
): Disguise | null {
  const integers = new Float64Array(values.length);
  const exceptions: number[] = [];
  const allowed = values.length / ROWS_PER_EXCEPTION;
  let last = 0;
  for (let index = 0; index < values.length; index++) {
    const integer = toInteger(values[index] ?? 0, index);
    if (Math.abs(integer) <= MAX_INTEGER && !Object.is(integer, -0)) last = integer;
    else if (exceptions.push(index) > allowed) return null;
    integers[index] = last;
  }
  const plan = planIntegers(integers);
  return { kind, scale, integers, exceptions, plan, bits: plan.bits + exceptions.length * EXCEPTION_BITS };
}

function tryDecimal(values: Float64Array): Disguise | null {
  let decimals = 0;
  let misses = 0;
  for (let index = 0; index < Math.min(PROBED, values.length); index++) {
    const needed = countDecimals(values[index] ?? 0, decimals);
    if (needed !== null) decimals = needed;
    else if (++misses * ROWS_PER_EXCEPTION > PROBED) return null;
  }
  const power = POWERS_OF_TEN[decimals] ?? 1;
  return disguise(values, 'DECIMAL', decimals, (value) => {
    const integer = Math.round(value * power);
    return integer / power === value ? integer : NaN;
  });
}

/** @returns null where the value is no decimal fraction */
function countDecimals(value: number, atLeast: number): number | null {
  for (let decimals = atLeast; decimals <= MAX_DECIMALS; decimals++) {
    const power = POWERS_OF_TEN[decimals] ?? 1;
    const integer = Math.round(value * power);
    if (Math.abs(integer) > MAX_INTEGER) return null;
    if (integer / power === value) return decimals;
  }
  return null;
}

function undoDecimal(values: Float64Array, integers: Float64Array, decimals: number): void {
  const power = POWERS_OF_TEN[decimals];
  if (power === undefined) throw new DamagedBlockError('a column of a block has too many decimals');
  for (let index = 0; index < values.length; index++) values[index] = (integers[index] ?? 0) / power;
}

function tryBinary(values: Float64Array, words: Uint32Array): Disguise | null {
  let exponent = Infinity;
  for (let index = 0; index < values.length; index++) {
    exponent = Math.min(exponent, lowestExponent(words, index));
  }
  if (exponent === Infinity) exponent = 0;
  if (Math.abs(exponent) > 1000) return null;
  const scale = 2 ** -exponent;
  return disguise(values, 'BINARY', exponent, (value) => value * scale);
}

function undoBinary(values: Float64Array, integers: Float64Array, exponent: number): void {
  const scale = 2 ** exponent;
  for (let index = 0; index < values.length; index++) values[index] = (integers[index] ?? 0) * scale;
}

function tryLeadingBits(
  values: Float64Array,
  kind: 'LEADING_BITS' | 'COMPLEMENT' = 'LEADING_BITS',
): Disguise | null {
  const words = toWords(values);
  let dropped = 63;
  for (let index = 0; index < values.length; index++) {
    const low = words[2 * index + 1 - HIGH] ?? 0;
    const high = words[2 * index + HIGH] ?? 0;
    const zeros = low === 0 ? 32 + countTrailingZeros(high) : countTrailingZeros(low);
    if (zeros < dropped) dropped = zeros;
  }
  if (dropped < MIN_DROPPED_BITS) return null;
  return disguise(values, kind, dropped, (_, index) => {
    const high = words[2 * index + HIGH] ?? 0;
    const low = words[2 * index + 1 - HIGH] ?? 0;
    return dropped >= 32 ? high >>> (dropped - 32) : high * 2 ** (32 - dropped) + (low >>> dropped);
  });
}

function undoLeadingBits(words: Uint32Array, integers: Float64Array, dropped: number): void {
  for (let index = 0; index < integers.length; index++) {
    const integer = integers[index] ?? 0;
    if (dropped >= 32) {
      words[2 * index + HIGH] = integer * 2 ** (dropped - 32);
    } else {
      const high = Math.floor(integer / 2 ** (32 - dropped));
      words[2 * index + HIGH] = high;
      words[2 * index + 1 - HIGH] = (integer - high * 2 ** (32 - dropped)) * 2 ** dropped;
    }
  }
}

/** Of what is missing to 1: scores are as fine near 1 as others are near 0. */
function tryComplement(values: Float64Array): Disguise | null {
  const complements = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    const complement = 1 - value;
    if (!Object.is(1 - complement, value)) return null;
    complements[index] = complement;
  }
  return tryLeadingBits(complements, 'COMPLEMENT');
}
