/** Bits against texts of zeros and ones, and codes against the documents that describe them. */
import { describe, expect, it } from 'vitest';
import {
  BitReader,
  BitWriter,
  DamagedBlockError,
  ESCAPE,
  readVarint,
  WIDE_BITS,
  writeVarint,
} from '../../../../src/core/samples/packed/bits.ts';
import { fc } from '../../../helpers/property.ts';

/** As one reads it: the highest bit first, whole bytes. */
function asText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
}

function padToByte(text: string): string {
  return text.padEnd(Math.ceil(text.length / 8) * 8, '0');
}

/** A number and in how many bits it is written. */
const field = fc.integer({ min: 0, max: 32 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    value: fc.oneof(
      fc.integer({ min: 0, max: 2 ** count - 1 }),
      fc.constantFrom(0, 2 ** count - 1, Math.floor(2 ** (count - 1))),
    ),
  }),
);
const wideField = fc.integer({ min: 33, max: 53 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    value: fc.oneof(
      fc.maxSafeInteger().map((value) => Math.abs(value) % 2 ** count),
      fc.constantFrom(0, 2 ** count - 1, 2 ** 32, 2 ** 32 - 1),
    ),
  }),
);

describe('bits', () => {
  it('lie one behind the other, the highest first, and are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(field, wideField), { maxLength: 80 }), (fields) => {
        const writer = new BitWriter();
        let text = '';
        for (const { value, count } of fields) {
          if (count > 32) writer.writeWide(value, count);
          else writer.write(value, count);
          if (count > 0) text += value.toString(2).padStart(count, '0');
        }
        const bytes = writer.finish();
        expect(asText(bytes)).toBe(padToByte(text));
        const reader = new BitReader(bytes);
        for (const { value, count } of fields)
          expect(count > 32 ? reader.readWide(count) : reader.read(count)).toBe(value);
      }),
      { numRuns: 300 },
    );
  });

  it('begin a byte where they are told to, also when one has begun', () => {
    const writer = new BitWriter();
    expect(writer.align()).toBe(0);
    writer.write(1, 1);
    expect([writer.align(), writer.align()]).toEqual([1, 1]);
    writer.write(0b1_0101_0101, 9);
    expect(writer.align()).toBe(3);
    writer.write(0xffff_ffff, 32);
    expect(writer.align()).toBe(7);
    expect(asText(writer.finish())).toBe(`100000001010101010000000${'1'.repeat(32)}`);
  });

  it('of before leave nothing behind in memory that is used again', () => {
    const writer = new BitWriter();
    for (let count = 0; count < 5000; count++) writer.write(0xffff_ffff, 32);
    writer.clear();
    writer.write(0, 3);
    expect([...writer.finish()]).toEqual([0]);
    writer.clear();
    expect(writer.finish()).toHaveLength(0);
  });

  it('beyond the end are refused, however they are asked for', () => {
    const bytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
    const reads: ((reader: BitReader) => unknown)[] = [
      (reader) => reader.read(32),
      (reader) => reader.readWide(54),
      (reader) => {
        reader.readRice(new Float64Array(10), 0, 0);
      },
    ];
    for (const read of reads) {
      // Bits that belong to the next column.
      const reader = new BitReader(bytes, 0, 3);
      expect(() => read(reader)).toThrow(DamagedBlockError);
    }
    const whole = new BitReader(bytes);
    expect(whole.read(32)).toBe(0xffff_ffff);
    expect(() => whole.read(1)).toThrow(DamagedBlockError);
  });
});

describe('a Golomb-Rice code', () => {
  it.each([
    // https://en.wikipedia.org/wiki/Golomb_coding: the quotient in ones and a zero, then the remainder; here M = 2^k.
    [0, 0, '0'],
    [3, 0, '1110'],
    [42, 4, '1101010'],
    [9, 2, '11001'],
    [7, 3, '0111'],
    [8, 3, '10000'],
    [1, 30, '0'.repeat(30) + '1'],
    // So many ones that the number is written as it is.
    [ESCAPE, 0, `${'1'.repeat(ESCAPE)}0${ESCAPE.toString(2).padStart(WIDE_BITS, '0')}`],
    [ESCAPE - 1, 0, `${'1'.repeat(ESCAPE - 1)}0`],
  ])('of %d with k = %d is %s', (value, k, text) => {
    const writer = new BitWriter();
    writer.writeRice(value, k);
    expect(asText(writer.finish())).toBe(padToByte(text));
  });

  it('is read as it was written, of any numbers with any k', () => {
    const number = fc.oneof(
      fc.nat(300),
      fc.nat(),
      fc.maxSafeInteger().map(Math.abs),
      fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
    );
    fc.assert(
      fc.property(
        fc.array(number, { maxLength: 60 }),
        fc.integer({ min: 0, max: 54 }),
        fc.integer({ min: 0, max: 7 }),
        (values, k, before) => {
          const writer = new BitWriter();
          writer.write(0, before);
          for (const value of values) writer.writeRice(value, k);
          writer.write(5, 3);
          const reader = new BitReader(writer.finish());
          reader.read(before);
          const read = new Float64Array(values.length + 1).fill(-1);
          reader.readRice(read, 1, k);
          expect([...read]).toEqual([-1, ...values]);
          expect(reader.read(3)).toBe(5);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('with more ones than any number has is refused', () => {
    const writer = new BitWriter();
    for (let count = 0; count < ESCAPE + 1; count++) writer.write(1, 1);
    writer.writeWide(0, WIDE_BITS);
    const reader = new BitReader(writer.finish());
    expect(() => reader.readRice(new Float64Array(1), 0, 3)).toThrow(/no known length/);
  });
});

describe('a number of few bytes', () => {
  it.each([
    // https://protobuf.dev/programming-guides/encoding/#varints
    [0, [0]],
    [1, [1]],
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [150, [0x96, 0x01]],
    [16_384, [0x80, 0x80, 0x01]],
    [2 ** 32, [0x80, 0x80, 0x80, 0x80, 0x10]],
    [2 ** 53 - 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('%d is %j', (value, wanted) => {
    const bytes: number[] = [];
    writeVarint(bytes, value);
    expect(bytes).toEqual(wanted);
    expect(readVarint(Uint8Array.from([9, ...bytes, 9]), 1)).toEqual([value, 1 + bytes.length]);
  });

  it.each([[[]], [[0x80]], [[0xff, 0xff, 0xff]], [Array.from({ length: 9 }, () => 0x80)]])(
    'that ends in the middle of %j is refused',
    (bytes) => {
      expect(() => readVarint(Uint8Array.from(bytes), 0)).toThrow(DamagedBlockError);
    },
  );
});
