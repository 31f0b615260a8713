/** The packer moves samples from rows into blocks, and rewinds move them back, between any two statements of a reader. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findSamples, pageSamples, type Queryable } from '../../../src/core/samples/find-samples.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import { readSeries } from '../../../src/core/samples/read-series.ts';
import type { SampleTest } from '../../../src/core/samples/sample-test.ts';
import type { StoredSample } from '../../../src/core/samples/stored-sample.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { fc } from '../../helpers/property.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';
import {
  anyEnd,
  anyLayout,
  anySamples,
  FIRST_MS,
  isWithin,
  LAST_MS,
  type Layout,
  METRICS,
  storeSamples,
} from '../../helpers/stored-samples.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
  await createSampleMonths(database.pool).ensure([FIRST_MS, LAST_MS]);
});
afterAll(() => database[Symbol.asyncDispose]());

/** The database, in which the samples are somewhere else before each of the first statements. */
function moveBetween(samples: readonly StoredSample[], layouts: readonly Layout[]): Queryable {
  const left = [...layouts];
  let moved = Promise.resolve();
  return new Proxy(database.pool, {
    get: (pool, name) => {
      if (name !== 'query') throw new Error(`only query was to be used, not ${String(name)}`);
      return async (text: string, values: unknown[]) => {
        const layout = left.shift();
        // Some statements are asked at once; what moves samples does so once at a time.
        if (layout !== undefined) moved = moved.then(() => storeSamples(pool, samples, layout));
        await moved;
        return pool.query(text, values);
      };
    },
  });
}

const layouts = fc.array(anyLayout, { minLength: 1, maxLength: 8 });
const RUNS = { numRuns: 20, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true };
const test: fc.Arbitrary<SampleTest> = fc.record(
  {
    minScore: fc.constantFrom(0, 0.9, 1),
    isScored: fc.boolean(),
    phases: fc.uniqueArray(fc.constantFrom(null, 'OPENS', 'CONTINUES', 'EXCLUDED'), { minLength: 1 }),
    rowIds: fc.array(fc.integer({ min: 1, max: 60 })),
  },
  { requiredKeys: [] },
);

/** As conditions on a list. */
function passes(sample: StoredSample, { minScore, isScored, phases, rowIds }: SampleTest): boolean {
  const hasPhase = phases == null || (sample.seq !== null && phases.includes(sample.phase));
  const hasScore = minScore == null || (sample.score !== null && sample.score >= minScore);
  const isThere = isScored !== true || sample.seq !== null;
  return hasPhase && hasScore && isThere && rowIds?.includes(sample.rowId) !== false;
}

it('samples that move are found once each, in their order, page by page', async () => {
  const asked = fc.record({ fromMs: anyEnd, toMs: anyEnd, test, size: fc.integer({ min: 1, max: 12 }) });
  await fc.assert(
    fc.asyncProperty(
      anySamples,
      layouts,
      asked,
      async (samples, moves, { fromMs, toMs, test: chosen, size }) => {
        const wanted = samples
          .filter(({ metricNumber }) => metricNumber === 1)
          .filter((sample) => isWithin(sample, fromMs, toMs) && passes(sample, chosen));
        const pages: StoredSample[] = [];
        const pool = moveBetween(samples, moves);
        for await (const page of pageSamples(pool, { metricNumber: 1, fromMs, toMs }, chosen, size))
          pages.push(...page);
        expect(pages).toEqual(wanted);
      },
    ),
    RUNS,
  );
});

it('samples that move are found from their end, too, of more blocks than are read at once', async () => {
  const asked = fc.record({ descending: fc.boolean(), limit: fc.option(fc.integer({ min: 1, max: 80 })) });
  const count = 300;
  const samples = Array.from({ length: count }, (_, index) => {
    return { ...makeScoredSample(index + 1), timestampMs: FIRST_MS + index * 600_000 };
  });
  await fc.assert(
    fc.asyncProperty(layouts, asked, anyEnd, async (moves, order, toMs) => {
      // A block a sample: three times as many as are read together.
      const first = { blockSize: 1, packed: [true] };
      const pool = moveBetween(samples, [first, ...moves, first]);
      const [found] = await findSamples(pool, [{ metricNumber: 1, fromMs: null, toMs }], {}, order);
      const within = samples.filter((sample) => isWithin(sample, null, toMs));
      const wanted = order.descending ? within.toReversed() : within;
      expect(found).toEqual(wanted.slice(0, order.limit ?? count));
    }),
    { ...RUNS, numRuns: 5 },
  );
});

/** More and more blocks, as the packer makes them, or fewer and fewer, as a rewind does. */
const oneWay: fc.Arbitrary<readonly Layout[]> = fc
  .record({
    blockSize: fc.integer({ min: 1, max: 10 }),
    counts: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 2, maxLength: 8 }),
    isPacking: fc.boolean(),
  })
  .map(({ blockSize, counts, isPacking }) => {
    const ordered = counts.toSorted((a, b) => (isPacking ? a - b : b - a));
    return ordered.map((count) => ({
      blockSize,
      packed: Array.from({ length: METRICS.length * 30 }, (_, index) => index < count),
    }));
  });

it('a chart of samples that move has each of its points once', async () => {
  const asked = fc.record({
    fromMs: anyEnd,
    toMs: anyEnd,
    maxPoints: fc.integer({ min: 2, max: 20 }),
    anomalyScore: fc.constantFrom(0.9, 0.99, 2),
  });
  await fc.assert(
    fc.asyncProperty(anySamples, oneWay, asked, async (samples, moves, range) => {
      await storeSamples(database.pool, samples, { blockSize: 1, packed: [false] });
      const still = await readSeries(database.pool, METRICS, range);
      const moving = await readSeries(moveBetween(samples, moves), METRICS, range);
      expect(moving).toEqual(still);
    }),
    RUNS,
  );
});
