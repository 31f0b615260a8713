/** The columns of the expected range: they are written together, because they move together. */
import type { BitReader, BitWriter } from './bits.ts';
import { MAX_INTEGER, readIntegers, writeIntegers } from './integer-column.ts';
import { readNumbers, writeNumbers } from './number-column.ts';
import { countPresent, keepPresent, spreadPresent } from './present.ts';
import { PRESENT, type SampleColumns } from './sample-columns.ts';

export const RANGE_PARTS = ['expected', 'low', 'high'] as const;
export type RangePart = (typeof RANGE_PARTS)[number];
const SCALE_BITS = 11;
const SCALE_OFFSET = 1024;

/**
 * The expected value and the ends of the expected range. Where all of them are multiples of one power of two, the ends
 * are written as how far they lie from the expected value: that changes little from one sample to the next.
 */
export function writeRange(writer: BitWriter, { present, expected, lows, highs }: SampleColumns): void {
  const parts = [
    keepPresent(present, PRESENT.expected, expected),
    keepPresent(present, PRESENT.low, lows),
    keepPresent(present, PRESENT.high, highs),
  ] as const;
  const exponent = findExponent(parts);
  writer.write(exponent === null ? 0 : 1, 1);
  if (exponent === null) {
    for (const part of parts) writeNumbers(writer, part);
    return;
  }
  writer.write(exponent + SCALE_OFFSET, SCALE_BITS);
  const scale = 2 ** -exponent;
  const [middle, low, high] = parts.map((part) => part.map((value) => value * scale));
  if (middle === undefined || low === undefined || high === undefined)
    throw new Error('a range has three parts');
  writeIntegers(writer, middle);
  writeIntegers(
    writer,
    middle.map((value, index) => value - (low[index] ?? 0)),
  );
  writeIntegers(
    writer,
    high.map((value, index) => value - (middle[index] ?? 0)),
  );
}

export function readRange(reader: BitReader, present: Float64Array): Record<RangePart, Float64Array> {
  const count = countPresent(present, PRESENT.expected);
  if (reader.read(1) === 0) {
    return {
      expected: spreadPresent(present, PRESENT.expected, readNumbers(reader, count)),
      low: spreadPresent(present, PRESENT.low, readNumbers(reader, countPresent(present, PRESENT.low))),
      high: spreadPresent(present, PRESENT.high, readNumbers(reader, countPresent(present, PRESENT.high))),
    };
  }
  const scale = 2 ** (reader.read(SCALE_BITS) - SCALE_OFFSET);
  const middle = readIntegers(reader, count);
  const below = readIntegers(reader, count);
  const above = readIntegers(reader, count);
  const spread = (at: (index: number) => number) =>
    spreadPresent(
      present,
      PRESENT.expected,
      middle.map((_, index) => at(index) * scale),
    );
  return {
    expected: spread((index) => middle[index] ?? 0),
    low: spread((index) => (middle[index] ?? 0) - (below[index] ?? 0)),
    high: spread((index) => (middle[index] ?? 0) + (above[index] ?? 0)),
  };
}

/** The power of two all numbers are multiples of, few enough of it; null when there is none. */
function findExponent(parts: readonly Float64Array[]): number | null {
  const [{ length } = { length: 0 }] = parts;
  if (parts.some((part) => part.length !== length)) return null;
  let exponent = Infinity;
  for (const part of parts) {
    for (const value of part) {
      if (!Number.isFinite(value) || Object.is(value, -0)) return null;
      if (value !== 0) exponent = Math.min(exponent, lowestPower(value));
    }
  }
  if (exponent === Infinity) return 0;
  if (Math.abs(exponent) > 1000) return null;
  const most = (MAX_INTEGER / 2) * 2 ** exponent;
  return parts.every((part) => part.every((value) => Math.abs(value) <= most)) ? exponent : null;
}

const double = new DataView(new ArrayBuffer(8));

/** The exponent of the lowest bit of a finite number that is not 0. */
function lowestPower(value: number): number {
  double.setFloat64(0, value);
  const [high, low] = [double.getUint32(0), double.getUint32(4)];
  const trailing = (word: number) => 31 - Math.clz32(word & -word);
  const zeros = low !== 0 ? trailing(low) : (high & 0xf_ffff) === 0 ? 52 : 32 + trailing(high);
  return Math.max(1, (high >>> 20) & 0x7ff) - 1075 + zeros;
}
