/** The columns of the expected range: they are written together, because they move together. */
import type { BitReader, BitWriter } from './bits.ts';
import { isMinusZero, lowestExponent, toWords } from './double-words.ts';
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
  const exponent = present.every(isWholeOrMissing) ? findExponent(parts) : null;
  writer.write(exponent === null ? 0 : 1, 1);
  if (exponent === null) {
    for (const part of parts) writeNumbers(writer, part);
    return;
  }
  writer.write(exponent + SCALE_OFFSET, SCALE_BITS);
  const [middles, lowEnds, highEnds] = parts;
  const scale = 2 ** -exponent;
  const middle = new Float64Array(middles.length);
  const below = new Float64Array(middles.length);
  const above = new Float64Array(middles.length);
  for (let index = 0; index < middles.length; index++) {
    const whole = (middles[index] ?? 0) * scale;
    middle[index] = whole;
    below[index] = whole - (lowEnds[index] ?? 0) * scale;
    above[index] = (highEnds[index] ?? 0) * scale - whole;
  }
  for (const integers of [middle, below, above]) writeIntegers(writer, integers);
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
  for (let index = 0; index < count; index++) {
    const whole = middle[index] ?? 0;
    below[index] = (whole - (below[index] ?? 0)) * scale;
    above[index] = (whole + (above[index] ?? 0)) * scale;
    middle[index] = whole * scale;
  }
  return {
    expected: spreadPresent(present, PRESENT.expected, middle),
    low: spreadPresent(present, PRESENT.expected, below),
    high: spreadPresent(present, PRESENT.expected, above),
  };
}

const RANGE = PRESENT.expected | PRESENT.low | PRESENT.high;

/** Only then the three are of the same rows. */
function isWholeOrMissing(bits: number): boolean {
  return (bits & RANGE) === RANGE || (bits & RANGE) === 0;
}

/** The power of two all numbers are multiples of, few enough of it; null when there is none. */
function findExponent(parts: readonly Float64Array[]): number | null {
  let exponent = Infinity;
  let farthest = 0;
  for (const part of parts) {
    const words = toWords(part);
    for (let index = 0; index < part.length; index++) {
      const value = part[index] ?? 0;
      if (!Number.isFinite(value) || isMinusZero(words, index)) return null;
      farthest = Math.max(farthest, Math.abs(value));
      exponent = Math.min(exponent, lowestExponent(words, index));
    }
  }
  if (exponent === Infinity) return 0;
  if (Math.abs(exponent) > 1000) return null;
  return farthest <= (MAX_INTEGER / 2) * 2 ** exponent ? exponent : null;
}
