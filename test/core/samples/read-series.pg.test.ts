/** What a chart shows of any samples: nothing that was not stored, and all that is worth seeing. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copySamples } from '../../../src/core/samples/copy-samples.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import { readSeries } from '../../../src/core/samples/read-series.ts';
import type { SeriesColumns, SeriesRange } from '../../../src/core/samples/series.ts';
import type { ScoredSample } from '../../../src/core/samples/stored-sample.ts';
import { inTransaction } from '../../../src/platform/postgres/transaction.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { fc } from '../../helpers/property.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';

const FIRST_MS = Date.parse('2026-02-27T00:00:00Z');
/** Into the next month. */
const SPAN_MS = 3 * 86_400_000;
const METRICS = [1, 2, 3];

let database: TestDatabase;

beforeAll(async () => {
  database = await withDatabase();
  await createSampleMonths(database.pool).ensure([FIRST_MS, FIRST_MS + SPAN_MS]);
});
afterAll(() => database[Symbol.asyncDispose]());

const sample = fc.record({
  metricNumber: fc.constantFrom(...METRICS),
  timestampMs: fc.integer({ min: FIRST_MS, max: FIRST_MS + SPAN_MS }),
  // Few of them, so that lowest, highest and scores are shared.
  value: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
  score: fc.constantFrom(0, 0.5, 0.99, 0.995, 1),
});
const samples = fc
  .uniqueArray(sample, {
    selector: ({ metricNumber, timestampMs }) => `${metricNumber} ${timestampMs}`,
    maxLength: 120,
    size: 'max',
  })
  .map((list) =>
    list.map((one, index): ScoredSample => ({ ...makeScoredSample(index + 1), ...one, rowId: index + 1 })),
  );
const end = fc.option(fc.integer({ min: FIRST_MS - 1000, max: FIRST_MS + SPAN_MS + 1000 }));
const range = fc.record({
  fromMs: end,
  toMs: end,
  maxPoints: fc.integer({ min: 2, max: 40 }),
  anomalyScore: fc.constantFrom(0.99, 0.999, 2),
});

it('keeps the anomalies and the extremes, in the order of time, of any samples and any range', async () => {
  await fc.assert(
    fc.asyncProperty(samples, range, async (given, asked) => {
      await database.pool.query('DELETE FROM sample');
      await inTransaction(database.pool, (client) =>
        copySamples(client, { scored: given, unscored: [] }, null),
      );
      const found = await readSeries(database.pool, [...METRICS, 4], asked);
      for (const number of [...METRICS, 4])
        checkSeries(found.get(number), listInRange(given, number, asked), asked);
    }),
    // What fails is shrunk for a minute at most.
    { numRuns: 80, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  );
});

function listInRange(given: readonly ScoredSample[], number: number, { fromMs, toMs }: SeriesRange) {
  return given
    .filter(({ metricNumber }) => metricNumber === number)
    .filter(({ timestampMs }) => timestampMs >= (fromMs ?? -Infinity) && timestampMs <= (toMs ?? Infinity))
    .toSorted((a, b) => a.timestampMs - b.timestampMs);
}

function checkSeries(
  series: SeriesColumns | undefined,
  within: readonly ScoredSample[],
  { maxPoints, anomalyScore }: SeriesRange,
): void {
  if (within.length === 0) {
    expect(series).toBeUndefined();
    return;
  }
  const times = series?.timestampsMs ?? [];
  const byTime = new Map(within.map((one) => [one.timestampMs, one]));
  const shown = times.map((timeMs) => byTime.get(timeMs));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(series?.values).toEqual(shown.map((one) => one?.value));
  expect(series?.scores).toEqual(shown.map((one) => one?.score));
  expect(times.length).toBeLessThanOrEqual(maxPoints);
  if (within.length <= maxPoints) {
    expect(times).toEqual(within.map(({ timestampMs }) => timestampMs));
    return;
  }
  const anomalies = within.filter(({ score }) => score >= anomalyScore).toSorted((a, b) => b.score - a.score);
  const kept = anomalies.slice(0, maxPoints).map(({ timestampMs }) => timestampMs);
  expect(times).toEqual(expect.arrayContaining(kept));
  // What the anomalies leave shows the lowest and the highest value.
  if (maxPoints - kept.length < 2) return;
  const values = within.map(({ value }) => value);
  expect(series?.values).toEqual(expect.arrayContaining([Math.min(...values), Math.max(...values)]));
}
