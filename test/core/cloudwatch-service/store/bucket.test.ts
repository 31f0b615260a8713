/** Aggregates that are joined as they come: the same as all at once, and in time that grows with what comes. */
import { describe, expect, it } from 'vitest';
import {
  aggregatePairs,
  AggregateSum,
  joinAggregates,
  type Aggregate,
} from '../../../../src/core/cloudwatch-service/model/aggregate.ts';
import { BucketList, type Bucket } from '../../../../src/core/cloudwatch-service/store/bucket.ts';
import { fc } from '../../../helpers/property.ts';

const number = fc.integer({ min: -50, max: 50 });
const aggregate = fc.oneof(
  fc
    .array(fc.tuple(number, fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 4 })
    .map((pairs) => aggregatePairs(pairs.flat())),
  fc.tuple(number, number, fc.integer({ min: 1, max: 9 })).map(([a, b, sampleCount]): Aggregate => {
    const [minimum, maximum] = [Math.min(a, b), Math.max(a, b)];
    return { sum: a * sampleCount, sampleCount, minimum, maximum, pairs: null };
  }),
);

describe('A sum of aggregates', () => {
  it('is what joining one after the other gives', () => {
    fc.assert(
      fc.property(aggregate, fc.array(aggregate, { maxLength: 6 }), (first, others) => {
        const sum = new AggregateSum(first);
        for (const other of others) sum.add(other);
        expect(sum.total).toEqual(others.reduce(joinAggregates, first));
        // Looked at, it can go on.
        sum.add(first);
        expect(sum.total).toEqual([...others, first].reduce(joinAggregates, first));
      }),
    );
  });

  it('leaves what it was given as it is', () => {
    const first = aggregatePairs([1, 1]);
    const sum = new AggregateSum(first);
    sum.add(aggregatePairs([2, 1]));
    expect(sum.total.pairs).toEqual([1, 1, 2, 1]);
    expect(first.pairs).toEqual([1, 1]);
  });

  // What two requests of a thousand data of 150 values each hold: copied at each step it took ten seconds.
  it('of thousands of data of one minute takes no time', () => {
    const pairs = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? i : 1));
    const sum = new AggregateSum(aggregatePairs(pairs));
    const startedAt = performance.now();
    for (let i = 1; i < 2_000; i += 1) sum.add(aggregatePairs(pairs));
    expect(sum.total).toMatchObject({ sampleCount: 300_000, minimum: 0, maximum: 298 });
    expect(sum.total.pairs).toHaveLength(600_000);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('Buckets', () => {
  const PERIOD_MS = 60_000;
  const row = fc.tuple(fc.nat(4), fc.nat(2), aggregate);

  it('gather each period and unit by itself, in the order they began', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
        // As the database gives them: by time; within a period units come in any order.
        const sorted = rows.toSorted(([a], [b]) => a - b);
        const buckets = new BucketList();
        for (const [period, unit, one] of sorted) {
          buckets.add({ startMs: period * PERIOD_MS, unit, aggregate: one });
        }
        const expected = new Map<string, Bucket>();
        for (const [period, unit, one] of sorted) {
          const key = `${period} ${unit}`;
          const known = expected.get(key);
          const joined = known === undefined ? one : joinAggregates(known.aggregate, one);
          expected.set(key, { startMs: period * PERIOD_MS, unit, aggregate: joined });
        }
        expect(buckets.list()).toEqual([...expected.values()]);
      }),
    );
  });

  it('of nothing are none', () => {
    expect(new BucketList().list()).toEqual([]);
  });
});
