import { describe, expect, it } from 'vitest';
import type { RangeFunction } from '../../../../src/core/prometheus/promql/functions/function-names.ts';
import { QueryBudget } from '../../../../src/core/prometheus/promql/query-budget.ts';
import {
  NewestSample,
  RangeWindow,
  type StepReducer,
} from '../../../../src/core/prometheus/promql/step-reducers.ts';
import { createStepSeries, type StepSeries } from '../../../../src/core/prometheus/promql/value.ts';
import { fc } from '../../../helpers/property.ts';

const GRID = { startMs: 1000, stepMs: 10, count: 5 };
type Samples = readonly (readonly [timestampMs: number, value: number])[];

function feed(reducer: StepReducer, samples: Samples): void {
  for (const [timestampMs, value] of samples) reducer.add(timestampMs, value);
  reducer.finish();
}

function read({ values, present }: StepSeries): (number | null)[] {
  return [...values].map((value, step) => (present[step] === 1 ? value : null));
}

function newest(samples: Samples, spanMs: number, offsetMs = 0) {
  const series = createStepSeries(new Map(), GRID);
  feed(new NewestSample({ grid: GRID, spanMs, offsetMs, series }), samples);
  return read(series);
}

function reduce(name: RangeFunction, samples: Samples, spanMs: number, offsetMs = 0) {
  const series = createStepSeries(new Map(), GRID);
  const budget = new QueryBudget({ timeoutMs: 60_000 });
  feed(new RangeWindow({ grid: GRID, spanMs, offsetMs, series, name, budget }), samples);
  return read(series);
}

describe('a step', () => {
  it('sees the newest sample, its own time included, the beginning of the lookback not', () => {
    expect(newest([[1010, 7]], 20)).toEqual([null, 7, 7, null, null]);
    expect(newest([[990, 7]], 20)).toEqual([7, null, null, null, null]);
    expect(newest([], 20)).toEqual([null, null, null, null, null]);
    expect(
      newest(
        [
          [995, 1],
          [1005, 2],
          [1010, 3],
          [1011, 4],
        ],
        15,
      ),
    ).toEqual([1, 3, 4, null, null]);
  });

  it('sees what an offset moves to it', () => {
    expect(newest([[1000, 7]], 10, 20)).toEqual([null, null, 7, null, null]);
    expect(newest([[1040, 7]], 10, -20)).toEqual([null, null, 7, null, null]);
  });

  it('has what a function makes of its range, the beginning of the range left out', () => {
    const samples: Samples = [
      [980, 5],
      [990, 3],
      [1000, 4],
      [1020, 8],
    ];
    expect(reduce('count_over_time', samples, 20)).toEqual([2, 1, 1, 1, null]);
    expect(reduce('sum_over_time', samples, 20)).toEqual([7, 4, 8, 8, null]);
    expect(reduce('avg_over_time', samples, 30)).toEqual([4, 3.5, 6, 8, 8]);
    expect(reduce('max_over_time', samples, 30)).toEqual([5, 4, 8, 8, 8]);
    expect(reduce('min_over_time', samples, 30)).toEqual([3, 3, 4, 8, 8]);
    expect(reduce('last_over_time', samples, 30)).toEqual([4, 4, 8, 8, 8]);
  });

  it('has the same whatever the samples, seen all at once', () => {
    const numbers = fc.integer({ min: -50, max: 50 });
    const sets = fc.uniqueArray(fc.tuple(fc.integer({ min: 900, max: 1100 }), numbers), {
      selector: ([ms]) => ms,
    });
    const check = (given: Samples, spanMs: number, offsetMs: number) => {
      const samples = given.toSorted(([a], [b]) => a - b);
      const wanted = Array.from({ length: GRID.count }, (_, step) => {
        const endMs = GRID.startMs + step * GRID.stepMs - offsetMs;
        return samples.filter(([ms]) => ms > endMs - spanMs && ms <= endMs).map(([, value]) => value);
      });
      expect(newest(samples, spanMs, offsetMs)).toEqual(wanted.map((values) => values.at(-1) ?? null));
      expect(reduce('max_over_time', samples, spanMs, offsetMs)).toEqual(
        wanted.map((values) => (values.length === 0 ? null : Math.max(...values))),
      );
      expect(reduce('sum_over_time', samples, spanMs, offsetMs)).toEqual(
        wanted.map((values) => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0))),
      );
    };
    fc.assert(fc.property(sets, fc.integer({ min: 1, max: 120 }), numbers, check), { numRuns: 300 });
  });
});
