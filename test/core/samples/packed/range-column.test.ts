/** The expected range, whose three columns are written together. */
import { describe, expect, it } from 'vitest';
import { BitReader, BitWriter } from '../../../../src/core/samples/packed/bits.ts';
import { countPresent, keepPresent, spreadPresent } from '../../../../src/core/samples/packed/present.ts';
import { readRange, writeRange } from '../../../../src/core/samples/packed/range-column.ts';
import { emptyColumns, PRESENT } from '../../../../src/core/samples/packed/sample-columns.ts';
import { fc } from '../../../helpers/property.ts';

type Row = Readonly<Record<'expected' | 'low' | 'high', number | null>>;
const PARTS = ['expected', 'low', 'high'] as const;

function write(rows: readonly Row[]): { readonly bytes: Uint8Array; readonly present: Float64Array } {
  const columns = emptyColumns(1, rows.length);
  const { present, expected, lows: low, highs: high } = columns;
  for (const [index, row] of rows.entries()) {
    for (const part of PARTS) {
      const value = row[part];
      if (value === null) continue;
      ({ expected, low, high })[part][index] = value;
      present[index] = (present[index] ?? 0) + PRESENT[part];
    }
  }
  const writer = new BitWriter();
  writeRange(writer, columns);
  return { bytes: writer.finish(), present };
}

function readBack(rows: readonly Row[]): readonly Row[] {
  const { bytes, present } = write(rows);
  const found = readRange(new BitReader(bytes), present);
  return rows.map((_, index) => {
    const valueOf = (part: (typeof PARTS)[number]) =>
      ((present[index] ?? 0) & PRESENT[part]) === 0 ? null : (found[part][index] ?? NaN);
    return { expected: valueOf('expected'), low: valueOf('low'), high: valueOf('high') };
  });
}

/** Multiples of one power of two, as rounded ranges are. */
const rounded = fc
  .tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -40, max: 40 }))
  .map(([steps, exponent]) => steps * 2 ** exponent);
const hostile = fc.constantFrom(
  ...[0, -0, NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 50, 2 ** -1000, 0.1],
);

describe('expected ranges', () => {
  it.each([
    ['of multiples of a power of two', rounded],
    ['of any doubles', fc.double()],
    ['of what is no ordinary number', fc.oneof(hostile, rounded)],
  ])('%s are read as they were written, whichever parts are missing in whichever rows', (_what, number) => {
    const part = fc.option(number, { freq: 4 });
    const row = fc.record({ expected: part, low: part, high: part });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        expect(readBack(rows)).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });

  it('stay with their rows where as many ends are missing, but others', () => {
    const rows = [
      { expected: 1, low: 0.5, high: null },
      { expected: 2, low: null, high: 3 },
      { expected: null, low: 4, high: 5 },
    ];
    expect(readBack(rows)).toEqual(rows);
  });

  it('that keep their width take no bit a row for their ends', () => {
    const rows = Array.from({ length: 400 }, (_, index) => {
      const expected = (index % 7) / 4;
      return { expected, low: expected - 2, high: expected + 2 };
    });
    const flat = rows.map(({ expected }) => ({ expected, low: -2, high: 3 }));
    // A distance takes 2 to 4 bits: one column of them and two constants, against three columns.
    expect(write(rows).bytes.length).toBeLessThan((400 * 4) / 8 + 40);
    expect(write(flat).bytes.length).toBeGreaterThan((400 * 2 * 2) / 8);
  });
});

describe('a column in which something is missing', () => {
  it('keeps what is there, and has it in its rows again', () => {
    const rows = fc.array(fc.option(fc.integer({ min: 1 })), { maxLength: 50 });
    fc.assert(
      fc.property(rows, (values) => {
        const present = Float64Array.from(values, (value) => (value === null ? PRESENT.high : PRESENT.low));
        const column = Float64Array.from(values, (value) => value ?? 0);
        const there = values.filter((value) => value !== null);
        const kept = keepPresent(present, PRESENT.low, column);
        expect([...kept]).toEqual(there);
        expect(countPresent(present, PRESENT.low)).toBe(there.length);
        expect([...spreadPresent(present, PRESENT.low, kept)]).toEqual([...column]);
      }),
    );
  });
});
