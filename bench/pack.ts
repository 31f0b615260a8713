/**
 * What packed samples cost and give: npm run bench:pack -- --days 14 --fleet 40 --nab DIR --list FILE
 * The series of the demo, a fleet, a day of a host and, with --nab, series of that benchmark are pushed, scored and stored
 * as any; then the same is asked of rows and of blocks: bytes on disk with indexes, the CPU of packing, a metric's points
 * as columns, a year of one metric. Reads of rows and of blocks take turns.
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createEngine, type Engine } from '../src/app/build-core.ts';
import { readSamples } from '../src/core/samples/read-samples.ts';
import { readSeries } from '../src/core/samples/read-series.ts';
import { createAws } from '../src/core/sources/aws/aws.ts';
import { createLog } from '../src/log.ts';
import { readConfig } from '../src/platform/config/read-config.ts';
import { createDatabase } from '../src/platform/postgres/client.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { createStats } from '../src/platform/telemetry/metrics.ts';
import { prepareDatabase } from './growth-data.ts';
import { findQuantile, printFigure } from './measure.ts';
import { measureSet } from './pack-bytes.ts';
import { copyRows, measurePacking, packAll } from './pack-cost.ts';
import {
  END_MS,
  listDemo,
  makeHostDay,
  makeYear,
  readDevelopment,
  type Point,
  type SeriesSet,
  STEP_MS,
} from './pack-series.ts';

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '14' },
    fleet: { type: 'string', default: '0' },
    nab: { type: 'string' },
    list: { type: 'string', default: 'dev.txt' },
  },
});
const POINTS_AT_ONCE = 5000;
const ROUNDS = 25;
const COLUMNS_POINTS = 10_000;
const CHART_POINTS = 500;
/** The year once more, as rows: no metric has this number. */
const ROWS_NUMBER = 1_000_000;

await using database = await startTemporaryEmbedded({ log: createLog('error'), settings: { fsync: 'on' } });
const { connection } = database;
await prepareDatabase(connection);
const { pool, prisma, stop } = createDatabase({ connection, log: createLog('error'), use: 'lapwing bench' });
const client = new pg.Client({ connectionString: connection });
await client.connect();
const engine = await openEngine();
const sets: readonly SeriesSet[] = [
  makeYear('year'),
  ...listDemo(Number(values.days), Number(values.fleet)),
  makeHostDay(),
  ...(values.nab === undefined ? [] : [readDevelopment(values.nab, values.list)]),
];
for (const set of sets) await pushHistory(engine, set);
const yearNumber = engine.registry.byPushedName('year')?.number ?? 0;
const rows = await sum('1', 'sample');
await client.query('VACUUM (FULL, ANALYZE) sample');
const rowBytes = await sizeOf('sample');
await client.query(`CREATE TEMP TABLE year_rows AS SELECT * FROM sample WHERE metric_number = ${yearNumber}`);
await copyRows(client);
await measurePacking(connection, client, () => packAll(pool, engine));
await client.query('VACUUM (ANALYZE) sample_block');
const packed = await sum('rows', 'sample_block');
const blockBytes = await sizeOf('sample_block');
const data = await sum('length(data)', 'sample_block');
const blocks = await sum('1', 'sample_block');
printFigure({
  name: 'samples packed',
  value: packed,
  unit: 'samples',
  against: { name: 'stored', value: rows },
});
printFigure({ name: 'samples in a block', value: packed / blocks, unit: 'samples' });
const against = { name: 'rows', value: rowBytes / rows };
printFigure({ name: 'bytes a sample, indexes included', value: blockBytes / packed, unit: 'bytes', against });
printFigure({ name: 'of them in the blocks themselves', value: data / packed, unit: 'bytes' });
for (const set of sets) {
  const numbers = set.metrics.map((name) => engine.registry.byPushedName(name)?.number ?? 0);
  await measureSet(client, { name: set.name, numbers, besideBlock: (blockBytes - data) / blocks });
}
await measureReads();
await client.end();
await engine.stop();
await stop();

async function openEngine(): Promise<Engine> {
  const config = readConfig({ LAPWING_PACK_AFTER_HOURS: '0', LAPWING_MAX_METRICS: '1000000' });
  const endpoint = () => Promise.reject(new Error('this bench has no AWS'));
  const stats = createStats();
  const aws = createAws({ endpoint, stats, historyDays: 14, settleSeconds: 360 });
  const opened = await createEngine({
    database: { pool, prisma },
    config,
    log: createLog('error'),
    stats,
    sources: [],
    aws,
  });
  opened.start();
  return opened;
}

async function pushHistory({ accept, monitor }: Engine, { metrics, points }: SeriesSet): Promise<void> {
  for (const name of metrics)
    await monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 1000 } });
  let batch: Point[] = [];
  for (const point of points()) {
    batch.push(point);
    if (batch.length < POINTS_AT_ONCE) continue;
    await accept.acceptNamed(batch);
    batch = [];
  }
  if (batch.length > 0) await accept.acceptNamed(batch);
}

/** The packed year beside the same as rows. */
async function measureReads(): Promise<void> {
  await client.query(
    `INSERT INTO sample ("timestamp", value, metric_number, row_id, score, expected, low, high, raw_score)
     SELECT "timestamp", value, $1, row_id, score, expected, low, high, raw_score FROM year_rows ORDER BY "timestamp"`,
    [ROWS_NUMBER],
  );
  await client.query('VACUUM (ANALYZE) sample');
  const reads = [
    [`${COLUMNS_POINTS} points as columns`, readColumns],
    [`a year in ${CHART_POINTS} points`, readChart],
    [`${COLUMNS_POINTS} samples one by one`, readObjects],
  ] as const;
  for (const [name, read] of reads) {
    const [ofBlocks, ofRows]: [number[], number[]] = [[], []];
    await read(yearNumber);
    await read(ROWS_NUMBER);
    for (let round = 0; round < ROUNDS; round++) {
      ofBlocks.push(await time(() => read(yearNumber)));
      ofRows.push(await time(() => read(ROWS_NUMBER)));
    }
    const peer = { name: 'rows', value: findQuantile(ofRows, 0.5) };
    printFigure({ name: `${name}, p50`, value: findQuantile(ofBlocks, 0.5), unit: 'ms', against: peer });
  }
}

function readColumns(number: number): Promise<unknown> {
  return readSeries(pool, [number], {
    fromMs: END_MS - COLUMNS_POINTS * STEP_MS,
    toMs: null,
    maxPoints: COLUMNS_POINTS,
    anomalyScore: 0.9999,
  });
}

function readChart(number: number): Promise<unknown> {
  const range = { fromMs: null, toMs: null, maxPoints: CHART_POINTS, anomalyScore: 0.9999 };
  return readSeries(pool, [number], range);
}

function readObjects(number: number): Promise<unknown> {
  const open = { fromMs: null, toMs: null, afterMs: null, beforeMs: null, minScore: null };
  return readSamples(pool, [number], { ...open, descending: true, limit: COLUMNS_POINTS });
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const fromMs = performance.now();
  await work();
  return performance.now() - fromMs;
}

async function sum(expression: string, table: string): Promise<number> {
  const { rows: found } = await client.query<{ sum: number }>(
    `SELECT coalesce(sum(${expression}), 0)::float8 AS sum FROM ${table}`,
  );
  return found[0]?.sum ?? 0;
}

/** Of all partitions, with indexes and what is out of line. */
async function sizeOf(table: string): Promise<number> {
  const { rows: found } = await client.query<{ bytes: number }>(
    `SELECT sum(pg_total_relation_size(inhrelid))::float8 AS bytes FROM pg_inherits WHERE inhparent = $1::regclass`,
    [table],
  );
  return found[0]?.bytes ?? 0;
}
