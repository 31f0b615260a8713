import { describe, expect, it } from 'vitest';
import { BitWriter, BitReader, DamagedBlockError } from '../../../../src/core/samples/packed/bits.ts';
import { encodeBlock, SampleBlock } from '../../../../src/core/samples/packed/block-codec.ts';
import { readIntegers, writeIntegers } from '../../../../src/core/samples/packed/integer-column.ts';
import { readNumbers, writeNumbers } from '../../../../src/core/samples/packed/number-column.ts';
import { sampleAt, toColumns } from '../../../../src/core/samples/packed/sample-columns.ts';
import type { StoredSample } from '../../../../src/core/samples/stored-sample.ts';
import { ANOMALY_PHASES, VIEWS } from '../../../../src/model.ts';
import { fc } from '../../../helpers/property.ts';
import storedBlocks from './stored-blocks.json' with { type: 'json' };
import { listStoredSamples } from './stored-blocks.ts';

const STORED = new Map<string, string>(Object.entries(storedBlocks));

/** Any 64 bits: NaN with every payload, both zeros, denormals. */
const anyBits = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((bits) => new Float64Array(BigUint64Array.of(bits).buffer)[0] ?? 0);
const decimal = fc
  .tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 0, max: 6 }))
  .map(([whole, decimals]) => whole / 10 ** decimals);
const hostile = fc.constantFrom(
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MAX_SAFE_INTEGER,
  2 ** 50,
  -(2 ** 50),
  2 ** 50 + 1,
  0.1 + 0.2,
  1 - Number.EPSILON / 2,
  1e-320,
);
const anyDouble = fc.oneof(anyBits, decimal, hostile, fc.double(), fc.constant(1.5));
const wholeNumber = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, 1, -1, 2 ** 50, -(2 ** 50), 2 ** 53 - 1, 1 - 2 ** 53),
);

/** So that -0, and one NaN and another, are told apart. */
function bitsOf(values: Float64Array): readonly bigint[] {
  return [...new BigUint64Array(values.buffer, values.byteOffset, values.length)];
}

function bits(values: readonly number[]): readonly bigint[] {
  return bitsOf(Float64Array.from(values));
}

/** A column of one kind of number, of several, or one number again and again. */
function columnOf(number: fc.Arbitrary<number>): fc.Arbitrary<number[]> {
  return fc.oneof(
    fc.array(number, { maxLength: 200 }),
    fc
      .tuple(number, fc.integer({ min: 1, max: 300 }))
      .map(([value, count]) => Array.from({ length: count }, () => value)),
    fc
      .array(fc.tuple(number, fc.integer({ min: 1, max: 60 })), { maxLength: 8 })
      .map((runs) => runs.flatMap(([value, count]) => Array.from({ length: count }, () => value))),
  );
}

describe('a column of whole numbers', () => {
  it('is read as it was written, whatever stands in it', () => {
    fc.assert(
      fc.property(columnOf(wholeNumber), (values) => {
        const writer = new BitWriter();
        writeIntegers(writer, Float64Array.from(values));
        expect(bitsOf(readIntegers(new BitReader(writer.finish()), values.length))).toEqual(bits(values));
      }),
      { numRuns: 500 },
    );
  });

  it('takes no bit a row where times are even, and two bytes where one of them is missing', () => {
    const even = Float64Array.from({ length: 1000 }, (_, row) => 1_700_000_000_000 + row * 60_000);
    const writer = new BitWriter();
    writeIntegers(writer, even);
    expect(writer.finish().length).toBeLessThan(20);
    const gappy = even.filter((_, row) => row !== 500);
    const other = new BitWriter();
    writeIntegers(other, gappy);
    expect(other.finish().length).toBeLessThan(200);
  });
});

describe('a column of doubles', () => {
  it('is read as it was written, bit for bit, whatever stands in it', () => {
    fc.assert(
      fc.property(
        fc.oneof(columnOf(anyDouble), columnOf(decimal), columnOf(anyBits), columnOf(hostile)),
        (values) => {
          const given = Float64Array.from(values);
          const writer = new BitWriter();
          writeNumbers(writer, given);
          expect(bitsOf(readNumbers(new BitReader(writer.finish()), values.length))).toEqual(bitsOf(given));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

const nullable = <T>(given: fc.Arbitrary<T>) => fc.option(given, { nil: null, freq: 4 });
const anySample: fc.Arbitrary<StoredSample> = fc.record({
  metricNumber: fc.constant(7),
  rowId: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  timestampMs: fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
  value: anyDouble,
  seq: nullable(fc.maxSafeInteger()),
  score: nullable(anyDouble),
  expected: nullable(anyDouble),
  low: nullable(anyDouble),
  high: nullable(anyDouble),
  rawScore: nullable(fc.float()),
  view: nullable(fc.constantFrom(...VIEWS)),
  provisional: fc.boolean(),
  episode: fc.boolean(),
  phase: nullable(fc.constantFrom(...ANOMALY_PHASES)),
});

function readBack(samples: readonly StoredSample[]): readonly StoredSample[] {
  const block = new SampleBlock(7, encodeBlock(toColumns(samples)));
  return Array.from({ length: block.count }, (_, index) => sampleAt(block, index));
}

describe('a block', () => {
  it('gives every field of every sample back as it was, missing ones too', () => {
    fc.assert(
      fc.property(fc.array(anySample, { maxLength: 60 }), (samples) => {
        // toEqual tells -0 from 0 and takes NaN for NaN; payloads are a matter of the columns above.
        expect(readBack(samples)).toEqual(samples);
      }),
      { numRuns: 300 },
    );
  });

  it.each([...listStoredSamples()])('that an earlier version wrote is still read: %s', (name, samples) => {
    const block = new SampleBlock(7, Buffer.from(STORED.get(name) ?? '', 'base64'));
    expect(Array.from({ length: block.count }, (_, index) => sampleAt(block, index))).toEqual(samples);
  });

  it('is written as it was before its neighbour, whatever that was', () => {
    const all = [...listStoredSamples().values()].map(toColumns);
    const blocks = all.map(encodeBlock);
    expect(all.toReversed().map(encodeBlock).toReversed()).toEqual(blocks);
  });

  it('with one bit changed, or cut short, is refused and never read as something else', () => {
    const samples = fc.sample(anySample, { numRuns: 20, seed: 3 });
    const bytes = encodeBlock(toColumns(samples));
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >>> 3] = (damaged[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => new SampleBlock(7, damaged)).toThrow(DamagedBlockError);
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(() => new SampleBlock(7, bytes.subarray(0, length))).toThrow(DamagedBlockError);
    }
  });
});
