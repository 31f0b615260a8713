/**
 * What a server costs that nobody uses: npm run bench:idle -- --seconds 60
 * With no metric, then with some that have been scored and get no more points. Transactions are PostgreSQL's own count, which
 * leaves out those that touch no table.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { readCpuSeconds, readDatabaseCpuSeconds } from './measure-cpu.ts';
import { printFigure } from './measure.ts';
import { ask, type MeasuredServer, monitorAll, startMeasuredServer } from './measure-server.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, metrics: { type: 'string', default: '50' } },
});
const SECONDS = Number(values.seconds);
const METRICS = Number(values.metrics);
/** Compilers and collectors are done with the start by then, and what was pushed is rolled up. */
const SETTLE_SECONDS = 20;

const NAMES = Array.from({ length: METRICS }, (_, index) => `idle.${index}`);
const PUT = `mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }`;

async function pushAll(url: string): Promise<void> {
  await monitorAll(url, NAMES);
  const startMs = Date.now() - 3_600_000;
  for (let minute = 0; minute < 60; minute += 1) {
    const timestamp = new Date(startMs + minute * 60_000).toISOString();
    await ask(url, PUT, { points: NAMES.map((metric) => ({ metric, timestamp, value: minute % 7 })) });
  }
}

async function countTransactions(connection: string): Promise<number> {
  const client = new pg.Client({ connectionString: connection });
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    'SELECT (xact_commit + xact_rollback)::float8 AS count FROM pg_stat_database WHERE datname = current_database()',
  );
  await client.end();
  return rows[0]?.count ?? 0;
}

async function measure(name: string, { pid, connection }: MeasuredServer): Promise<void> {
  await sleep(SETTLE_SECONDS * 1000);
  const read = async () => ({
    atMs: performance.now(),
    server: await readCpuSeconds(pid),
    database: await readDatabaseCpuSeconds(connection),
    transactions: await countTransactions(connection),
  });
  const before = await read();
  await sleep(SECONDS * 1000);
  const after = await read();
  const seconds = (after.atMs - before.atMs) / 1000;
  const percent = (of: 'server' | 'database') => (100 * (after[of] - before[of])) / seconds;
  printFigure({ name: `server, ${name}`, value: percent('server'), unit: '% of a core' });
  printFigure({ name: `PostgreSQL, ${name}`, value: percent('database'), unit: '% of a core' });
  const rate = (after.transactions - before.transactions) / seconds;
  printFigure({ name: `transactions, ${name}`, value: rate, unit: '/s' });
}

await using server = await startMeasuredServer();
await measure('no metric', server);
await pushAll(server.url);
await measure(`${METRICS} metrics without new points`, server);
