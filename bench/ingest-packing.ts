/**
 * How many points a second are stored and scored while older samples are packed, beside as many while none are:
 * npm run bench:ingest-packing -- --slices 8 --seconds 4
 * Slices with and without packing take turns over one engine and one database, so that what else the machine does falls on
 * both. The packer rests as the server lets it.
 */
import { parseArgs } from 'node:util';
import { createEngine, type Engine } from '../src/app/build-core.ts';
import { BUSY_LOAD } from '../src/app/open-packing.ts';
import { Packer } from '../src/core/packing/packer.ts';
import { createAws } from '../src/core/sources/aws/aws.ts';
import { createLog } from '../src/log.ts';
import { readConfig } from '../src/platform/config/read-config.ts';
import { createDatabase } from '../src/platform/postgres/client.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { createLoopLoad } from '../src/platform/runtime/loop-load.ts';
import { createStats } from '../src/platform/telemetry/metrics.ts';
import { type Pushed, pushPoints, type Shape, START_MS } from './growth-cost.ts';
import { fillRows, makeMetrics, prepareDatabase } from './growth-data.ts';
import { findQuantile, printFigure } from './measure.ts';

const { values } = parseArgs({
  options: {
    slices: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '4' },
    rows: { type: 'string', default: '3000000' },
  },
});
/** So many have history that is packed, and as many others get points. */
const METRICS = 2000;
const STREAMS = 4;
const SHAPE: Shape = { name: 'one point of each metric', metrics: METRICS / STREAMS, points: 1 };
const WARM_UP_POINTS = 100_000;

await using database = await startTemporaryEmbedded({ log: createLog('error'), settings: { fsync: 'on' } });
const { connection } = database;
await prepareDatabase(connection);
const names = await makeMetrics(connection, 2 * METRICS);
await fillRows(connection, { metrics: METRICS, upTo: Number(values.rows), before: START_MS });
const { pool, prisma, stop } = createDatabase({ connection, log: createLog('error') });
// Rows that the stored progress does not cover would wait.
await pool.query(
  `UPDATE metric_progress SET scored_to = to_timestamp($2::float8 / 1000), last_row_id = 2000000000
   WHERE metric_number < (SELECT min(number) FROM metric) + $1`,
  [METRICS, START_MS],
);
const stats = createStats();
const engine = await openEngine();
const push = async (row: { names: readonly string[]; values: readonly number[]; timestampMs: number }) => {
  const points = row.names.map((metric, i) => ({
    metric,
    timestampMs: row.timestampMs,
    value: row.values[i] ?? 0,
  }));
  await engine.accept.acceptNamed(points);
};
const pusher = { push, end: () => Promise.resolve() };
// Several, so that points wait while others are written.
const streams = Array.from({ length: STREAMS }, (_, stream): Pushed => {
  const first = METRICS + stream * SHAPE.metrics;
  return { pusher, names: names.slice(first, first + SHAPE.metrics), row: 0, at: 0 };
});
await Promise.all(streams.map((pushed) => pushPoints(pushed, SHAPE, WARM_UP_POINTS / STREAMS)));
const [withPacking, without]: [number[], number[]] = [[], []];
for (let slice = 0; slice < Number(values.slices); slice++) {
  without.push(await measureSlice());
  const packer = createPacker();
  const packing = packer.packDue();
  withPacking.push(await measureSlice());
  await packer.stop();
  await packing;
}
const against = { name: 'without packing', value: findQuantile(without, 0.5) };
printFigure({
  name: 'points stored while packing, p50 of slices',
  value: findQuantile(withPacking, 0.5),
  unit: 'points/s',
  against,
});
const packedInSlices = stats.read('samples_packed') / (Number(values.slices) * Number(values.seconds));
printFigure({ name: 'samples packed meanwhile', value: packedInSlices, unit: 'samples/s' });
await engine.stop();
await stop();

async function openEngine(): Promise<Engine> {
  const config = readConfig({
    LAPWING_HOST_METRICS: 'off',
    LAPWING_PACK_AFTER_HOURS: '0',
    LAPWING_MAX_METRICS: '1000000',
  });
  const log = createLog('error');
  const endpoint = () => Promise.reject(new Error('this bench has no AWS'));
  const aws = createAws({ endpoint, stats, historyDays: 14, settleSeconds: 360 });
  const opened = await createEngine({ database: { pool, prisma }, config, log, stats, sources: [], aws });
  opened.start();
  return opened;
}

/** As the server has it. */
function createPacker(): Packer {
  const readLoad = createLoopLoad();
  return new Packer({
    pool,
    stats,
    log: createLog('error'),
    packAfterHours: 1,
    countMetrics: () => METRICS,
    saveProgress: engine.saveProgress,
    isBusy: () => readLoad() > BUSY_LOAD || stats.read('ingest_queue_points') > 0,
  });
}

/** @returns points a second */
async function measureSlice(): Promise<number> {
  const beganMs = performance.now();
  const endMs = beganMs + Number(values.seconds) * 1000;
  const counts = await Promise.all(streams.map((pushed) => pushUntil(endMs, pushed)));
  const points = counts.reduce((sum, count) => sum + count, 0);
  return (points * 1000) / (performance.now() - beganMs);
}

async function pushUntil(endMs: number, pushed: Pushed): Promise<number> {
  let points = 0;
  while (performance.now() < endMs) points += await pushPoints(pushed, SHAPE, SHAPE.metrics);
  return points;
}
