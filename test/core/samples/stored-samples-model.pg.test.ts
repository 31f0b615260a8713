/**
 * Whatever is asked of stored samples, and of the log of their scores, is what a list of them in memory gives: while they are
 * rows, when some of them are packed, and when nearly all are. The list was read by plain SQL before anything was packed.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Packer } from '../../../src/core/packing/packer.ts';
import { findSamples, pageSamples } from '../../../src/core/samples/find-samples.ts';
import type { SampleRange, SampleTest } from '../../../src/core/samples/sample-test.ts';
import {
  isScored,
  readSampleArray,
  SAMPLE_ARRAY,
  type SampleArray,
  type ScoredSample,
  type StoredSample,
} from '../../../src/core/samples/stored-sample.ts';
import {
  countLog,
  type LogSelection,
  searchLog,
  searchMostAnomalous,
} from '../../../src/core/score-log/search-log.ts';
import { StoredLog } from '../../../src/core/score-log/stored-log.ts';
import { createLog } from '../../../src/log.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { createNoise } from '../../detector/series.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { startEngine, type TestEngine, untilStatus } from '../../helpers/start-engine.ts';

/** The month changes in the middle. */
const FIRST_MS = Date.parse('2026-01-30T12:00:00Z');
const STEP_MS = 300_000;
const ROWS = 900;
const LAST_MS = FIRST_MS + (ROWS - 1) * STEP_MS;
const MIDDLE_MS = FIRST_MS + (ROWS / 2) * STEP_MS;
const NAMES = ['a', 'b', 'plain'];
const WINDOW = 250;

let database: TestDatabase;
let engine: TestEngine;
let numbers: readonly number[];
/** By metric and time. */
let all: readonly StoredSample[];
/** By their offsets. */
let log: readonly ScoredSample[];

beforeAll(async () => {
  database = await withDatabase();
  engine = await startEngine(database, { settings: { LAPWING_PACK_AFTER_HOURS: '0' } });
  const noises = NAMES.map((_, index) => createNoise(index + 1));
  const pointsOf = (row: number) =>
    NAMES.map((metric, index) => {
      const spike = row % 150 === 149 - 20 * index ? 500 : 0;
      return {
        metric,
        timestampMs: FIRST_MS + row * STEP_MS,
        value: 40 + 3 * (noises[index]?.() ?? 0) + spike,
      };
    });
  const points = Array.from({ length: ROWS }, (_, row) => pointsOf(row)).flat();
  await engine.accept.acceptNamed(points.slice(0, 300 * NAMES.length));
  for (const name of ['a', 'b']) {
    const spec = { datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 100 } } as const;
    await untilStatus(engine, await engine.monitor.monitorMetric(spec), 'ACTIVE');
  }
  for (let from = 300 * NAMES.length; from < points.length; from += 90)
    await engine.accept.acceptNamed(points.slice(from, from + 90));
  // Late ones stay without a score.
  const late = [100, 400, 401, 880].map((row) => FIRST_MS + row * STEP_MS + 1);
  await engine.accept.acceptNamed(late.map((timestampMs) => ({ metric: 'a', timestampMs, value: 1 })));
  numbers = [...engine.registry.all()].map(({ number }) => number);
  await engine[Symbol.asyncDispose]();
  const { rows } = await database.pool.query<{ sample: SampleArray }>(
    `SELECT ${SAMPLE_ARRAY} AS sample FROM sample ORDER BY metric_number, "timestamp"`,
  );
  all = rows.map(({ sample }) => readSampleArray(sample));
  log = all.filter(isScored).toSorted((a, b) => a.seq - b.seq);
  expect(all).toHaveLength(ROWS * NAMES.length + late.length);
  expect(log).toHaveLength(ROWS * 2);
  expect(all.filter(({ phase }) => phase === 'OPENS').length).toBeGreaterThan(5);
});

afterAll(() => database[Symbol.asyncDispose]());

async function pack(nowMs: number): Promise<number> {
  const packer = new Packer({
    pool: database.pool,
    stats: createStats(),
    log: createLog('silent'),
    packAfterHours: 1,
    countMetrics: () => NAMES.length,
    saveProgress: engine.saveProgress,
    isBusy: () => false,
    windowSize: WINDOW,
    now: () => nowMs,
  });
  await packer.packDue();
  const { rows } = await database.pool.query<{ packed: number }>(
    'SELECT coalesce(sum(rows), 0)::int AS packed FROM sample_block',
  );
  return rows[0]?.packed ?? 0;
}

/** At a sample, beside one, and beyond all of them. */
const time = fc
  .tuple(fc.integer({ min: -3, max: ROWS + 3 }), fc.constantFrom(-1, 0, 1, 2))
  .map(([row, aside]) => FIRST_MS + row * STEP_MS + aside);
const end = fc.option(time, { freq: 3 });
const score = fc.constantFrom(0, 0.3, 0.9, 0.9999, 1);
const rowIds = fc.array(fc.integer({ min: 0, max: ROWS + 5 }), { maxLength: 30 });
const phase = fc.constantFrom('OPENS' as const, 'CONTINUES' as const, 'RECOVERS' as const, null);
const sampleTest = fc.record<SampleTest>(
  {
    minScore: fc.option(score),
    isScored: fc.boolean(),
    phases: fc.option(fc.uniqueArray(phase, { minLength: 1 })),
    rowIds: fc.option(rowIds, { freq: 4 }),
  },
  { requiredKeys: [] },
);
const order = fc.record({
  descending: fc.boolean(),
  limit: fc.option(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 100, max: 700 }))),
});
/** One that is not there among them. */
const metric = fc.nat(NAMES.length).map((index) => numbers[index] ?? 1_000_000);
const ranges = fc.array(fc.record({ metricNumber: metric, fromMs: end, toMs: end }), {
  minLength: 1,
  maxLength: 5,
});
const selection = fc.record<LogSelection>({
  metricNumbers: fc.option(fc.uniqueArray(metric)),
  rowIds: fc.option(rowIds, { freq: 4 }),
  leastScore: score,
  fromMs: end,
  toMs: end,
});

const isWithin = ({ timestampMs }: StoredSample, from: number | null, to: number | null) =>
  timestampMs >= (from ?? -Infinity) && timestampMs <= (to ?? Infinity);

function passes(
  sample: StoredSample,
  { minScore, isScored: mustBeScored, phases, rowIds: ids }: SampleTest,
): boolean {
  if (mustBeScored === true && sample.seq === null) return false;
  if (minScore != null && (sample.score === null || sample.score < minScore)) return false;
  if (phases != null && (sample.seq === null || !phases.includes(sample.phase))) return false;
  return ids == null || ids.includes(sample.rowId);
}

function listOf(range: SampleRange, test: SampleTest, descending: boolean, limit: number | null) {
  const found = all.filter(
    (sample) =>
      sample.metricNumber === range.metricNumber &&
      isWithin(sample, range.fromMs, range.toMs) &&
      passes(sample, test),
  );
  return (descending ? found.toReversed() : found).slice(0, limit ?? Infinity);
}

const isSelected =
  ({ metricNumbers, rowIds: ids, leastScore, fromMs, toMs }: LogSelection) =>
  (sample: ScoredSample) =>
    (metricNumbers === null || metricNumbers.includes(sample.metricNumber)) &&
    (ids === null || ids.includes(sample.rowId)) &&
    sample.score >= leastScore &&
    isWithin(sample, fromMs, toMs);

const RUNS = { numRuns: 120 };

describe.each([
  ['rows', null, 0],
  ['half rows, half blocks', MIDDLE_MS, 500],
  ['blocks', LAST_MS + 86_400_000, ROWS * 2 - WINDOW],
] as const)('of %s', (_what, packedToMs, leastPacked) => {
  beforeAll(async () => {
    expect(packedToMs === null ? 0 : await pack(packedToMs)).toBeGreaterThanOrEqual(leastPacked);
  });

  it('any samples by time', async () => {
    await fc.assert(
      fc.asyncProperty(ranges, sampleTest, order, async (wanted, test, { descending, limit }) => {
        const found = await findSamples(database.pool, wanted, test, { descending, limit });
        expect(found).toEqual(wanted.map((range) => listOf(range, test, descending, limit)));
      }),
      RUNS,
    );
  });

  it('pages of samples, however long', async () => {
    await fc.assert(
      fc.asyncProperty(ranges, sampleTest, fc.integer({ min: 1, max: 400 }), async ([range], test, size) => {
        if (range === undefined) return;
        const pages: StoredSample[] = [];
        for await (const page of pageSamples(database.pool, range, test, Math.max(size, 40)))
          pages.push(...page);
        expect(pages).toEqual(listOf(range, test, false, null));
      }),
      { numRuns: 40 },
    );
  });

  it('any part of the log, and how many are in it', async () => {
    const after = fc.integer({ min: 0, max: ROWS * 2 + 5 });
    await fc.assert(
      fc.asyncProperty(selection, after, fc.integer({ min: 1, max: 600 }), async (chosen, offset, limit) => {
        const wanted = log.filter(isSelected(chosen));
        const found = await searchLog(database.pool, offset, chosen, limit);
        expect(found).toEqual(wanted.filter(({ seq }) => seq > offset).slice(0, limit));
        expect(await countLog(database.pool, chosen)).toBe(wanted.length);
      }),
      RUNS,
    );
  });

  it('the most anomalous, page by page', async () => {
    await fc.assert(
      fc.asyncProperty(selection, fc.integer({ min: 1, max: 200 }), async (chosen, limit) => {
        const wanted = log.filter(isSelected(chosen)).toSorted((a, b) => b.score - a.score || b.seq - a.seq);
        const first = await searchMostAnomalous(database.pool, null, chosen, limit);
        expect(first).toEqual(wanted.slice(0, limit));
        const last = first.at(-1);
        if (last === undefined) return;
        const second = await searchMostAnomalous(database.pool, last, chosen, limit);
        expect(second).toEqual(wanted.slice(first.length, first.length + limit));
      }),
      RUNS,
    );
  });

  it('any range of the log, asked for by many at once', async () => {
    const offset = fc.integer({ min: 0, max: ROWS * 2 + 5 });
    const range = fc.record({ after: offset, upTo: offset, limit: fc.integer({ min: 1, max: 700 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(range, { minLength: 1, maxLength: 5 }), async (asked) => {
        const stored = new StoredLog(database.pool);
        const found = await Promise.all(asked.map((one) => stored.read(one)));
        const wanted = asked.map(({ after, upTo, limit }) =>
          log.filter(({ seq }) => seq > after && seq <= upTo).slice(0, limit),
        );
        expect(found).toEqual(wanted);
      }),
      { numRuns: 60 },
    );
  });
});
