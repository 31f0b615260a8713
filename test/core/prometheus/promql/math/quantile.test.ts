/** Quantiles by hand, and what must hold of any. */
import { describe, expect, it } from 'vitest';
import {
  findHistogramQuantile,
  findQuantile,
} from '../../../../../src/core/prometheus/promql/math/quantile.ts';
import { fc } from '../../../../helpers/property.ts';

describe('a quantile', () => {
  it.each([
    [0.5, [1, 2, 3, 4], 2.5],
    [0.25, [4, 1, 3, 2], 1.75],
    [0, [3, 1, 2], 1],
    [1, [3, 1, 2], 3],
    [0.9, [7], 7],
    [0, [1, NaN], NaN],
    [1, [1, NaN], 1],
    [0.5, [], NaN],
    [NaN, [1], NaN],
    [-0.1, [1], -Infinity],
    [1.1, [1], Infinity],
  ])('%d of %j is %d', (quantile, values, expected) => {
    expect(findQuantile(quantile, values)).toBe(expected);
  });

  it('lies between the smallest and the largest, and rises with its share', () => {
    const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 });
    const shares = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(numbers, shares, shares, (values, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((share) => findQuantile(share, [...values]));
        expect(low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
        expect(high).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
        expect(low).toBeLessThanOrEqual((high ?? NaN) + 1e-9);
      }),
    );
  });
});

const rounded = (value: number) => Number(value.toPrecision(12));

describe('of a histogram', () => {
  const buckets = [
    { bound: 0.1, count: 10 },
    { bound: 0.5, count: 30 },
    { bound: 2.5, count: 40 },
    { bound: Infinity, count: 50 },
  ];
  it.each([
    // A fifth of all are in the first bucket, half of those below 0.05.
    [0.1, 0.05],
    [0.2, 0.1],
    [0.4, 0.3],
    [0.7, 1.5],
    // What is beyond the last bound is at it.
    [0.9, 2.5],
    [1, 2.5],
    [0, 0],
    [NaN, NaN],
    [-1, -Infinity],
    [2, Infinity],
  ])('the quantile %d is %d', (quantile, expected) => {
    expect(rounded(findHistogramQuantile(quantile, buckets.toReversed()))).toBe(rounded(expected));
  });

  it.each([
    ['without a bucket to infinity', buckets.slice(0, 3), NaN],
    ['with that bucket alone', buckets.slice(3), NaN],
    ['without observations', buckets.map(({ bound }) => ({ bound, count: 0 })), NaN],
    ['whose lowest bound is not above 0', [{ bound: -1, count: 30 }, ...buckets.slice(3)], -1],
    ['with two series of one bound', [...buckets, { bound: 0.1, count: 20 }], 0.1 * (25 / 30)],
    // It was read a moment after the others.
    ['with a count that falls', [{ bound: 0.05, count: 30 }, ...buckets], 0.05 * (25 / 30)],
  ])('%s', (_, given, expected) => {
    expect(rounded(findHistogramQuantile(0.5, given))).toBe(rounded(expected));
  });
});
