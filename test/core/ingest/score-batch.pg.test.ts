import { expect, test } from 'vitest';
import { roundJudgement } from '../../../src/core/samples/round-judgement.ts';
import { Commit } from '../../../src/core/ingest/commit.ts';
import { createProgressRows } from '../../../src/core/ingest/progress-rows.ts';
import type { Arrival } from '../../../src/core/ingest/arrivals.ts';
import { BatchScorer } from '../../../src/core/ingest/score-batch.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import { DETECTOR_KINDS } from '../../../src/detector/detector-kinds.ts';
import { createLog } from '../../../src/log.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';

const START = Date.parse('2026-01-05T00:00:00Z');
const watch = (name: string) =>
  ({ datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 20 } }) as const;

test('a detector that fails puts its own metric in ERROR, with its words, and no other (rows 30, 32)', async () => {
  await using database = await withDatabase();
  await using engine = await startEngine(database);
  const { pool, registry, stats, models } = engine;
  for (const name of ['bad', 'good']) await engine.monitor.monitorMetric(watch(name));
  const scorer = new BatchScorer({
    ...engine,
    commit: new Commit({
      ...engine,
      months: createSampleMonths(pool),
      progressRows: createProgressRows(engine),
      log: createLog('silent'),
    }),
    isHeldBack: () => false,
    models: {
      isHeld: (number) => models.isHeld(number),
      discard: (numbers) => models.discard(numbers),
      acquire: async (entries) => {
        const acquired = new Map(await models.acquire(entries));
        const bad = entries.find(({ name }) => name === 'bad');
        const model = bad === undefined ? undefined : acquired.get(bad.number);
        const judge = () => {
          throw new Error('a wheel came off');
        };
        if (bad !== undefined && model !== undefined) acquired.set(bad.number, { ...model, judge });
        return acquired;
      },
    },
    log: createLog('silent'),
  });
  const arrivals: Arrival[] = [...registry.all()].map((entry) => ({
    entry,
    timestampMs: START,
    value: 1,
    outcome: null,
  }));
  const commitDrafted = await scorer.score(arrivals, new Map());
  await commitDrafted();
  expect(arrivals.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
  const metrics = await database.prisma.metric.findMany({ orderBy: { name: 'asc' } });
  expect(metrics.map(({ status, message }) => [status, message])).toEqual([
    ['ERROR', 'detector failed: a wheel came off'],
    ['ACTIVE', null],
  ]);
  const samples = await database.prisma.sample.findMany({ orderBy: { metricNumber: 'asc' } });
  expect(samples.map(({ score }) => score !== null)).toEqual([false, true]);
  expect(stats.read('detector_failures')).toBe(1);
});

test('the models used last are kept, as many as may be, and the others go on where they were (row 26)', async () => {
  await using database = await withDatabase();
  await using engine = await startEngine(database, { settings: { LAPWING_MODEL_CACHE: '3' } });
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const name of names) await engine.monitor.monitorMetric(watch(name));
  const valueAt = (row: number) => (row * 7919) % 17;
  for (let row = 0; row < 20; row++) {
    for (const metric of names) {
      await engine.accept.acceptNamed([{ metric, timestampMs: START + row * 60_000, value: valueAt(row) }]);
    }
  }
  expect(engine.models.size).toBe(3);
  expect(engine.stats.read('models_restored')).toBeGreaterThan(names.length);
  const oracle = DETECTOR_KINDS[0].create({ min: 0, max: 20 });
  const expected = Array.from({ length: 20 }, (_, row) => {
    const { expected: value, low, high } = roundJudgement(oracle.update(START + row * 60_000, valueAt(row)));
    return [value, low, high];
  });
  for (const entry of engine.registry.all()) {
    const samples = await database.prisma.sample.findMany({
      where: { metricNumber: entry.number },
      orderBy: { rowId: 'asc' },
    });
    expect(samples.map((sample) => [sample.expected, sample.low, sample.high])).toEqual(expected);
  }
});
