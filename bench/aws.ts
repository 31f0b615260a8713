/**
 * Ten cycles of 10,000 CloudWatch metrics of one region against an imitation of AWS in this process, time compressed;
 * then the history of further metrics while points are pushed: `npm run bench:aws -- --metrics 10000 --fresh 1000`.
 */
import { parseArgs } from 'node:util';
import { createDatabase } from '../src/platform/postgres/client.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { applyMigrations } from '../src/platform/postgres/migrate.ts';
import { createLog } from '../src/log.ts';
import { startAwsEngine, type AwsEngine } from '../test/core/sources/aws/start-aws-engine.ts';
import { pushUntil } from './aws-push.ts';

const { values } = parseArgs({
  options: {
    metrics: { type: 'string', default: '10000' },
    cycles: { type: 'string', default: '10' },
    fresh: { type: 'string', default: '1000' },
  },
});
const [metrics, cycles, fresh] = [Number(values.metrics), Number(values.cycles), Number(values.fresh)];
const PERIOD_MS = 300_000;
const HISTORY_DAYS = 14;
const QUIET_MS = 10_000;
const START = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS - 86_400_000;
const log = createLog('warn');

const print = (row: object) => console.log(JSON.stringify(row));

async function monitorMany(aws: AwsEngine, from: number, count: number): Promise<void> {
  for (let index = from; index < from + count; index += 1) {
    const dimensions = { InstanceId: `i-${(index + 4096).toString(16)}` };
    const spec = { region: 'us-west-2', namespace: 'AWS/EC2', metric: 'CPUUtilization', dimensions };
    await aws.engine.monitor.monitorMetric({ datasource: 'CLOUDWATCH', spec });
  }
}

async function runCycles(aws: AwsEngine): Promise<void> {
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    aws.clock.nowMs += PERIOD_MS;
    const [startedMs, calls] = [performance.now(), aws.imitation.calls.length];
    await aws.poll.readDue();
    const read = [...aws.engine.registry.all()].map(({ lastTimestampMs }) => lastTimestampMs ?? 0);
    print({
      cycle,
      metrics: read.length,
      getMetricDataCalls: aws.imitation.calls.length - calls,
      seconds: Math.round(performance.now() - startedMs) / 1000,
      // From a sample's time to when it is stored, less the period and the time it settles.
      lagSecondsOfTheOldest: (aws.clock.nowMs - Math.min(...read) - PERIOD_MS - 360_000) / 1000,
    });
  }
}

/** How long pushed points and the live metrics wait while histories are fetched and scored, and while none is. */
async function runHistory(aws: AwsEngine): Promise<void> {
  const { engine, clock, poll } = aws;
  const quietUntil = performance.now() + QUIET_MS;
  print({ history: 0, ...(await pushUntil(engine, START, () => performance.now() > quietUntil)) });
  const old = [...engine.registry.all()].filter(({ datasource }) => datasource === 'CLOUDWATCH');
  await monitorMany(aws, metrics, fresh);
  const entries = [...engine.registry.all()].filter(({ datasource }) => datasource === 'CLOUDWATCH');
  const isRead = (list: typeof entries, toMs: number) =>
    list.every(({ readToMs }) => (readToMs ?? 0) >= toMs);
  const [startedMs, before] = [performance.now(), clock.nowMs];
  const times = { liveMs: -1000 };
  poll.start();
  const pushes = await pushUntil(engine, START, () => {
    const sinceMs = performance.now() - startedMs;
    // The clock goes on as time does, and in the midst of it a period ends for those that are live.
    clock.nowMs = before + sinceMs + (sinceMs > QUIET_MS ? PERIOD_MS : 0);
    if (sinceMs < QUIET_MS) return false;
    if (times.liveMs < 0 && isRead(old, before - PERIOD_MS)) times.liveMs = sinceMs - QUIET_MS;
    return times.liveMs >= 0 && isRead(entries, clock.nowMs - 3 * PERIOD_MS);
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const points = fresh * HISTORY_DAYS * 288;
  print({
    history: fresh,
    points,
    seconds: Math.round(seconds),
    pointsPerSecond: Math.round(points / seconds),
    secondsOfTheLiveCycle: Math.round(times.liveMs / 100) / 10,
    ...pushes,
  });
}

await using server = await startTemporaryEmbedded({ log });
await applyMigrations({ connection: server.connection, log });
const database = createDatabase({ connection: server.connection, log, use: 'lapwing bench' });
const valueAt = (_: unknown, timestampMs: number) =>
  30 + 20 * Math.sin(timestampMs / 13_000_000) + (timestampMs % 7);
{
  await using aws = await startAwsEngine(
    database,
    { valueAt },
    // As many tries of a call as the server itself makes.
    { startMs: START, historyDays: HISTORY_DAYS, maxAttempts: 6 },
  );
  await monitorMany(aws, 0, metrics);
  // As if they had been read up to now: the cycles of a server that has run for long are to be seen.
  await database.pool.query('UPDATE metric_progress SET read_to = to_timestamp($1::float8 / 1000)', [
    START - 2 * PERIOD_MS,
  ]);
  await aws.engine.registry.load();
  await runCycles(aws);
  await runHistory(aws);
}
await database.stop();
