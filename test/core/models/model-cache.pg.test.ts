import { expect, test } from 'vitest';
import { roundJudgement } from '../../../src/core/samples/round-judgement.ts';
import type { NamedPoint } from '../../../src/core/ingest/ingest.ts';
import { DETECTOR_KINDS } from '../../../src/detector/detector-kinds.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';

const START = Date.parse('2026-01-05T00:00:00Z');

function points(from: number, count: number): NamedPoint[] {
  return Array.from({ length: count }, (_, index) => ({
    metric: 'a',
    timestampMs: START + (from + index) * 60_000,
    value: 50 + (((from + index) * 7919) % 13),
  }));
}

/** A metric with 50 scored rows whose model is not in memory. */
async function startCold(database: TestDatabase) {
  const engine = await startEngine(database);
  await engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name: 'a' },
    model: { min: 0, max: 100 },
  });
  await engine.accept.acceptNamed(points(0, 50));
  const entry = engine.registry.byIdentity('CUSTOM', 'a');
  if (entry === undefined) throw new Error('the metric is not there');
  engine.models.discard([entry.number]);
  return Object.assign(engine, { entry });
}

test('a model that was restored ahead is the one that is taken', async () => {
  await using database = await withDatabase();
  await using engine = await startCold(database);
  const keep = await engine.models.restoreAhead([engine.entry]);
  expect(engine.models.isHeld(engine.entry.number)).toBe(false);
  keep();
  expect(engine.models.isHeld(engine.entry.number)).toBe(true);
  await engine.accept.acceptNamed(points(50, 10));
  expect(engine.stats.read('models_restored')).toBe(1);
  expect(engine.stats.read('replay_mismatches')).toBe(0);
});

test('a model in use is not replaced by one restored ahead', async () => {
  await using database = await withDatabase();
  await using engine = await startCold(database);
  const { entry, models } = engine;
  const keep = await models.restoreAhead([entry]);
  const model = (await models.acquire([entry])).get(entry.number);
  // What it learns now is not committed yet.
  model?.judge({ timestampMs: START + 1e9, value: 1 });
  keep();
  expect((await models.acquire([entry])).get(entry.number)).toBe(model);
});

test('a model that was read before newer points were scored is not kept, though nobody holds another', async () => {
  await using database = await withDatabase();
  await using engine = await startCold(database);
  const { entry, models } = engine;
  const keep = await models.restoreAhead([entry]);
  await engine.accept.acceptNamed(points(50, 10));
  models.discard([entry.number]);
  keep();
  expect(models.isHeld(entry.number)).toBe(false);
});

test('with more metrics busy than models fit in memory each is scored as if its model had never left', async () => {
  await using database = await withDatabase();
  await using engine = await startEngine(database, { settings: { LAPWING_MODEL_CACHE: '4' } });
  const names = Array.from({ length: 12 }, (_, index) => `m${index}`);
  for (const name of names) {
    await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 100 } });
  }
  const rows = points(0, 40);
  // Senders do not wait for each other: models come and go while batches are drafted and committed.
  const push = async (some: readonly string[]) => {
    for (const row of rows) await engine.accept.acceptNamed(some.map((metric) => ({ ...row, metric })));
  };
  await Promise.all([0, 3, 6, 9].map((from) => push(names.slice(from, from + 3))));
  const detector = DETECTOR_KINDS[0].create({ min: 0, max: 100 });
  const expected = rows.map(
    ({ timestampMs, value }) => roundJudgement(detector.update(timestampMs, value)).score,
  );
  const { rows: stored } = await database.pool.query<{ scores: number[] }>(
    'SELECT array_agg(score ORDER BY "timestamp") AS scores FROM sample GROUP BY metric_number',
  );
  expect(stored.map(({ scores }) => scores)).toEqual(names.map(() => expected));
  expect(engine.stats.read('replay_mismatches')).toBe(0);
});
