/** Statistics over values, against plain lists of all samples. */
import { describe, expect, it } from 'vitest';
import {
  aggregatePairs,
  findPercentile,
  joinAggregates,
} from '../../../../src/core/cloudwatch-service/model/aggregate.ts';
import { computeStatistic, parseStatistic } from '../../../../src/core/cloudwatch-service/model/statistic.ts';
import { fc } from '../../../helpers/property.ts';

/** Value and count, as they are sent. */
type Cells = readonly (readonly [value: number, count: number])[];

const listSamples = (cells: Cells) =>
  cells.flatMap(([value, count]) => Array<number>(count).fill(value)).sort((a, b) => a - b);
const add = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const mean = (values: readonly number[]) => (values.length === 0 ? null : add(values) / values.length);
const compute = (cells: Cells, text: string) =>
  computeStatistic(aggregatePairs(cells.flat()), parseStatistic(text, 'Stat'));

/** Half of a hundred samples make each whole percent a whole number of them. */
const CELLS = fc
  .array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 1, max: 5 })), {
    minLength: 2,
    maxLength: 12,
  })
  .map((cells) => {
    const left = 100 - (cells.reduce((sum, [, count]) => sum + count, 0) % 100);
    return [...cells, [cells[0]?.[0] ?? 0, left] as const];
  });
const PERCENT = fc.integer({ min: 0, max: 100 });

function expectSame(found: number | null, expected: number | null): void {
  if (found === null || expected === null) expect(found).toBe(expected);
  else expect(found).toBeCloseTo(expected, 9);
}

describe('By rank', () => {
  it('trimmed means, counts and sums are those of the samples between the ranks', () => {
    fc.assert(
      fc.property(CELLS, PERCENT, PERCENT, (cells, one, other) => {
        fc.pre(one !== other);
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const samples = listSamples(cells);
        const kept = samples.slice((samples.length * low) / 100, (samples.length * high) / 100);
        const range = `(${low}%:${high}%)`;
        expectSame(compute(cells, `TM${range}`), mean(kept));
        expectSame(compute(cells, `TC${range}`), kept.length);
        expectSame(compute(cells, `TS${range}`), add(kept));
        const [first = 0, last = 0] = [kept[0], kept.at(-1)];
        const winsorized = samples.map((value) => Math.min(last, Math.max(first, value)));
        expectSame(compute(cells, `WM${range}`), mean(winsorized));
      }),
    );
  });

  it('short forms trim the highest, the interquartile mean a quarter at each end', () => {
    fc.assert(
      fc.property(CELLS, fc.integer({ min: 1, max: 99 }), (cells, percent) => {
        for (const kind of ['tm', 'tc', 'ts', 'wm']) {
          const long = `${kind.toUpperCase()}(0%:${percent}%)`;
          expectSame(compute(cells, `${kind}${percent}`), compute(cells, long));
          expectSame(compute(cells, `${kind.toUpperCase()}(:${percent}%)`), compute(cells, long));
        }
        expectSame(compute(cells, 'IQM'), compute(cells, 'TM(25%:75%)'));
      }),
    );
  });
});

describe('By value', () => {
  it('the lower bound is left out, the upper one is in', () => {
    const bound = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(CELLS, bound, bound, (cells, one, other) => {
        fc.pre(one !== other);
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const samples = listSamples(cells);
        const kept = samples.filter((value) => value > low && value <= high);
        const range = `(${low}:${high})`;
        expectSame(compute(cells, `TM${range}`), mean(kept));
        expectSame(compute(cells, `TC${range}`), kept.length);
        expectSame(compute(cells, `TS${range}`), add(kept));
        expectSame(compute(cells, `PR${range}`), (100 * kept.length) / samples.length);
        expectSame(
          compute(cells, `PR(:${high})`),
          (100 * samples.filter((value) => value <= high).length) / samples.length,
        );
        expectSame(compute(cells, `TC(${low}:)`), samples.filter((value) => value > low).length);
      }),
    );
  });
});

describe('A percentile', () => {
  it('is the least sample at or below which so many lie', () => {
    fc.assert(
      fc.property(CELLS, PERCENT, (cells, percent) => {
        const samples = listSamples(cells);
        const place = Math.max(0, Math.ceil((samples.length * percent) / 100) - 1);
        expect(findPercentile(aggregatePairs(cells.flat()), percent)).toBe(samples[place]);
      }),
    );
  });

  // Of 41,000 samples 99.9 % are 40,959; their product in doubles is a little more.
  it.each([
    [41_000, 99.9, 40_959],
    [82_000, 99.9, 81_918],
    [3_000, 1.1, 33],
    [1_000, 99.9, 999],
    [1_000_000, 99.99, 999_900],
    [7, 50, 4],
  ])('of %i samples counts %d %% as %i of them', (total, percent, rank) => {
    const find = (atMost: number) => findPercentile(aggregatePairs([1, atMost, 2, total - atMost]), percent);
    expect([find(rank), find(rank - 1)]).toEqual([1, 2]);
    expect(
      compute(
        [
          [1, rank],
          [2, total - rank],
        ],
        `tm${percent}`,
      ),
    ).toBe(1);
    expect(
      compute(
        [
          [1, rank],
          [2, total - rank],
        ],
        `tc${percent}`,
      ),
    ).toBe(rank);
  });
});

describe('Aggregates that are joined', () => {
  it('are the aggregate of all of their samples, in any order', () => {
    fc.assert(
      fc.property(fc.array(CELLS, { minLength: 2, maxLength: 4 }), (parts) => {
        const [first = aggregatePairs([0, 1]), ...others] = parts.map((cells) =>
          aggregatePairs(cells.flat()),
        );
        const joined = others.reduce(joinAggregates, first);
        const samples = listSamples(parts.flat());
        expect(joined).toMatchObject({
          sampleCount: samples.length,
          sum: add(samples),
          minimum: samples[0],
          maximum: samples.at(-1),
        });
        for (const text of ['p10', 'p50', 'p99', 'tm90', 'PR(0:10)']) {
          const whole = computeStatistic(aggregatePairs(parts.flat(2)), parseStatistic(text, 'Stat'));
          expectSame(computeStatistic(joined, parseStatistic(text, 'Stat')), whole);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('know no values where one of them does not', () => {
    const summary = { sum: 10, sampleCount: 2, minimum: 1, maximum: 9, pairs: null };
    const joined = joinAggregates(summary, aggregatePairs([5, 1]));
    expect(joined).toEqual({ sum: 15, sampleCount: 3, minimum: 1, maximum: 9, pairs: null });
    expect(computeStatistic(joined, parseStatistic('p50', 'Stat'))).toBeNull();
    // The extremes are known all the same.
    expect(computeStatistic(joined, parseStatistic('p0', 'Stat'))).toBe(1);
    expect(computeStatistic(joined, parseStatistic('p100', 'Stat'))).toBe(9);
  });
});
