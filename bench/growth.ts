/**
 * What a point costs beside more metrics and more rows:
 * npm run bench:growth -- --metrics 100,10000,100000 --rows 100000,1000000,10000000
 * One engine in this process over a database that waits for the disk. Costs are CPU, which other work on the machine
 * changes less than the clock.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArgs } from 'node:util';
import { startTemporaryEmbedded } from '../src/db/embedded-temporary.ts';
import { createLog } from '../src/log.ts';
import { fillRows, makeMetrics, prepareDatabase } from './growth-data.ts';
import { openEngine, type Pusher } from './ingest-push.ts';
import { readDatabaseCpuSeconds } from './measure-cpu.ts';
import { printFigure } from './measure.ts';

const { values } = parseArgs({
  options: {
    metrics: { type: 'string', default: '100,10000,100000' },
    rows: { type: 'string', default: '100000,1000000,10000000' },
    points: { type: 'string', default: '200000' },
  },
});
const leastPoints = Number(values.points);
/** What is written once for each metric (its bars) is shared by as many of its points, or fewer than would share it. */
const LEAST_POINTS_EACH = 10;
/** Metrics beside which rows grow. */
const METRICS_OF_ROWS = 10_000;
const POINTS_PER_PUSH = 100;
const PUSHES_AT_ONCE = 20;
/** Compiled code is what is measured. */
const WARM_UP_POINTS = 50_000;
const START_MS = Date.parse('2026-03-20T00:00:00Z');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Cost {
  readonly cpuUs: number;
  readonly databaseUs: number;
  readonly pointsPerSecond: number;
}

/**
 * Every metric in turn gets a point, a hundred metrics (or all, where there are fewer) to a push and always as many
 * pushes at once, until so many points are acknowledged.
 */
async function pushRound(pusher: Pusher, names: readonly string[], points: number, row: { next: number }) {
  let at = 0;
  const pushNext = () => {
    const portion = names.slice(at, at + POINTS_PER_PUSH);
    const timestampMs = START_MS + row.next * 1000;
    const values = portion.map((_, index) => makeValue(row.next, index));
    at += POINTS_PER_PUSH;
    if (at >= names.length) {
      at = 0;
      row.next += 1;
    }
    return pusher.push({ names: portion, values, timestampMs });
  };
  for (let pushed = 0; pushed < points; pushed += PUSHES_AT_ONCE * Math.min(POINTS_PER_PUSH, names.length)) {
    await Promise.all(Array.from({ length: PUSHES_AT_ONCE }, pushNext));
  }
  // What is left of a row would come twice.
  row.next += 1;
}

function makeValue(row: number, index: number): number {
  return 50 + 20 * Math.sin((row + index) / 30) + ((row * 7919 + index * 104_729) % 997) / 100;
}

async function measureCost(
  connection: string,
  pusher: Pusher,
  names: readonly string[],
  row: { next: number },
): Promise<Cost> {
  const points = Math.max(leastPoints, LEAST_POINTS_EACH * names.length);
  const before = {
    own: process.cpuUsage(),
    database: await readDatabaseCpuSeconds(connection),
    at: performance.now(),
  };
  await pushRound(pusher, names, points, row);
  const seconds = (performance.now() - before.at) / 1000;
  const own = process.cpuUsage(before.own);
  const database = (await readDatabaseCpuSeconds(connection)) - before.database;
  return {
    cpuUs: (own.user + own.system) / points,
    databaseUs: (database * 1e6) / points,
    pointsPerSecond: points / seconds,
  };
}

function printCost(beside: string, cost: Cost, smallest: { name: string; cost: Cost }): void {
  const sum = (one: Cost) => one.cpuUs + one.databaseUs;
  const against = { name: smallest.name, value: sum(smallest.cost) };
  printFigure({ name: `CPU of a point beside ${beside}`, value: sum(cost), unit: 'µs', against });
  printFigure({ name: `of it in PostgreSQL, beside ${beside}`, value: cost.databaseUs, unit: 'µs' });
  printFigure({ name: `points beside ${beside}`, value: cost.pointsPerSecond, unit: 'points/s' });
}

function readMemory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function growMetrics(counts: readonly number[]): Promise<void> {
  let smallest: { name: string; cost: Cost } | undefined;
  for (const count of counts) {
    await using database = await startTemporaryEmbedded({
      log: createLog('error'),
      settings: { fsync: 'on' },
    });
    const { connection } = database;
    await prepareDatabase(connection);
    const names = await makeMetrics(connection, count);
    const engine = await openEngine(connection, { LAPWING_MODEL_CACHE: String(count) });
    const row = { next: 0 };
    const emptyBytes = readMemory();
    // Every model is made, and the months, before anything is measured.
    await pushRound(engine.open(), names, Math.max(count, WARM_UP_POINTS), row);
    printFigure({
      name: `memory of a model beside ${count} metrics`,
      value: (readMemory() - emptyBytes) / count,
      unit: 'bytes',
    });
    const cost = await measureCost(connection, engine.open(), names, row);
    smallest ??= { name: `${count} metrics`, cost };
    printCost(`${count} metrics`, cost, smallest);
    await engine.end();
  }
}

async function growRows(counts: readonly number[]): Promise<void> {
  await using database = await startTemporaryEmbedded({ log: createLog('error'), settings: { fsync: 'on' } });
  const { connection } = database;
  await prepareDatabase(connection);
  const names = await makeMetrics(connection, METRICS_OF_ROWS);
  const row = { next: 0 };
  let smallest: { name: string; cost: Cost } | undefined;
  for (const count of counts) {
    await fillRows(connection, { metrics: METRICS_OF_ROWS, upTo: count, before: START_MS });
    const engine = await openEngine(connection, { LAPWING_MODEL_CACHE: String(METRICS_OF_ROWS) });
    await pushRound(engine.open(), names, WARM_UP_POINTS, row);
    const cost = await measureCost(connection, engine.open(), names, row);
    smallest ??= { name: `${count} rows`, cost };
    printCost(`${count} rows`, cost, smallest);
    await engine.end();
  }
}

const readCounts = (text: string) =>
  text
    .split(',')
    .filter((part) => part !== '')
    .map(Number);
await growMetrics(readCounts(values.metrics));
if (values.rows !== '') await growRows(readCounts(values.rows));
