import { describe, expect, it } from 'vitest';
import { toColumns } from '../../../src/core/samples/packed/sample-columns.ts';
import {
  boundTime,
  countChosen,
  listChosen,
  listTests,
  type SampleTest,
  startOfMonth,
  startOfNextMonth,
} from '../../../src/core/samples/sample-test.ts';
import { ANOMALY_PHASES } from '../../../src/model.ts';
import { fc } from '../../helpers/property.ts';
import { anyEnd, anySamples, isWithin } from '../../helpers/stored-samples.ts';

const test: fc.Arbitrary<SampleTest> = fc.record(
  {
    minScore: fc.option(fc.constantFrom(0, 0.5, 0.9, 1)),
    isScored: fc.boolean(),
    phases: fc.option(fc.uniqueArray(fc.constantFrom(null, ...ANOMALY_PHASES))),
    rowIds: fc.option(fc.array(fc.integer({ min: 1, max: 60 }))),
  },
  { requiredKeys: [] },
);

describe('which samples of a block are asked for', () => {
  it('is what the conditions say, each of them and all together', () => {
    fc.assert(
      fc.property(anySamples, anyEnd, anyEnd, test, (all, fromMs, toMs, asked) => {
        const samples = all.filter(({ metricNumber }) => metricNumber === 1);
        const columns = toColumns(samples);
        const { minScore, isScored, phases, rowIds } = asked;
        const wanted = [...samples.entries()]
          .filter(([, one]) => isWithin(one, fromMs, toMs))
          .filter(([, { score }]) => minScore == null || (score !== null && score >= minScore))
          .filter(([, { seq }]) => isScored !== true || seq !== null)
          .filter(([, { seq, phase }]) => phases == null || (seq !== null && phases.includes(phase)))
          .filter(([, { rowId }]) => rowIds == null || rowIds.includes(rowId))
          .map(([index]) => index);
        expect(listChosen(columns, { fromMs, toMs }, asked)).toEqual(wanted);
        expect(countChosen(columns, { fromMs, toMs }, asked)).toBe(wanted.length);
      }),
      { numRuns: 300 },
    );
  });

  it('is said to PostgreSQL by values alone: none of them is in a statement', () => {
    const values: unknown[] = [];
    const { ofRows, ofBlocks } = listTests(
      { minScore: 0.123, phases: ['OPENS', null], rowIds: [4711] },
      (value) => `$${values.push(value)}`,
    );
    for (const text of ['0.123', 'OPENS', '4711']) expect(ofRows + ofBlocks).not.toContain(text);
    const places = [...(ofRows + ofBlocks).matchAll(/\$(\d+)/g)].map(([, place]) => Number(place));
    expect(new Set(places)).toEqual(new Set(values.map((_, index) => index + 1)));
    expect(listTests({}, () => 'never')).toEqual({ ofRows: '', ofBlocks: '' });
  });
});

describe('months', () => {
  const time = fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59.999Z') });

  it('begin at midnight of their first day in UTC, and end where the next begins', () => {
    fc.assert(
      fc.property(time, (ms) => {
        const month = new Date(ms).toISOString().slice(0, 7);
        const first = startOfMonth(ms) ?? NaN;
        expect(new Date(first).toISOString()).toBe(`${month}-01T00:00:00.000Z`);
        const next = startOfNextMonth(ms);
        expect(startOfMonth(next - 1)).toBe(first);
        expect(startOfMonth(next)).toBe(next);
      }),
    );
  });

  it.each([
    ['2024-02-29T23:59:59.999Z', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
    ['2025-12-31T23:59:59.999Z', '2025-12-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'],
    ['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z', '1970-02-01T00:00:00.000Z'],
  ])('of %s begin at %s and %s', (time, first, next) => {
    const ms = Date.parse(time);
    expect([startOfMonth(ms), startOfNextMonth(ms)].map((one) => new Date(one ?? NaN).toISOString())).toEqual(
      [first, next],
    );
  });

  it('have no beginning where a range is open', () => {
    expect(startOfMonth(null)).toBeNull();
  });
});

describe('the end of a range', () => {
  it('is left as it is where samples are, and lies on the same side of all of them elsewhere', () => {
    const sampleMs = fc.integer({ min: 0, max: 253_402_300_799_999 });
    const end = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(Infinity, -Infinity, 8.64e15, -8.64e15));
    fc.assert(
      fc.property(sampleMs, end, (ms, anyEndMs) => {
        expect(boundTime(ms)).toBe(ms);
        const bounded = boundTime(anyEndMs) ?? NaN;
        expect(bounded < ms).toBe(anyEndMs < ms);
        // PostgreSQL and JavaScript both have it.
        expect(new Date(bounded).getUTCFullYear()).toSatisfy((year: number) => year >= 1 && year <= 9999);
      }),
    );
    expect(boundTime(null)).toBeNull();
  });
});
