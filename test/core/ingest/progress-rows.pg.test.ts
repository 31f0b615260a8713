import { expect, test } from 'vitest';
import { Registry } from '../../../src/core/metrics/registry.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startEngine, type TestEngine } from '../../helpers/start-engine.ts';

const START = Date.parse('2026-01-05T00:00:00Z');
const MINUTE = 60_000;

const push = (engine: TestEngine, metric: string, minute: number) =>
  engine.accept.acceptNamed([{ metric, timestampMs: START + minute * MINUTE, value: minute % 7 }]);

const watch = (engine: TestEngine, name: string) =>
  engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 20 } });

/** Row ids by name as the table has them. */
async function readTable(engine: TestEngine): Promise<Record<string, number>> {
  const { rows } = await engine.pool.query<{ name: string; last_row_id: number }>(
    'SELECT name, last_row_id FROM metric_progress JOIN metric ON number = metric_number',
  );
  return Object.fromEntries(rows.map((row) => [row.name, row.last_row_id]));
}

/** What a server that starts now would know. */
async function readAnew(engine: TestEngine) {
  const registry = new Registry(engine.pool);
  await registry.load();
  return [...registry.all()].sort((a, b) => a.number - b.number);
}

const known = (engine: TestEngine) => [...engine.registry.all()].sort((a, b) => a.number - b.number);

test('scored samples tell how far their metric has come, so its row is not written with every commit', async () => {
  await using database = await withDatabase();
  await using engine = await startEngine(database);
  await watch(engine, 'scored');
  for (const minute of [1, 2, 3, 4, 5]) {
    await push(engine, 'scored', minute);
    await push(engine, 'stored', minute);
  }
  expect(await readTable(engine)).toEqual({ scored: 1, stored: 5 });
  expect(await readAnew(engine)).toEqual(known(engine));
  expect(known(engine)).toMatchObject([
    { lastRowId: 5, scoredRows: 5 },
    { lastRowId: 5, scoredRows: 0 },
  ]);
});

test('what the samples cannot tell is written with them: late samples, and the end of watching', async () => {
  await using database = await withDatabase();
  await using engine = await startEngine(database);
  const late = await watch(engine, 'late');
  const ended = await watch(engine, 'ended');
  for (const name of ['late', 'ended']) for (const minute of [5, 6, 7]) await push(engine, name, minute);
  expect(await readTable(engine)).toEqual({ late: 1, ended: 1 });
  await push(engine, 'late', 2);
  await push(engine, 'late', 8);
  await engine.monitor.unmonitorMetric(ended);
  expect(await readTable(engine)).toEqual({ late: 4, ended: 3 });
  expect(await readAnew(engine)).toEqual(known(engine));
  expect(engine.registry.byId(late)).toMatchObject({ lastRowId: 5, scoredRows: 4 });
  expect(engine.registry.byId(ended)).toMatchObject({ lastRowId: 3, scoredRows: 0 });
});

test('the table is brought up to date when somebody asks, and at an orderly stop', async () => {
  await using database = await withDatabase();
  const engine = await startEngine(database);
  await watch(engine, 'm');
  for (const minute of [1, 2, 3]) await push(engine, 'm', minute);
  await engine.saveProgress();
  expect(await readTable(engine)).toEqual({ m: 3 });
  await push(engine, 'm', 4);
  expect(await readTable(engine)).toEqual({ m: 3 });
  await engine.stop();
  expect(await readTable(engine)).toEqual({ m: 4 });
  await engine[Symbol.asyncDispose]();
});
