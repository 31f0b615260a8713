/**
 * How many points a second are stored and scored while older samples are packed, beside as many while none are:
 * npm run bench:ingest-packing -- --slices 4 --metrics 2000
 * Slices with and without packing take turns over one engine and one database, so that what else the machine does falls on
 * both. A slice with packing is all of a window, with its rests, as the server lets them be: half a minute on two quiet
 * cores. One without lasts as long.
 */
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createEngine, type Engine } from '../src/app/build-core.ts';
import { Packer } from '../src/core/packing/packer.ts';
import { createBusyTest } from '../src/core/packing/throttle.ts';
import { createAws } from '../src/core/sources/aws/aws.ts';
import { createLog } from '../src/log.ts';
import { readConfig } from '../src/platform/config/read-config.ts';
import { createDatabase } from '../src/platform/postgres/client.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { createStats } from '../src/platform/telemetry/metrics.ts';
import { type Pushed, pushPoints, type Shape, START_MS } from './growth-cost.ts';
import { fillRows, makeMetrics, prepareDatabase } from './growth-data.ts';
import { printFigure } from './measure.ts';

const { values } = parseArgs({
  options: {
    slices: { type: 'string', default: '4' },
    metrics: { type: 'string', default: '2000' },
  },
});
interface Slice {
  readonly points: number;
  readonly seconds: number;
}

const SLICES = Number(values.slices);
/** So many have history that is packed: fewer make smaller windows, and so shorter slices. */
const PACKED = Number(values.metrics);
/** So many others get points. */
const METRICS = 2000;
/** The maximum of a window; the last one is begun and not packed. */
const WINDOW_ROWS = Math.min(2 ** 18, 256 * PACKED);
const STREAMS = 4;
const SHAPE: Shape = { name: 'one point of each metric', metrics: METRICS / STREAMS, points: 1 };
const WARM_UP_POINTS = 100_000;

await using database = await startTemporaryEmbedded({ log: createLog('error'), settings: { fsync: 'on' } });
const { connection } = database;
await prepareDatabase(connection);
const names = await makeMetrics(connection, PACKED + METRICS);
await fillRows(connection, { metrics: PACKED, upTo: (SLICES + 1) * WINDOW_ROWS, before: START_MS });
const { pool, prisma, stop } = createDatabase({ connection, log: createLog('error'), use: 'lapwing bench' });
// Rows that the stored progress does not cover would wait.
await pool.query(
  `UPDATE metric_progress SET scored_to = to_timestamp($2::float8 / 1000), last_row_id = 2000000000
   WHERE metric_number < (SELECT min(number) FROM metric) + $1`,
  [PACKED, START_MS],
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
  const first = PACKED + stream * SHAPE.metrics;
  return { pusher, names: names.slice(first, first + SHAPE.metrics), row: 0, at: 0 };
});
await Promise.all(streams.map((pushed) => pushPoints(pushed, SHAPE, WARM_UP_POINTS / STREAMS)));
const [withPacking, without]: [Slice[], Slice[]] = [[], []];
for (let slice = 0; slice < SLICES; slice++) {
  const measured = await measureSlice(packWindow());
  withPacking.push(measured);
  without.push(await measureSlice(setTimeout(measured.seconds * 1000)));
}
if (stats.read('windows_packed') !== SLICES) throw new Error('a slice held no whole window');
const against = { name: 'without packing', value: average(without) };
printFigure({
  name: 'points stored while packing, average of slices',
  value: average(withPacking),
  unit: 'points/s',
  against,
});
const secondsPacking = withPacking.reduce((sum, { seconds }) => sum + seconds, 0);
printFigure({
  name: 'samples packed meanwhile',
  value: stats.read('samples_packed') / secondsPacking,
  unit: 'samples/s',
});
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

/** Packs as the server does, until it begins a second window. */
async function packWindow(): Promise<void> {
  let begun = 0;
  const packer = new Packer({
    pool,
    stats,
    log: createLog('error'),
    packAfterHours: 1,
    countMetrics: () => PACKED,
    saveProgress: async () => {
      begun += 1;
      if (begun > 1) await packer.stop();
      else await engine.saveProgress();
    },
    isBusy: createBusyTest({ countWaiting: () => stats.read('ingest_queue_points') }),
  });
  await packer.packDue();
}

/** @param end when it resolves, no further point is pushed */
async function measureSlice(end: Promise<void>): Promise<Slice> {
  const beganMs = performance.now();
  const slice = { isOver: false };
  const over = end.finally(() => (slice.isOver = true));
  const counts = await Promise.all(streams.map((pushed) => pushUntil(() => slice.isOver, pushed)));
  await over;
  const points = counts.reduce((sum, count) => sum + count, 0);
  return { points, seconds: (performance.now() - beganMs) / 1000 };
}

async function pushUntil(isOver: () => boolean, pushed: Pushed): Promise<number> {
  let points = 0;
  while (!isOver()) points += await pushPoints(pushed, SHAPE, SHAPE.metrics);
  return points;
}

/** @returns points a second */
function average(slices: readonly Slice[]): number {
  const points = slices.reduce((sum, slice) => sum + slice.points, 0);
  return points / slices.reduce((sum, { seconds }) => sum + seconds, 0);
}
