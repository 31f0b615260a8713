/** What is read of any samples, in whatever order they lie in rows and blocks, is what a list of them in memory gives. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findStored, keyOf } from '../../../src/core/samples/find-duplicates.ts';
import { findSamples, pageSamples } from '../../../src/core/samples/find-samples.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import { readSampleTimes } from '../../../src/core/samples/read-sample-times.ts';
import {
  countSamples,
  readLatestSamples,
  readSamples,
  readSamplesAt,
} from '../../../src/core/samples/read-samples.ts';
import { readUnscored } from '../../../src/core/samples/read-unscored.ts';
import type { StoredSample } from '../../../src/core/samples/stored-sample.ts';
import { readSnapshot, streamSamples } from '../../../src/core/samples/stream-samples.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { fc } from '../../helpers/property.ts';
import {
  anyEnd,
  anyLayout,
  anySamples,
  anyTime,
  FIRST_MS,
  isWithin,
  LAST_MS,
  type Layout,
  METRICS,
  storeSamples,
} from '../../helpers/stored-samples.ts';

/** One that has no samples. */
const NUMBERS = [...METRICS, 4];

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
  await createSampleMonths(database.pool).ensure([FIRST_MS, LAST_MS]);
});
afterAll(() => database[Symbol.asyncDispose]());

/** Each case has samples of its own. */
async function compare<Asked>(
  asked: fc.Arbitrary<Asked>,
  check: (samples: readonly StoredSample[], asked: Asked, layout: Layout) => Promise<void>,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(anySamples, anyLayout, asked, async (samples, layout, one) => {
      await storeSamples(database.pool, samples, layout);
      await check(samples, one, layout);
    }),
    { numRuns: 20, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  );
}

const ofMetric = (samples: readonly StoredSample[], number: number) =>
  samples.filter(({ metricNumber }) => metricNumber === number);

const score = fc.constantFrom(null, 0, 0.5, 0.95, 1);
const window = fc.record({
  ...{ fromMs: anyEnd, toMs: anyEnd, afterMs: anyEnd, beforeMs: anyEnd, minScore: score },
  ...{ descending: fc.boolean(), limit: fc.integer({ min: 1, max: 20 }) },
});

describe('samples of metrics', () => {
  it('of a window, from either end, whichever of its ends belong to it', () =>
    compare(window, async (samples, asked) => {
      const found = await readSamples(database.pool, NUMBERS, asked);
      const { fromMs, toMs, afterMs, beforeMs, minScore, descending, limit } = asked;
      const wanted = NUMBERS.map((number) => {
        const within = ofMetric(samples, number)
          .filter((one) => isWithin(one, fromMs, toMs))
          .filter(({ timestampMs }) => afterMs === null || timestampMs > afterMs)
          .filter(({ timestampMs }) => beforeMs === null || timestampMs < beforeMs)
          .filter((one) => minScore === null || (one.score !== null && one.score >= minScore));
        return [number, (descending ? within.toReversed() : within).slice(0, limit)] as const;
      });
      expect(found).toEqual(new Map(wanted.filter(([, list]) => list.length > 0)));
    }));

  it('are counted as often as they are there, also of a metric that is named twice', () =>
    compare(fc.record({ fromMs: anyEnd, toMs: anyEnd, minScore: score }), async (samples, asked) => {
      const found = await countSamples(database.pool, [...NUMBERS, 1], asked);
      const wanted = NUMBERS.map((number) => {
        const within = ofMetric(samples, number).filter((one) => isWithin(one, asked.fromMs, asked.toMs));
        return [number, within.filter((one) => (one.score ?? -1) >= (asked.minScore ?? -1)).length] as const;
      });
      expect(found).toEqual(new Map(wanted.filter(([, count]) => count > 0)));
    }));

  it('at given places are those that are there, once each', () => {
    const place = fc.record({ metricNumber: fc.constantFrom(...NUMBERS), timestampMs: anyTime });
    const picks = fc.array(fc.nat(200), { maxLength: 20 });
    return compare(fc.tuple(fc.array(place), picks), async (samples, [places, picked]) => {
      const known = picked.flatMap((index) => samples[index] ?? []);
      const asked = [...places, ...known];
      const keys = new Set(asked.map((one) => keyOf(one.metricNumber, one.timestampMs)));
      const wanted = samples.filter((one) => keys.has(keyOf(one.metricNumber, one.timestampMs)));
      const found = await readSamplesAt(database.pool, asked);
      const order = (a: StoredSample, b: StoredSample) => a.rowId - b.rowId;
      expect(found.toSorted(order)).toEqual(wanted.toSorted(order));
      const values = wanted.map((one) => [keyOf(one.metricNumber, one.timestampMs), one.value] as const);
      expect(await findStored(database.pool, asked)).toEqual(new Map(values));
    });
  });

  it('that are the newest, of each metric', () =>
    compare(fc.constant(null), async (samples) => {
      const newest = NUMBERS.map((number) => [number, ofMetric(samples, number).at(-1)] as const);
      const wanted = new Map(newest.filter(([, one]) => one !== undefined));
      expect(await readLatestSamples(database.pool, NUMBERS)).toEqual(wanted);
    }));

  it('in pages of any size, from any time on', () =>
    compare(fc.tuple(fc.integer({ min: 1, max: 30 }), anyEnd), async (samples, [size, fromMs]) => {
      const pages: (readonly StoredSample[])[] = [];
      const range = { metricNumber: 1, fromMs, toMs: null };
      for await (const page of pageSamples(database.pool, range, {}, size)) pages.push(page);
      const wanted = ofMetric(samples, 1).filter((one) => isWithin(one, fromMs, null));
      expect(pages.flat()).toEqual(wanted);
      // Full but for the last one.
      expect(pages.slice(0, -1).every(({ length }) => length === size)).toBe(true);
      const times: unknown[] = [];
      for await (const page of readSampleTimes(database.pool, 1, fromMs)) times.push(...page);
      expect(times).toEqual(wanted.map(({ timestampMs, value }) => ({ timestampMs, value })));
    }));

  it('that wait for their score, the oldest first', () => {
    const asked = fc.record({ afterMs: anyEnd, upToMs: anyEnd, limit: fc.integer({ min: 1, max: 10 }) });
    return compare(asked, async (samples, { afterMs, upToMs, limit }) => {
      const ranges = NUMBERS.map((metricNumber) => ({ metricNumber, afterMs, upToMs }));
      const found = await readUnscored(database.pool, ranges, limit);
      const wanted = NUMBERS.map((number) => {
        const waiting = ofMetric(samples, number)
          .filter(({ seq, timestampMs }) => seq === null && timestampMs > (afterMs ?? -Infinity))
          .filter(({ timestampMs }) => timestampMs <= (upToMs ?? Infinity));
        return [
          number,
          waiting.slice(0, limit).map(({ metricNumber, rowId, timestampMs, value }) => {
            return { metricNumber, rowId, timestampMs, value };
          }),
        ] as const;
      });
      expect(found).toEqual(new Map(wanted.filter(([, list]) => list.length > 0)));
    });
  });
});

describe('a stream of samples', () => {
  const selection = fc.record({
    metricNumbers: fc.shuffledSubarray(NUMBERS),
    rowIds: fc.option(fc.array(fc.integer({ min: 1, max: 90 }))),
    limit: fc.option(fc.integer({ min: 0, max: 30 })),
    ...{ fromMs: anyEnd, toMs: anyEnd, minScore: score },
  });

  it('has the metrics in the order they were named in, and no more samples than were asked for', () =>
    compare(selection, async (samples, asked) => {
      const found: StoredSample[] = [];
      const pages = readSnapshot(database.pool, (client) => streamSamples(client, asked));
      for await (const page of pages) {
        expect(page).not.toHaveLength(0);
        found.push(...page);
      }
      const wanted = asked.metricNumbers
        .flatMap((number) => ofMetric(samples, number))
        .filter((one) => isWithin(one, asked.fromMs, asked.toMs))
        .filter(({ rowId }) => asked.rowIds?.includes(rowId) !== false)
        .filter((one) => asked.minScore === null || (one.score ?? -1) >= asked.minScore);
      expect(found).toEqual(wanted.slice(0, asked.limit ?? Infinity));
    }));

  it('shows the database of when it began, and gives its connection back when its reader leaves', async () => {
    const [one] = fc.sample(
      anySamples.filter(({ length }) => length > 20),
      { numRuns: 1, seed: 5 },
    );
    await storeSamples(database.pool, one ?? [], { blockSize: 4, packed: [true, false] });
    const asked = { rowIds: null, limit: null, fromMs: null, toMs: null, minScore: null };
    const counts: number[] = [];
    const snapshot = readSnapshot(database.pool, async function* (client) {
      for (const metricNumber of METRICS) {
        let count = 0;
        const pages = streamSamples(client, { ...asked, metricNumbers: [metricNumber] });
        for await (const page of pages) count += page.length;
        yield count;
      }
    });
    for await (const count of snapshot) {
      counts.push(count);
      await database.pool.query('DELETE FROM sample; DELETE FROM sample_block');
    }
    expect(counts).toEqual(METRICS.map((number) => ofMetric(one ?? [], number).length));
    // One that leaves early.
    await storeSamples(database.pool, one ?? [], { blockSize: 4, packed: [false] });
    const left = readSnapshot(database.pool, (client) =>
      streamSamples(client, { ...asked, metricNumbers: METRICS }),
    );
    expect((await left.next()).done).toBe(false);
    await left.return(undefined);
    const { totalCount, idleCount } = database.pool;
    expect(idleCount).toBe(totalCount);
  });
});

it('a range may reach as far as anybody can write', async () => {
  // PostgreSQL has no time before 4714 BC; JavaScript has none beyond 100 million days.
  const ends = [-8.64e15 - 1, -8.64e15, -(2 ** 53), -1, 8.64e15, 8.64e15 + 1, 2 ** 53, null];
  const [samples = []] = fc.sample(
    anySamples.filter(({ length }) => length > 20),
    { numRuns: 1, seed: 5 },
  );
  await storeSamples(database.pool, samples, { blockSize: 4, packed: [true, false] });
  const ranges = ends.flatMap((fromMs) => ends.map((toMs) => ({ metricNumber: 1, fromMs, toMs })));
  for (const descending of [false, true]) {
    const found = await findSamples(database.pool, ranges, {}, { descending, limit: 5 });
    const wanted = ranges.map(({ fromMs, toMs }) => {
      const within = ofMetric(samples, 1).filter((one) => isWithin(one, fromMs, toMs));
      return (descending ? within.toReversed() : within).slice(0, 5);
    });
    expect(found).toEqual(wanted);
  }
});
