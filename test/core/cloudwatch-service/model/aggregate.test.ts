import { describe, expect, it } from 'vitest';
import {
  aggregatePairs,
  findPercentile,
  joinAggregates,
} from '../../../../src/core/cloudwatch-service/model/aggregate.ts';

describe('Aggregates', () => {
  it('merge to the exact sum, count and extremes', () => {
    const joined = joinAggregates(aggregatePairs([1, 10, 2.25, 20]), aggregatePairs([-3, 1]));
    expect(joined).toMatchObject({ sum: 52, sampleCount: 31, minimum: -3, maximum: 2.25 });
  });

  it('give percentiles by nearest rank', () => {
    const hundred = aggregatePairs(Array.from({ length: 100 }, (_, i) => [100 - i, 1]).flat());
    expect([0, 1, 50, 95, 99.5, 100].map((percent) => findPercentile(hundred, percent))).toEqual([
      1, 1, 50, 95, 100, 100,
    ]);
  });

  it('weigh percentiles by counts, negative values too', () => {
    const weighted = aggregatePairs([-5, 98, 7, 2]);
    expect(findPercentile(weighted, 98)).toBe(-5);
    expect(findPercentile(weighted, 98.5)).toBe(7);
  });

  it('give no percentile when part of them is a statistic set, but for p0 and p100', () => {
    const set = { sum: 6, sampleCount: 3, minimum: 1, maximum: 3, pairs: null };
    const joined = joinAggregates(aggregatePairs([9, 1]), set);
    expect([0, 50, 100].map((percent) => findPercentile(joined, percent))).toEqual([1, null, 9]);
  });
});
