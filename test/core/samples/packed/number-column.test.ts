/** How many bits doubles take, counted by hand, and what of damaged columns is refused. That they come back is in block-codec. */
import { describe, expect, it } from 'vitest';
import { BitReader, BitWriter, DamagedBlockError } from '../../../../src/core/samples/packed/bits.ts';
import {
  countTrailingZeros,
  isMinusZero,
  lowestExponent,
  toWords,
} from '../../../../src/core/samples/packed/double-words.ts';
import { readIntegers, writeIntegers } from '../../../../src/core/samples/packed/integer-column.ts';
import { readNumbers, writeNumbers } from '../../../../src/core/samples/packed/number-column.ts';
import { readXor, writeXor } from '../../../../src/core/samples/packed/xor-column.ts';
import { createRandom } from '../../../detector/series.ts';
import { fc } from '../../../helpers/property.ts';

function numberBytes(values: readonly number[]): number {
  const writer = new BitWriter();
  writeNumbers(writer, Float64Array.from(values));
  return writer.finish().length;
}

function integerBytes(values: readonly number[]): number {
  const writer = new BitWriter();
  writeIntegers(writer, Float64Array.from(values));
  return writer.finish().length;
}

const rows = (count: number, valueOf: (row: number) => number) =>
  Array.from({ length: count }, (_, row) => valueOf(row));
const random = createRandom(7);
const anyOf = (count: number) => Math.floor(random() * count);
/** What a column says of itself. */
const HEAD_BYTES = 16;

describe('a column takes', () => {
  it.each<[string, readonly number[], number]>([
    ['nothing a row of a constant', rows(500, () => 42.5), 0],
    ['nothing a row of what grows evenly', rows(500, (row) => 3 + row * 0.25), 1],
    ['a sign and seven bits a row of whole numbers to 100', rows(500, () => anyOf(200) - 100), 9.5],
    ['as much of hundredths to 1', rows(500, () => (anyOf(200) - 100) / 100), 9.5],
    ['as much of 64ths', rows(500, () => (anyOf(200) - 100) / 64), 9.5],
    [
      'as much where one of them is a fraction without end',
      rows(500, (row) => (row === 250 ? Math.PI : anyOf(200) - 100)),
      9.8,
    ],
    ['as many bits as differ of scores near 1', rows(500, () => 1 - anyOf(100) * 2 ** -40), 9.5],
    ['a float and a bit of doubles that are floats', rows(500, () => Math.fround(random())), 33],
    ['no more than doubles and a bit or two of doubles of all bits', rows(500, () => random() * 1e6), 66],
    ['a bit a row of the same bits of no number', rows(500, (row) => (row < 60 ? random() * 1e6 : NaN)), 12],
  ])('%s', (_what, values, bitsPerRow) => {
    expect(numberBytes(values)).toBeLessThanOrEqual(HEAD_BYTES + Math.ceil((values.length * bitsPerRow) / 8));
  });

  it('of whole numbers, whatever they look like, no more than the longest code a row', () => {
    const value = fc.oneof(
      fc.integer({ min: -9, max: 9 }),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.constantFrom(0, 2 ** 50, -(2 ** 50)),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
        // So many ones that a number follows, a zero, and the number.
        const longest = 20 + 1 + 54;
        expect(integerBytes(values)).toBeLessThanOrEqual((values.length * longest) / 8 + 2 * HEAD_BYTES);
      }),
    );
  });

  it('of whole numbers, a value and a length a run where they come in runs', () => {
    const values = rows(4000, (row) => Math.floor(row / 1000) ** 5);
    expect(integerBytes(values)).toBeLessThan(80);
    expect(integerBytes(values.toReversed())).toBeLessThan(80);
  });
});

describe('the doubles of the Gorilla paper (figure 2 and section 4.1.2)', () => {
  const bitsOf = (values: readonly number[]) => {
    const writer = new BitWriter();
    writeXor(writer, toWords(Float64Array.from(values)));
    return writer.finish().length * 8;
  };

  it('that are equal take a bit each', () => {
    // 12 is 4028000000000000: a zero in front, 51 behind. One bit for "not the same", one for "another window", 5 + 6 for it.
    const first = 1 + 1 + 5 + 6 + (64 - 1 - 51);
    expect(bitsOf([12])).toBe(Math.ceil(first / 8) * 8);
    expect(bitsOf(rows(801, () => 12))).toBe(Math.ceil((first + 800) / 8) * 8);
  });

  it('that differ within the bits that differed before take two bits and those', () => {
    // 15.5 ^ 14.0625 = 0003200000000000, 14.0625 ^ 15.5 the same: 14 zeros in front, 45 behind, 5 between them.
    const pair = [15.5, 14.0625];
    const [first = 0] = pair;
    const swings = rows(400, (row) => pair[row % 2] ?? 0);
    const begin = bitsOf([first]);
    expect(bitsOf(swings) - begin).toBeLessThanOrEqual(2 + 11 + 5 + 398 * (2 + 5) + 8);
  });

  it.each([
    [[15.5, 14.0625, 3.25, 8.625, 13.1]],
    [[12, 24, 15, 12, 35]],
    [[0, -0, 0, NaN, NaN, Infinity, -Infinity, 5e-324, -5e-324]],
  ])('%j come back', (values) => {
    const writer = new BitWriter();
    writeXor(writer, toWords(Float64Array.from(values)));
    const read = new Float64Array(values.length);
    readXor(new BitReader(writer.finish()), toWords(read));
    expect([...read]).toEqual(values);
  });
});

describe('what cannot have been written', () => {
  const column = (...fields: readonly (readonly [value: number, count: number])[]) => {
    const writer = new BitWriter();
    for (const [value, count] of fields) writer.write(value, count);
    for (let count = 0; count < 8; count++) writer.write(0, 32);
    return new BitReader(writer.finish());
  };

  it.each<[string, () => unknown]>([
    ['numbers of a kind to come', () => readNumbers(column([7, 3]), 3)],
    ['decimals beyond any', () => readNumbers(column([0, 3], [1024 + 16, 11], [1, 2]), 3)],
    ['whole numbers of a third order', () => readIntegers(column([0, 2], [3, 2]), 3)],
    ['more runs than rows', () => readIntegers(column([2, 2], [4, 32]), 3)],
    // One run of the value 0 and the length 0, where three rows are.
    [
      'runs of another length',
      () => readIntegers(column([2, 2], [1, 32], [1, 2], [0, 2], [1, 2], [0, 2]), 3),
    ],
    // Within the bits of a double before it, of which there is none.
    ['bits of no double', () => readNumbers(column([4, 3], [0b10, 2]), 1)],
    // 31 zeros in front and 64 bits behind them.
    ['a double of too many bits', () => readNumbers(column([4, 3], [0b11, 2], [31, 5], [63, 6]), 1)],
    // A thousand rows in some bytes.
    ['fewer bits than rows', () => readIntegers(column([0, 2], [1, 2], [6, 6]), 1000)],
  ])('is refused: %s', (_what, read) => {
    expect(read).toThrow(DamagedBlockError);
  });
});

describe('the words of a double', () => {
  it('say the power of two of its lowest bit', () => {
    const double = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(5e-324, 2 ** -1022, Number.MAX_VALUE));
    fc.assert(
      fc.property(double, (value) => {
        const found = lowestExponent(toWords(Float64Array.of(value)), 0);
        if (!Number.isFinite(value) || value === 0) {
          expect(found).toBe(Infinity);
          return;
        }
        // The value is an odd multiple of 2^found. In two steps: 2^-1074 has no inverse.
        const half = Math.trunc(found / 2);
        const multiple = value / 2 ** half / 2 ** (found - half);
        expect(Number.isInteger(multiple)).toBe(true);
        expect(Math.abs(multiple % 2)).toBe(1);
      }),
    );
  });

  it.each([
    [0, 32],
    [1, 0],
    [0x8000_0000, 31],
    [0b1010_0000, 5],
    [0xffff_ffff, 0],
  ])('has behind its last one of %d zeros: %d', (word, zeros) => {
    expect(countTrailingZeros(word)).toBe(zeros);
  });

  it('tell minus zero from all others', () => {
    const values = Float64Array.of(0, -0, -1, NaN, -5e-324, -Infinity);
    expect([...values.keys()].filter((index) => isMinusZero(toWords(values), index))).toEqual([1]);
  });
});
