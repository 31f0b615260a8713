/**
 * What packed samples cost and give: npm run bench:pack -- --days 14 --fleet 40
 * The series of the demo and a fleet beside them are pushed, scored and stored as any; then the same is asked of rows and
 * of blocks: bytes on disk with indexes, the time of packing, a metric's points as columns, a year of one metric.
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createEngine, type Engine } from '../src/app/build-core.ts';
import { Packer } from '../src/core/packing/packer.ts';
import { readSamples } from '../src/core/samples/read-samples.ts';
import { readSeries } from '../src/core/samples/read-series.ts';
import { createAws } from '../src/core/sources/aws/aws.ts';
import { createLog } from '../src/log.ts';
import { readConfig } from '../src/platform/config/read-config.ts';
import { createDatabase } from '../src/platform/postgres/client.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { createStats } from '../src/platform/telemetry/metrics.ts';
import { createChance, DEMO_SERIES, type DemoSeries, listFleet } from './demo-series.ts';
import { makePoint } from './demo-history.ts';
import { prepareDatabase } from './growth-data.ts';
import { readDatabaseCpuSeconds } from './measure-cpu.ts';
import { findQuantile, printFigure } from './measure.ts';

const { values } = parseArgs({
  options: { days: { type: 'string', default: '14' }, fleet: { type: 'string', default: '0' } },
});
const STEP_MS = 300_000;
const YEAR_ROWS = 105_120;
const POINTS_AT_ONCE = 5000;
const ROUNDS = 15;
const COLUMNS_POINTS = 10_000;
const CHART_POINTS = 500;

await using database = await startTemporaryEmbedded({ log: createLog('error'), settings: { fsync: 'on' } });
const { connection } = database;
await prepareDatabase(connection);
const { pool, prisma, stop } = createDatabase({ connection, log: createLog('error') });
const client = new pg.Client({ connectionString: connection });
await client.connect();
const engine = await openEngine();
const series = [...DEMO_SERIES, ...listFleet(Number(values.fleet), STEP_MS)];
await pushHistory(engine, series, (Number(values.days) * 86_400_000) / STEP_MS);
const [year] = DEMO_SERIES;
if (year !== undefined) await pushHistory(engine, [{ ...year, name: 'year' }], YEAR_ROWS);
const yearNumber = engine.registry.byPushedName('year')?.number ?? 0;
const rows = await count('sample');
await client.query('VACUUM (FULL, ANALYZE) sample');
const rowBytes = await sizeOf('sample');
const columnsOfRows = await measure(() => readColumns());
const chartOfRows = await measure(() => readChart());
const databaseBefore = await readDatabaseCpuSeconds(connection);
const before = process.cpuUsage();
const startedMs = performance.now();
await pack();
const tookMs = performance.now() - startedMs;
const own = process.cpuUsage(before);
const databaseSeconds = (await readDatabaseCpuSeconds(connection)) - databaseBefore;
const packed = await sum('rows', 'sample_block');
await client.query('VACUUM (ANALYZE) sample_block');
const blockBytes = await sizeOf('sample_block');
const data = await sum('length(data)', 'sample_block');
printFigure({
  name: 'samples packed',
  value: packed,
  unit: 'samples',
  against: { name: 'stored', value: rows },
});
printFigure({
  name: 'bytes a sample, indexes included',
  value: blockBytes / packed,
  unit: 'bytes',
  against: { name: 'rows', value: rowBytes / rows },
});
printFigure({ name: 'of them in the blocks themselves', value: data / packed, unit: 'bytes' });
printFigure({ name: 'samples in a block', value: packed / (await count('sample_block')), unit: 'samples' });
printFigure({ name: 'packing, elapsed', value: (tookMs * 1000) / packed, unit: 'µs a sample' });
printFigure({
  name: 'packing, CPU of the server',
  value: (own.user + own.system) / packed,
  unit: 'µs a sample',
});
printFigure({
  name: 'packing, CPU of the database',
  value: (databaseSeconds * 1e6) / packed,
  unit: 'µs a sample',
});
report(`${COLUMNS_POINTS} points as columns`, await measure(() => readColumns()), columnsOfRows);
report(`a year in ${CHART_POINTS} points`, await measure(() => readChart()), chartOfRows);
const objects = await measure(() => readObjects());
printFigure({ name: `${COLUMNS_POINTS} samples one by one`, value: findQuantile(objects, 0.5), unit: 'ms' });
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

async function pushHistory(
  { accept, monitor }: Engine,
  all: readonly DemoSeries[],
  steps: number,
): Promise<void> {
  for (const { name } of all)
    await monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 1000 } });
  const endMs = Math.floor(Date.parse('2026-11-01T00:00:00Z') / STEP_MS) * STEP_MS;
  const chances = all.map((_, index) => createChance(index + 1));
  let batch: { metric: string; timestampMs: number; value: number }[] = [];
  for (let timeMs = endMs - steps * STEP_MS; timeMs < endMs; timeMs += STEP_MS) {
    for (const [index, one] of all.entries()) {
      const { metric, value } = makePoint(one, timeMs, endMs, chances[index]);
      batch.push({ metric, timestampMs: timeMs, value });
    }
    if (batch.length < POINTS_AT_ONCE) continue;
    await accept.acceptNamed(batch);
    batch = [];
  }
  if (batch.length > 0) await accept.acceptNamed(batch);
}

function pack(): Promise<void> {
  const { saveProgress, registry, stats } = engine;
  const log = createLog('error');
  const countMetrics = () => registry.size;
  // Without the rests between portions: what it takes is measured, not how long it is spread over.
  return new Packer({
    pool,
    stats,
    log,
    packAfterHours: 1,
    countMetrics,
    saveProgress,
    isBusy: () => false,
    restFactor: 0,
  }).packDue();
}

function readColumns(): Promise<unknown> {
  return readSeries(pool, [yearNumber], {
    fromMs: Date.parse('2026-11-01T00:00:00Z') - COLUMNS_POINTS * STEP_MS,
    toMs: null,
    maxPoints: COLUMNS_POINTS,
    anomalyScore: 0.9999,
  });
}

function readChart(): Promise<unknown> {
  return readSeries(pool, [yearNumber], {
    fromMs: null,
    toMs: null,
    maxPoints: CHART_POINTS,
    anomalyScore: 0.9999,
  });
}

function readObjects(): Promise<unknown> {
  const open = { fromMs: null, toMs: null, afterMs: null, beforeMs: null, minScore: null };
  return readSamples(pool, [yearNumber], { ...open, descending: true, limit: COLUMNS_POINTS });
}

async function measure(work: () => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const fromMs = performance.now();
    await work();
    times.push(performance.now() - fromMs);
  }
  return times;
}

function report(name: string, times: readonly number[], rowTimes: readonly number[]): void {
  const against = { name: 'rows', value: findQuantile(rowTimes, 0.5) };
  printFigure({ name, value: findQuantile(times, 0.5), unit: 'ms', against });
}

async function count(table: string): Promise<number> {
  return sum('1', table);
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
