/**
 * `tsx bench/cloudwatch.ts`: the CloudWatch service over HTTP, signatures and gzip included, on a database of its own.
 * 50,000 data in 50 requests against PostgreSQL's COPY of the same rows, then 500 series over 14 days at 5 minutes in
 * one GetMetricData. Prints JSON lines { name, value, unit, against, ratio }.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { createCloudwatch } from '../src/core/cloudwatch-service/service.ts';
import { createDatabase } from '../src/platform/postgres/client.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { applyMigrations } from '../src/platform/postgres/migrate.ts';
import { createCloudwatchHandler } from '../src/api/http/aws/endpoint.ts';
import { createLog } from '../src/log.ts';
import { createSeal } from '../src/platform/outbound/sealed-secret.ts';
import { createStats } from '../src/platform/telemetry/metrics.ts';

const ROUNDS = 3;
const REQUESTS = 50;
const DATA_PER_REQUEST = 1_000;
const SIDE_BY_SIDE = 8;
const SERIES = 500;
const DAYS = 14;
const MINUTE_MS = 60_000;
const now = () => new Date();

function report(name: string, value: number, unit: string, against = '', ratio: number | null = null): void {
  console.log(JSON.stringify({ name, value: Number(value.toPrecision(4)), unit, against, ratio }));
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;
}

/** Seconds. */
async function time(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Counts the seconds statements take, as the service waits for them. */
function watchPool(pool: pg.Pool): { readonly pool: pg.Pool; readonly take: () => number } {
  let seconds = 0;
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>;
  const timed = async (...args: unknown[]) => {
    let answer: unknown;
    seconds += await time(async () => (answer = await query(...args)));
    return answer;
  };
  const monitored = new Proxy(pool, {
    get: (target, name): unknown => (name === 'query' ? timed : Reflect.get(target, name)),
  });
  const take = () => {
    const taken = seconds;
    seconds = 0;
    return taken;
  };
  return { pool: monitored, take };
}

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
      resolve(`http://127.0.0.1:${address.port}/aws`);
    });
  });

/** Each datum is of a series and minute of its own: nothing is saved by merging. */
function makeRequest(round: number, request: number) {
  const start = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - (request + 1) * 2 * MINUTE_MS;
  return {
    Namespace: `Bench/${round}`,
    MetricData: Array.from({ length: DATA_PER_REQUEST }, (_, i) => ({
      MetricName: 'load',
      Dimensions: [{ Name: 'host', Value: `web-${i >> 1}` }],
      Timestamp: new Date(start + (i & 1) * MINUTE_MS),
      Value: i * 1.5,
      Unit: 'Percent' as const,
    })),
  };
}

async function pushRound(sdk: CloudWatch, round: number): Promise<number> {
  const left = Array.from({ length: REQUESTS }, (_, request) => makeRequest(round, request));
  const send = async () => {
    for (let request = left.pop(); request !== undefined; request = left.pop())
      await sdk.putMetricData(request);
  };
  return (
    (REQUESTS * DATA_PER_REQUEST) /
    (await time(() => Promise.all(Array.from({ length: SIDE_BY_SIDE }, send))))
  );
}

/** The same rows into a table of the same shape, the fastest way there is. */
async function copyRound(pool: pg.Pool): Promise<number> {
  await pool.query(
    'DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE cloudwatch_aggregate INCLUDING ALL)',
  );
  const { rows } = await pool.query<{ line: string }>(
    `SELECT concat_ws(E'\\t', timestamp, sum, sample_count, minimum, maximum, series_id, unit) AS line
     FROM cloudwatch_aggregate JOIN cloudwatch_series ON id = series_id WHERE namespace = 'Bench/0'`,
  );
  const client = await pool.connect();
  try {
    const columns = 'timestamp, sum, sample_count, minimum, maximum, series_id, unit';
    const text = Readable.from(rows.map(({ line }) => `${line}\n`).join(''), { objectMode: false });
    const seconds = await time(() =>
      pipeline(text, client.query(copyFrom(`COPY copied (${columns}) FROM STDIN`))),
    );
    return rows.length / seconds;
  } finally {
    client.release();
  }
}

async function fillHistory(pool: pg.Pool, accountSeries: readonly number[]): Promise<number> {
  let stored = 0;
  for (let first = 0; first < accountSeries.length; first += 50) {
    const { rowCount } = await pool.query(
      `INSERT INTO cloudwatch_aggregate (timestamp, sum, sample_count, minimum, maximum, series_id, unit)
       SELECT at, 100, 5, 10, 30, id, 14
       FROM unnest($1::int[]) AS id, generate_series($2::timestamptz, $3::timestamptz, '5 min') AS at
       ON CONFLICT DO NOTHING`,
      [accountSeries.slice(first, first + 50), historyStart(), historyEnd()],
    );
    stored += rowCount ?? 0;
  }
  await pool.query('ANALYZE cloudwatch_aggregate');
  return stored;
}

/** After the end of what was pushed, so that the two do not meet. */
const historyEnd = () => new Date(Math.floor(Date.now() / 300_000) * 300_000 - 3 * 3_600_000);
const historyStart = () => new Date(historyEnd().getTime() - DAYS * 86_400_000);

async function askHistory(sdk: CloudWatch): Promise<{ points: number; calls: number }> {
  const queries = Array.from({ length: SERIES }, (_, i) => ({
    Id: `m${i}`,
    MetricStat: {
      Metric: { Namespace: 'Bench/0', MetricName: 'load', Dimensions: [{ Name: 'host', Value: `web-${i}` }] },
      Period: 300,
      Stat: 'Average',
    },
  }));
  const range = { StartTime: historyStart(), EndTime: historyEnd() };
  let [points, calls] = [0, 0];
  let token: string | undefined;
  do {
    const answer = await sdk.getMetricData({ ...range, MetricDataQueries: queries, NextToken: token });
    for (const { Values } of answer.MetricDataResults ?? []) points += Values?.length ?? 0;
    calls += 1;
    token = answer.NextToken;
  } while (token !== undefined);
  return { points, calls };
}

async function main(): Promise<void> {
  const log = createLog('error');
  // As the product does: an answer waits for the disk.
  await using embedded = await startTemporaryEmbedded({ log, settings: { fsync: 'on' } });
  await applyMigrations({ connection: embedded.connection, log });
  await using database = createDatabase({ connection: embedded.connection, log, use: 'lapwing bench' });
  const seal = createSeal(randomBytes(32));
  const credentials = { accessKeyId: 'AKIDBENCH', secretAccessKey: randomBytes(20).toString('hex') };
  const stats = createStats();
  const watch = watchPool(database.pool);
  const start = async (dataPoints: number) => {
    const cloudwatch = await createCloudwatch({
      pool: watch.pool,
      prisma: database.prisma,
      log,
      stats,
      now,
      seal,
      firstKey: credentials,
      limits: { dataPoints },
    });
    const handle = createCloudwatchHandler({ cloudwatch, log, now, acceptAnySignature: false });
    const server = createServer((request, response) => void handle(request, response));
    const endpoint = await listen(server);
    const sdk = new CloudWatch({ endpoint, region: 'us-east-1', credentials });
    const stop = async () => {
      sdk.destroy();
      server.closeAllConnections();
      server.close();
      await cloudwatch.stop();
    };
    return { sdk, cloudwatch, stop };
  };

  const usual = await start(100_800);
  const pushed: number[] = [];
  const copied: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    pushed.push(await pushRound(usual.sdk, round));
    copied.push(await copyRound(database.pool));
  }
  const [push, copy] = [median(pushed), median(copied)];
  const against = `COPY of the same rows: ${Math.round(copy)} rows/s`;
  report(
    'PutMetricData, 50,000 data in 50 gzip JSON requests',
    push,
    'data/s',
    against,
    Number((push / copy).toPrecision(3)),
  );
  const perCommit = stats.read('cloudwatch_data_stored') / stats.read('cloudwatch_commits');
  report('data per commit', perCommit, 'data');

  const { rows } = await database.pool.query<{ id: number }>(
    "SELECT id FROM cloudwatch_series WHERE namespace = 'Bench/0'",
  );
  const stored = await fillHistory(
    database.pool,
    rows.map(({ id }) => id),
  );
  report('rows of history', stored, 'rows');
  const large = await start(SERIES * DAYS * 288 + 1);
  for (const [name, { sdk }] of [
    ['in pages of 100,800', usual],
    ['in one call', large],
  ] as const) {
    watch.take();
    let found = { points: 0, calls: 0 };
    const seconds = await time(async () => (found = await askHistory(sdk)));
    const database_ = watch.take();
    const what = `GetMetricData, 500 series, 14 days at 5 minutes, ${name}`;
    report(what, seconds, 's', `${found.points} points in ${found.calls} calls`);
    report(`${what}: share spent in PostgreSQL`, database_ / seconds, 'share', `${database_.toFixed(2)} s`);
  }
  await usual.stop();
  await large.stop();
}

await main();
