/** Without bounds a metric waits for its first rows: at coarse steps for no more than a fortnight of them, or thirty. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { startEngine, untilStatus } from '../../helpers/start-engine.ts';

type Engine = Awaited<ReturnType<typeof startEngine>>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.parse('2012-01-02T00:00:00Z');

let database: TestDatabase;
let engine: Engine;
beforeAll(async () => {
  database = await withDatabase();
  engine = await startEngine(database);
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const push = (metric: string, stepMs: number, from: number, to: number) =>
  engine.accept.acceptNamed(
    Array.from({ length: to - from }, (_, row) => {
      const timestampMs = START_MS + (from + row) * stepMs;
      return { metric, timestampMs, value: 100 + (((from + row) * 7919) % 31) };
    }),
  );
const monitor = (name: string) => engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name } });
const statusOf = (id: string) => engine.registry.byId(id)?.status;
const countScored = async (name: string) => {
  const { rows } = await engine.pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM sample s JOIN metric m ON m.number = s.metric_number
     WHERE m.name = $1 AND score IS NOT NULL`,
    [name],
  );
  return rows[0]?.count;
};

it.each([
  ['a quarter', 91 * DAY_MS, 30],
  ['a week', 7 * DAY_MS, 30],
  ['a day', DAY_MS, 30],
  ['eight hours', 8 * HOUR_MS, 43],
  ['two hours', 2 * HOUR_MS, 169],
  ['an hour', HOUR_MS, 288],
  ['a minute', 60_000, 288],
])('at steps of %s so many are enough, and all are scored then', async (name, stepMs, enough) => {
  const id = await monitor(name);
  await push(name, stepMs, 0, enough - 1);
  expect(statusOf(id)).toBe('PENDING_DATA');
  // What it could do with these it has done by the time another metric is scored.
  const other = await monitor(`beside ${name}`);
  await push(`beside ${name}`, 60_000, 0, 288);
  await untilStatus(engine, other, 'ACTIVE');
  expect(statusOf(id)).toBe('PENDING_DATA');
  await push(name, stepMs, enough - 1, enough);
  await untilStatus(engine, id, 'ACTIVE');
  expect(await countScored(name)).toBe(enough);
  await push(name, stepMs, enough, enough + 2);
  expect(await countScored(name)).toBe(enough + 2);
});

it('they are enough, too, where they were stored before, or a server starts that stopped meanwhile', async () => {
  await push('before', DAY_MS, 0, 40);
  await untilStatus(engine, await monitor('before'), 'ACTIVE');
  const id = await monitor('over a restart');
  await push('over a restart', DAY_MS, 0, 29);
  await engine[Symbol.asyncDispose]();
  engine = await startEngine(database);
  expect(statusOf(id)).toBe('PENDING_DATA');
  await push('over a restart', DAY_MS, 29, 30);
  await untilStatus(engine, id, 'ACTIVE');
  expect(await countScored('over a restart')).toBe(30);
});

it('they are enough once uneven ones are a fortnight', async () => {
  const id = await monitor('later');
  await push('later', HOUR_MS, 0, 40);
  await push('later', DAY_MS, 15, 16);
  await untilStatus(engine, id, 'ACTIVE');
  expect(await countScored('later')).toBe(41);
});

it('they are enough once older ones make them a fortnight, as of an import', async () => {
  const id = await monitor('imported');
  await push('imported', 60_000, 100_000, 100_040);
  await untilStatus(engine, await monitorStill('settled'), 'ACTIVE');
  expect(statusOf(id)).toBe('PENDING_DATA');
  await push('imported', DAY_MS, 0, 40);
  await untilStatus(engine, id, 'ACTIVE');
  expect(await countScored('imported')).toBe(80);
});

/** A metric that is scored once what was asked for before it was looked at. */
async function monitorStill(name: string): Promise<string> {
  const id = await monitor(name);
  await push(name, 60_000, 0, 288);
  return id;
}
