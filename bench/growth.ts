/**
 * What a point costs beside more metrics and more rows:
 * npm run bench:growth -- --metrics 100,2000,10000,100000 --rows 100000,1000000,10000000
 * and beside more packed samples: npm run bench:growth -- --metrics '' --rows '' --packed 1000000,100000000
 * One engine in this process over a database that waits for the disk. Costs are CPU, which other work on the machine
 * changes less than the clock. Batches are alike at every size: what is compared differs in what stands beside them.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { createLog } from '../src/log.ts';
import { endPass, measureCost, printCost, pushPoints, START_MS } from './growth-cost.ts';
import type { Pushed, Shape, Smallest } from './growth-cost.ts';
import { fillRows, makeMetrics, prepareDatabase } from './growth-data.ts';
import { fillBlocks, type ReadTimes, timeReads } from './growth-packed.ts';
import { openEngine } from './ingest-push.ts';
import { printFigure } from './measure.ts';

const { values } = parseArgs({
  options: {
    metrics: { type: 'string', default: '100,2000,10000,100000' },
    rows: { type: 'string', default: '100000,1000000,10000000' },
    packed: { type: 'string', default: '' },
    points: { type: 'string', default: '200000' },
  },
});
const leastPoints = Number(values.points);
/** What is written once for each metric (its bars) is shared by as many of its points, or fewer than would share it. */
const MIN_POINTS_EACH = 10;
/** Metrics beside which rows grow. */
const METRICS_OF_ROWS = 10_000;
/** Metrics beside which packed samples grow. */
const METRICS_OF_PACKED = 2000;
/** Compiled code is what is measured. */
const WARM_UP_POINTS = 50_000;
const STARTS = 9;
/** Points between which it is looked whether a checkpoint has begun. */
const SLICE_POINTS = 100_000;
/** A shared start is no model's; beside fewer than these it would hide what a model takes. */
const MIN_MODELS_WEIGHED = 1000;

/** What comes from many machines at a time; and what catches up, or is of a second's period. */
const MANY_ONCE: Shape = { name: 'one point each of 2000 metrics a batch', metrics: 2000, points: 1 };
const FEW_OFTEN: Shape = { name: '20 points each of 100 metrics a batch', metrics: 100, points: 20 };
const SHAPES = [FEW_OFTEN, MANY_ONCE];

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function readMemory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function growMetrics(counts: readonly number[]): Promise<void> {
  const smallest = new Map<Shape, Smallest>();
  for (const count of counts) {
    await using database = await startTemporaryEmbedded({
      log: createLog('error'),
      settings: { fsync: 'on' },
    });
    const { connection } = database;
    await prepareDatabase(connection);
    const names = await makeMetrics(connection, count);
    const engine = await openEngine(connection, { LAPWING_MODEL_CACHE: String(count) });
    const pushed: Pushed = { pusher: engine.open(), names, row: 0, at: 0 };
    const shapes = SHAPES.filter(({ metrics }) => metrics <= count);
    const emptyBytes = readMemory();
    // Every model is made, and the months, before anything is measured.
    const wholePass: Shape = { name: 'warm-up', metrics: Math.min(count, MANY_ONCE.metrics), points: 1 };
    await pushPoints(pushed, wholePass, count);
    const bytes = (readMemory() - emptyBytes) / count;
    if (count >= MIN_MODELS_WEIGHED)
      printFigure({ name: `memory of a model beside ${count} metrics`, value: bytes, unit: 'bytes' });
    for (const shape of shapes) {
      await pushPoints(pushed, shape, WARM_UP_POINTS);
      endPass(pushed, shape);
      const points = Math.max(leastPoints, MIN_POINTS_EACH * count);
      const cost = await measureCost(connection, () => pushPoints(pushed, shape, points));
      endPass(pushed, shape);
      const beside = `${count} metrics, ${shape.name}`;
      if (!smallest.has(shape)) smallest.set(shape, { name: beside, cost });
      printCost(beside, cost, smallest.get(shape) ?? { name: beside, cost });
    }
    await engine.end();
  }
}

async function growRows(counts: readonly number[]): Promise<void> {
  await using database = await startTemporaryEmbedded({ log: createLog('error'), settings: { fsync: 'on' } });
  const { connection } = database;
  await prepareDatabase(connection);
  const names = await makeMetrics(connection, METRICS_OF_ROWS);
  let row = 0;
  let smallest: Smallest | undefined;
  for (const count of counts) {
    await fillRows(connection, { metrics: METRICS_OF_ROWS, upTo: count, before: START_MS });
    const engine = await openEngine(connection, { LAPWING_MODEL_CACHE: String(METRICS_OF_ROWS) });
    const pushed: Pushed = { pusher: engine.open(), names, row, at: 0 };
    await pushPoints(pushed, MANY_ONCE, WARM_UP_POINTS);
    await writeAll(connection);
    const cost = await measureCost(connection, () => pushCheckpointCycle(connection, pushed, count));
    endPass(pushed, MANY_ONCE);
    ({ row } = pushed);
    smallest ??= { name: `${count} rows`, cost };
    printCost(`${count} rows`, cost, smallest);
    await engine.end();
  }
}

async function growPacked(counts: readonly number[]): Promise<void> {
  await using database = await startTemporaryEmbedded({ log: createLog('error'), settings: { fsync: 'on' } });
  const { connection } = database;
  await prepareDatabase(connection);
  const names = await makeMetrics(connection, METRICS_OF_PACKED);
  let row = 0;
  let smallest: (Smallest & { readonly startMs: number; readonly reads: ReadTimes }) | undefined;
  // The first size is measured as the others are: in a program that is warm.
  for (const [place, count] of [counts[0] ?? 0, ...counts].entries()) {
    await fillBlocks(connection, { metrics: METRICS_OF_PACKED, upTo: count });
    const startMs = await timeStarts(connection);
    const engine = await openEngine(connection, { LAPWING_PACK_AFTER_HOURS: '0' });
    const pushed: Pushed = { pusher: engine.open(), names, row, at: 0 };
    await pushPoints(pushed, MANY_ONCE, WARM_UP_POINTS);
    await writeAll(connection);
    const cost = await measureCost(connection, () => pushPoints(pushed, MANY_ONCE, leastPoints));
    endPass(pushed, MANY_ONCE);
    ({ row } = pushed);
    const reads = await timeReads(connection, METRICS_OF_PACKED);
    await engine.end();
    if (place === 0) continue;
    const name = `${count} packed samples`;
    smallest ??= { name, cost, startMs, reads };
    printCost(name, cost, smallest);
    const print = (what: string, value: number, peer: number) =>
      printFigure({
        name: `${what} beside ${name}`,
        value,
        unit: 'ms',
        against: { name: smallest?.name ?? name, value: peer },
      });
    print('start, p50', startMs, smallest.startMs);
    print('a chart of 400 samples, p50', reads.chart, smallest.reads.chart);
    print('a page of 300 samples, p50', reads.page, smallest.reads.page);
  }
}

/** The median of some starts, in milliseconds. */
async function timeStarts(connection: string): Promise<number> {
  const times: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const beganMs = performance.now();
    const engine = await openEngine(connection, { LAPWING_PACK_AFTER_HOURS: '0' });
    times.push(performance.now() - beganMs);
    await engine.end();
  }
  return times.toSorted((a, b) => a - b)[Math.trunc(STARTS / 2)] ?? NaN;
}

/**
 * As many points as rows stand there, but no more than bring a checkpoint about; what it writes is part of their cost.
 * The first change of a page after a checkpoint is logged whole: a few points would bear what a day's share.
 */
async function pushCheckpointCycle(connection: string, pushed: Pushed, rows: number): Promise<number> {
  let points = 0;
  const before = await countCheckpoints(connection);
  do {
    points += await pushPoints(pushed, MANY_ONCE, SLICE_POINTS);
  } while (points < Math.max(rows, leastPoints) && (await countCheckpoints(connection)) === before);
  await writeAll(connection);
  return points;
}

async function countCheckpoints(connection: string): Promise<number> {
  const sql = 'SELECT (num_timed + num_requested)::int AS begun FROM pg_stat_checkpointer';
  const [row] = await ask<{ begun: number }>(connection, sql);
  return row?.begun ?? 0;
}

async function writeAll(connection: string): Promise<void> {
  await ask(connection, 'CHECKPOINT');
}

async function ask<Row extends pg.QueryResultRow>(connection: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: connection });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const readCounts = (text: string) =>
  text
    .split(',')
    .filter((part) => part !== '')
    .map(Number);
await growMetrics(readCounts(values.metrics));
if (values.rows !== '') await growRows(readCounts(values.rows));
if (values.packed !== '') await growPacked(readCounts(values.packed));
