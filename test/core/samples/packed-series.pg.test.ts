/**
 * The points of charts of any samples, in any layout of rows and blocks, against the rule: all anomalies, the highest first
 * where they are too many, and of each span of time the lowest and the highest value.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import { findPacked } from '../../../src/core/samples/packed-series.ts';
import { readSeries } from '../../../src/core/samples/read-series.ts';
import type { SeriesColumns, SeriesRange } from '../../../src/core/samples/series.ts';
import { isScored, type StoredSample } from '../../../src/core/samples/stored-sample.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { fc } from '../../helpers/property.ts';
import {
  anyEnd,
  anyLayout,
  anySamples,
  FIRST_MS,
  isWithin,
  LAST_MS,
  METRICS,
  storeSamples,
} from '../../helpers/stored-samples.ts';

const NUMBERS = [...METRICS, 4];

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
  await createSampleMonths(database.pool).ensure([FIRST_MS, LAST_MS]);
});
afterAll(() => database[Symbol.asyncDispose]());

const range: fc.Arbitrary<SeriesRange> = fc.record({
  fromMs: anyEnd,
  toMs: anyEnd,
  maxPoints: fc.integer({ min: 2, max: 30 }),
  anomalyScore: fc.constantFrom(0, 0.9, 0.99, 2),
});

/** By the words of the rule, over a list. */
function chooseByRule(samples: readonly StoredSample[], { maxPoints, anomalyScore }: SeriesRange) {
  if (samples.length <= maxPoints) return samples;
  const anomalies = samples.filter(({ score }) => score !== null && score >= anomalyScore);
  // Of equal scores the earliest stay.
  const highest = anomalies.toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0)).slice(0, maxPoints);
  const kept = new Set(highest);
  const spans = Math.floor((maxPoints - highest.length) / 2);
  const [firstMs, lastMs] = [samples[0]?.timestampMs ?? 0, samples.at(-1)?.timestampMs ?? 0];
  for (let span = 0; span < spans; span++) {
    const inSpan = samples.filter(
      ({ timestampMs }) => Math.floor(((timestampMs - firstMs) / (lastMs - firstMs + 1)) * spans) === span,
    );
    const values = inSpan.map(({ value }) => value);
    const [lowest, highestValue] = [Math.min(...values), Math.max(...values)];
    // Of equal lowest values the first, of equal highest ones the last.
    for (const one of [
      inSpan.find(({ value }) => value === lowest),
      inSpan.findLast(({ value }) => value === highestValue),
    ])
      if (one !== undefined) kept.add(one);
  }
  return samples.filter((sample) => kept.has(sample));
}

function toSeries(samples: readonly StoredSample[]): SeriesColumns {
  return {
    timestampsMs: samples.map(({ timestampMs }) => timestampMs),
    values: samples.map(({ value }) => value),
    scores: samples.map(({ score }) => score),
    expected: samples.map(({ expected }) => expected),
    lows: samples.map(({ low }) => low),
    highs: samples.map(({ high }) => high),
  };
}

function listOf(samples: readonly StoredSample[], number: number, { fromMs, toMs }: SeriesRange) {
  return samples
    .filter(({ metricNumber }) => metricNumber === number)
    .filter((sample) => isWithin(sample, fromMs, toMs));
}

describe('the points of a chart', () => {
  it('are those of the rule, wherever the samples are', async () => {
    await fc.assert(
      fc.asyncProperty(anySamples, anyLayout, range, async (samples, layout, asked) => {
        await storeSamples(database.pool, samples, layout);
        const found = await readSeries(database.pool, NUMBERS, asked);
        const wanted = NUMBERS.map((number) => [number, listOf(samples, number, asked)] as const)
          .filter(([, list]) => list.length > 0)
          .map(([number, list]) => [number, toSeries(chooseByRule(list, asked))] as const);
        expect(found).toEqual(new Map(wanted));
      }),
      { numRuns: 40, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
    );
  });

  it('are looked for in blocks of the metrics alone that have some in the range', async () => {
    await fc.assert(
      fc.asyncProperty(anySamples, anyEnd, anyEnd, async (samples, fromMs, toMs) => {
        // A block a sample: each lies where its sample does.
        await storeSamples(database.pool, samples, { blockSize: 1, packed: [true] });
        const found = await findPacked(database.pool, NUMBERS, { fromMs, toMs });
        const within = samples.filter((sample) => isScored(sample) && isWithin(sample, fromMs, toMs));
        expect(found).toEqual(new Set(within.map(({ metricNumber }) => metricNumber)));
      }),
      { numRuns: 15 },
    );
  });

  it('are all that is left where blocks are damaged, of more metrics than are read together too', async () => {
    const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
    const [few = []] = fc.sample(
      anySamples.filter(({ length }) => length > 60),
      { numRuns: 1, seed: 2 },
    );
    const own = few.filter(isScored).filter(({ metricNumber }) => metricNumber === 1);
    const copies = numbers.flatMap((metricNumber) => own.map((sample) => ({ ...sample, metricNumber })));
    await storeSamples(database.pool, copies, { blockSize: 3, packed: [true] });
    const asked = { fromMs: null, toMs: null, maxPoints: 6, anomalyScore: 0.9 };
    await database.pool.query(
      `UPDATE sample_block SET data = set_byte(data, 6, get_byte(data, 6) # 1) WHERE metric_number = 7`,
    );
    const damaged = await readSeries(database.pool, numbers, asked);
    const wanted = toSeries(chooseByRule(own, asked));
    for (const number of numbers) if (number !== 7) expect(damaged.get(number)).toEqual(wanted);
    expect(damaged.get(7)?.timestampsMs ?? []).toEqual([]);
  });
});
