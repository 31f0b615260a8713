/** Whatever reads samples gives the same before they are packed, when half of them are, and afterwards. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLabelPeak } from '../../../src/core/annotations/read-label-peak.ts';
import { readOwnBuckets } from '../../../src/core/cloudwatch-service/store/own-series.ts';
import { learnBounds } from '../../../src/core/metrics/model-params.ts';
import { replayMany, replaySamples } from '../../../src/core/models/read-checkpoints.ts';
import { Packer } from '../../../src/core/packing/packer.ts';
import { findStored } from '../../../src/core/samples/find-duplicates.ts';
import { readAnomalySpans } from '../../../src/core/samples/read-anomaly-span.ts';
import {
  countSamples,
  readLatestSamples,
  readSamples,
  readSamplesAt,
  type SampleWindow,
} from '../../../src/core/samples/read-samples.ts';
import { readSampleTimes } from '../../../src/core/samples/read-sample-times.ts';
import { readSeries } from '../../../src/core/samples/read-series.ts';
import { readSnapshot, streamSamples } from '../../../src/core/samples/stream-samples.ts';
import { countScores, readMostAnomalous } from '../../../src/core/score-log/score-pages.ts';
import type { ScoredSample } from '../../../src/core/samples/stored-sample.ts';
import { createLog } from '../../../src/log.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { createNoise, makeSeries } from '../../detector/series.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { startEngine, type TestEngine, untilStatus } from '../../helpers/start-engine.ts';

const FIRST_MS = Date.parse('2026-01-28T00:00:00Z');
const STEP_MS = 300_000;
const ROWS = 1500;
const LAST_MS = FIRST_MS + (ROWS - 1) * STEP_MS;
const MIDDLE_MS = FIRST_MS + (ROWS / 2) * STEP_MS;

let database: TestDatabase;
let engine: TestEngine;
let numbers: number[];
let ids: string[];

beforeAll(async () => {
  database = await withDatabase();
  engine = await startEngine(database, { settings: { LAPWING_PACK_AFTER_HOURS: '0' } });
  await engine.accept.acceptNamed(
    ['a', 'b', 'c', 'plain'].flatMap((name, index) => listPoints(name, index).slice(0, 300)),
  );
  ids = [];
  for (const name of ['a', 'b', 'c']) {
    const id = await engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name },
      model: { min: 0, max: 100 },
    });
    await untilStatus(engine, id, 'ACTIVE');
    ids.push(id);
  }
  const rest = ['a', 'b', 'c', 'plain'].map((name, index) => listPoints(name, index).slice(300));
  for (let row = 0; row < ROWS; row += 50)
    await engine.accept.acceptNamed(rest.flatMap((points) => points.slice(row, row + 50)));
  // Late ones stay without a score.
  await engine.accept.acceptNamed(
    [400, 800, 1200].map((row) => ({
      metric: 'a',
      timestampMs: FIRST_MS + row * STEP_MS + 1000,
      value: row,
    })),
  );
  numbers = [...engine.registry.all()].map(({ number }) => number);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function listPoints(metric: string, seed: number) {
  const noise = createNoise(seed + 1);
  const start = { rows: ROWS, stepMs: STEP_MS, startMs: FIRST_MS };
  return makeSeries(start, (row) => 40 + 3 * noise() + (row % 450 === 449 - 50 * seed ? 900 : 0)).map(
    (sample, row) => ({ metric, timestampMs: FIRST_MS + row * STEP_MS, value: sample.value }),
  );
}

const OPEN: SampleWindow = {
  fromMs: null,
  toMs: null,
  afterMs: null,
  beforeMs: null,
  minScore: null,
  descending: false,
  limit: 100_000,
};
const WINDOWS: readonly SampleWindow[] = [
  OPEN,
  { ...OPEN, descending: true },
  { ...OPEN, limit: 7 },
  { ...OPEN, limit: 7, descending: true },
  { ...OPEN, limit: 900, fromMs: MIDDLE_MS - 300 * STEP_MS },
  { ...OPEN, limit: 900, toMs: MIDDLE_MS + 17, descending: true },
  { ...OPEN, fromMs: MIDDLE_MS, toMs: MIDDLE_MS + 20 * STEP_MS },
  { ...OPEN, afterMs: MIDDLE_MS, beforeMs: MIDDLE_MS + 20 * STEP_MS },
  { ...OPEN, fromMs: Date.parse('2026-01-31T22:00:00Z'), toMs: Date.parse('2026-02-01T02:00:00Z') },
  { ...OPEN, minScore: 0.9999 },
  { ...OPEN, minScore: 0.9, limit: 5, descending: true },
  { ...OPEN, fromMs: LAST_MS + 1 },
];

async function readAll<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

/** By names, so that a difference says where it is. */
async function readEverything(): Promise<Record<string, unknown>> {
  const { pool } = database;
  const { live, registry } = engine;
  const all = await readSamples(pool, numbers, OPEN);
  const anomalous = [...all.values()]
    .flat()
    .filter(({ phase }) => phase === 'OPENS' || phase === 'CONTINUES' || phase === 'RECOVERS');
  const places = [...all.values()].flat().filter((_, index) => index % 97 === 0);
  const range = { fromMs: null, toMs: null, anomalyScore: 0.9999 };
  const answers: Record<string, unknown> = { anomalous: anomalous.length };
  for (const [index, window] of WINDOWS.entries()) {
    answers[`readSamples ${index}`] = await readSamples(pool, numbers, window);
    answers[`countSamples ${index}`] = await countSamples(pool, numbers, window);
    answers[`readSeries ${index}`] = await readSeries(pool, numbers, {
      ...window,
      maxPoints: 10_000,
      anomalyScore: 0.9999,
    });
  }
  answers.latest = await readLatestSamples(pool, numbers);
  answers.at = new Set(
    (await readSamplesAt(pool, places)).toSorted(
      (a, b) => a.metricNumber - b.metricNumber || a.timestampMs - b.timestampMs,
    ),
  );
  answers.stored = new Map([...(await findStored(pool, places))].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  answers.nowhere = await readSamplesAt(
    pool,
    places.map((place) => ({ ...place, timestampMs: place.timestampMs + 17 })),
  );
  for (const number of numbers) {
    answers[`times ${number}`] = await readAll(readSampleTimes(pool, number, null));
    answers[`times since ${number}`] = await readAll(readSampleTimes(pool, number, MIDDLE_MS));
    answers[`replay ${number}`] = await readAll(
      replaySamples(pool, number, { afterMs: MIDDLE_MS, newest: null }),
    );
    answers[`newest ${number}`] = await readAll(replaySamples(pool, number, { afterMs: null, newest: 700 }));
    answers[`bounds ${number}`] = await learnBounds(pool, number);
    answers[`peak ${number}`] = await readLabelPeak(pool, number, {
      from: new Date(FIRST_MS),
      to: new Date(MIDDLE_MS),
    });
  }
  answers.replayMany = await replayMany(
    pool,
    numbers.map((metricNumber) => ({ metricNumber, afterMs: MIDDLE_MS })),
  );
  for (const maxPoints of [2, 3, 20, 100, 700, 1499]) {
    answers[`series ${maxPoints}`] = await readSeries(pool, numbers, { ...range, maxPoints });
    answers[`series of half ${maxPoints}`] = await readSeries(pool, numbers, {
      ...range,
      fromMs: MIDDLE_MS - 333 * STEP_MS,
      maxPoints,
    });
    answers[`series of all ${maxPoints}`] = await readSeries(pool, numbers, {
      ...range,
      maxPoints,
      anomalyScore: 0.5,
    });
  }
  answers.spans = await readAnomalySpans(pool, anomalous);
  answers.stream = await readAll(
    readSnapshot(pool, (client) =>
      streamSamples(client, {
        metricNumbers: numbers,
        rowIds: null,
        limit: 3000,
        fromMs: FIRST_MS + 1,
        toMs: null,
        minScore: 0,
      }),
    ),
  );
  answers.rowIds = await readAll(
    readSnapshot(pool, (client) =>
      streamSamples(client, {
        metricNumbers: numbers,
        rowIds: [5, 900, 1400],
        limit: null,
        fromMs: null,
        toMs: null,
        minScore: null,
      }),
    ),
  );
  answers.buckets = await readOwnBuckets(
    pool,
    ['value', 'score', 'expected', 'low', 'high'].flatMap((column) =>
      ids.map((metricId) => ({
        hash: Buffer.alloc(0),
        startMs: MIDDLE_MS - 100 * STEP_MS,
        endMs: MIDDLE_MS + 100 * STEP_MS,
        periodSeconds: 3600,
        unit: null,
        own: { metricId, column, accountId: 1 },
      })),
    ),
    true,
  ).then((series) =>
    series.map((buckets) =>
      buckets.map(({ startMs, aggregate }) => [
        startMs,
        aggregate.sampleCount,
        aggregate.minimum,
        aggregate.maximum,
        aggregate.pairs?.toSorted(),
      ]),
    ),
  );
  const filters = [
    {},
    { minClass: 'YELLOW' as const },
    { fromMs: MIDDLE_MS, toMs: MIDDLE_MS + 50 * STEP_MS },
    { rowIds: [700, 701] },
    { metricIds: ids.slice(1, 2), minClass: 'RED' as const },
  ];
  for (const [index, filter] of filters.entries()) {
    answers[`count ${index}`] = await countScores({ pool, registry }, filter);
    for (const offset of [0, 555, 2000, 4400]) {
      const page = { filter, after: live.cursorOf(offset), first: 300 };
      answers[`page ${index} after ${offset}`] = await live.readPage(page);
    }
    let after = null;
    for (let page = 0; page < 3; page++) {
      const { rows } = await readMostAnomalous({ pool, registry }, { filter, after, first: 40 });
      answers[`most anomalous ${index}, page ${page}`] = rows;
      after = rows.at(-1) ?? null;
    }
  }
  answers.replayed = await followLog();
  return answers;
}

/** The whole log as a subscriber is given it that comes back with its first cursor. */
async function followLog(): Promise<readonly unknown[]> {
  const events = engine.live.subscribe({
    filter: {},
    after: engine.live.cursorOf(0),
    maxBatch: 1000,
    lingerMs: 0,
  });
  const scores: ScoredSample[] = [];
  const { last } = engine.live.bounds();
  for await (const event of { [Symbol.asyncIterator]: () => events }) {
    scores.push(...event.scores);
    if (scores.length >= last) break;
  }
  return scores;
}

async function pack(nowMs: number): Promise<void> {
  const packer = new Packer({
    pool: database.pool,
    stats: createStats(),
    log: createLog('silent'),
    packAfterHours: 1,
    countMetrics: () => 3,
    saveProgress: engine.saveProgress,
    isBusy: () => false,
    windowSize: 700,
    now: () => nowMs,
  });
  await packer.packDue();
}

async function countRows(): Promise<{ rows: number; blocks: number; packed: number }> {
  const { rows } = await database.pool.query<{ rows: number; blocks: number; packed: number }>(
    `SELECT (SELECT count(*)::int FROM sample WHERE seq IS NOT NULL) AS rows, (SELECT count(*)::int FROM sample_block) AS blocks,
       (SELECT coalesce(sum(rows), 0)::int FROM sample_block) AS packed`,
  );
  return rows[0] ?? { rows: 0, blocks: 0, packed: 0 };
}

/** The ring in memory would answer for the database. */
async function restart(): Promise<void> {
  await engine[Symbol.asyncDispose]();
  engine = await startEngine(database, { settings: { LAPWING_PACK_AFTER_HOURS: '0' } });
}

describe('samples', () => {
  it('read the same wherever they are', async () => {
    await restart();
    const before = await readEverything();
    expect(before.anomalous).toBeGreaterThan(10);
    expect(before['count 0']).toBe(3 * ROWS);
    await pack(MIDDLE_MS);
    const half = await countRows();
    expect(half.packed).toBeGreaterThan(1000);
    expect(half.rows).toBeGreaterThan(1000);
    const partly = await readEverything();
    for (const [name, answer] of Object.entries(before)) expect(partly[name], name).toEqual(answer);
    await pack(LAST_MS + 86_400_000);
    const whole = await countRows();
    expect(whole.rows).toBeLessThan(700);
    expect(whole.rows + whole.packed).toBe(3 * ROWS);
    const packed = await readEverything();
    for (const [name, answer] of Object.entries(before)) expect(packed[name], name).toEqual(answer);
    await restart();
    const restarted = await readEverything();
    for (const [name, answer] of Object.entries(before)) expect(restarted[name], name).toEqual(answer);
  });
});
