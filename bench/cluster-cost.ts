/**
 * What three members cost beside one server, each with a database of its own in the same PostgreSQL, in slices that take turns:
 * `npm run bench:cluster-cost -- --slices 5 --seconds 6`. CPU of all processes and of PostgreSQL for a point that is pushed
 * through the members in turn, by 100 and by 1,000 at once; and how late its score reaches a subscriber of another member.
 */
import { parseArgs } from 'node:util';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { createLog } from '../src/log.ts';
import { openClient, selectDatabase } from '../src/platform/postgres/connection.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { Cluster, type Member } from '../test/cluster/start-cluster.ts';
import { startServerProcess } from '../test/helpers/server-process.ts';
import { type IngestOrder, type IngestResult, listNames } from './ingest-load.ts';
import { readCpuSeconds, readDatabaseCpuSeconds } from './measure-cpu.ts';
import { findQuantile, printFigure, printLatency } from './measure.ts';
import { startLoadProcess, type LoadProcess } from './measure-process.ts';
import { ask, monitorAll } from './measure-server.ts';

const { values } = parseArgs({
  options: {
    slices: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    'warm-up': { type: 'string', default: '25' },
    pushes: { type: 'string', default: '300' },
  },
});
const slices = Number(values.slices);
const seconds = Number(values.seconds);
/** Of each size of push: replicas have a third of the pushes each, and their code is compiled as it is used. */
const warmUpSeconds = Number(values['warm-up']);
/** So many metrics in all, sent by 100 or by 1,000 at once. */
const METRICS = 4_000;
const BATCHES = [100, 1_000] as const;
const START_MS = Date.parse('2026-03-01T00:00:00Z');
const SETTINGS = {
  LAPWING_HOST_METRICS: 'off',
  LAPWING_LOG_LEVEL: 'error',
  LAPWING_MAX_CONNECTIONS: '100000',
  LAPWING_MAX_OPERATIONS_PER_SECOND: '1000000',
  NODE_ENV: 'production',
} as const;

interface Candidate {
  readonly name: string;
  readonly urls: readonly string[];
  readonly pids: readonly number[];
  readonly connection: string;
  /** Rows sent so far: each has a time of its own. */
  rows: number;
}

/** Microseconds of CPU a point. */
interface Cost {
  readonly server: number;
  readonly database: number;
}

await using postgres = await startTemporaryEmbedded({ log: createLog('error'), settings: { fsync: 'on' } });

async function createDatabase(name: string): Promise<string> {
  const client = await openClient(postgres.connection, 'lapwing bench');
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return selectDatabase(postgres.connection, name);
}

/** So many rows lie between two slices of one candidate that no time is sent twice. */
const ROWS_APART = 100_000;

async function runSlice(
  load: LoadProcess,
  candidate: Candidate,
  batch: number,
  sliceSeconds = seconds,
): Promise<Cost> {
  const { urls, pids, connection } = candidate;
  const [target = ''] = urls;
  const readServer = async () => {
    const each = await Promise.all(pids.map(readCpuSeconds));
    return each.reduce((sum, value) => sum + value, 0);
  };
  const before = { server: await readServer(), database: await readDatabaseCpuSeconds(connection) };
  const order: IngestOrder = {
    by: 'graphql',
    target,
    targets: urls,
    connection,
    pushers: METRICS / batch,
    metricsEach: batch,
    seconds: sliceSeconds,
    startMs: START_MS + candidate.rows * 1000,
  };
  candidate.rows += ROWS_APART;
  const { points } = await load.request<IngestResult>(order);
  return {
    server: ((await readServer()) - before.server) * (1e6 / points),
    database: ((await readDatabaseCpuSeconds(connection)) - before.database) * (1e6 / points),
  };
}

async function measureCost(one: Candidate, three: Candidate): Promise<void> {
  await using load = startLoadProcess('./ingest-load.ts');
  for (const batch of BATCHES) {
    const names = Array.from({ length: METRICS / batch }, (_, pusher) => listNames(pusher, batch)).flat();
    const costs = new Map<Candidate, Cost[]>([
      [one, []],
      [three, []],
    ]);
    for (const candidate of [one, three]) {
      await monitorAll(candidate.urls[0] ?? '', names);
      // Models are made, and the code is compiled.
      await runSlice(load, candidate, batch, warmUpSeconds);
    }
    for (let slice = 0; slice < slices; slice++) {
      for (const [candidate, list] of costs) list.push(await runSlice(load, candidate, batch));
    }
    for (const part of ['server', 'database'] as const) {
      const middle = (candidate: Candidate) =>
        findQuantile(
          (costs.get(candidate) ?? []).map((cost) => cost[part]),
          0.5,
        );
      printFigure({
        name: `CPU of ${part === 'server' ? 'all servers' : 'PostgreSQL'}, ${batch} points a push, ${three.name}`,
        value: middle(three),
        unit: 'µs/point',
        against: { name: one.name, value: middle(one) },
      });
    }
  }
}

const FOLLOW = `subscription Follow($after: String) { anomalyScores(after: $after, lingerMs: 0) { scores { timestamp } } }`;
const PUT = `mutation Put($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }`;
const LATE_NAME = 'bench.late';

interface ScoreEvent {
  readonly anomalyScores: { readonly scores: readonly { readonly timestamp: string }[] };
}

async function awaitScore(
  events: AsyncIterable<{ readonly data?: ScoreEvent | null | undefined }>,
  timestamp: string,
): Promise<void> {
  const iterator = events[Symbol.asyncIterator]();
  for (;;) {
    const event = await iterator.next();
    if (event.done === true) throw new Error('the subscription ended');
    const scores = event.value.data?.anomalyScores.scores ?? [];
    if (scores.some((score) => score.timestamp === timestamp)) return;
  }
}

/** From the push to one member until the score comes from another one, one push after the other. */
async function measureDelay([first, ...others]: readonly Member[]): Promise<void> {
  if (first === undefined) throw new Error('there is no member');
  await monitorAll(first.url, [LATE_NAME]);
  let rows = 0;
  for (const other of others) {
    const client = createClient({ url: other.url.replace('http', 'ws'), webSocketImpl: WebSocket });
    const { serverInfo } = await ask<{ serverInfo: { cursor: string } }>(
      first.url,
      '{ serverInfo { cursor } }',
    );
    const variables = { after: serverInfo.cursor };
    const events = client.iterate<ScoreEvent>({ query: FOLLOW, variables });
    const delaysMs: number[] = [];
    for (let push = 0; push < Number(values.pushes); push++) {
      const timestamp = new Date(START_MS + 1000 * rows++).toISOString();
      const sentMs = performance.now();
      const pushed = ask(first.url, PUT, { points: [{ metric: LATE_NAME, timestamp, value: push % 7 }] });
      await awaitScore(events, timestamp);
      delaysMs.push(performance.now() - sentMs);
      await pushed;
    }
    printLatency(`push to one member, received from another one`, delaysMs);
    await client.dispose();
  }
}

const alone = await createDatabase('alone');
const shared = await createDatabase('shared');
await using server = await startServerProcess({
  DATABASE_URL: alone,
  LAPWING_PORT: '0',
  LAPWING_GRAPHITE_PORT: '',
  ...SETTINGS,
});
await using cluster = await Cluster.start({ connections: [shared], settings: SETTINGS });
const { members } = cluster;
if (slices > 0)
  await measureCost(
    {
      name: 'one server',
      urls: [server.addresses.graphql ?? ''],
      pids: [server.child.pid ?? 0],
      connection: alone,
      rows: 0,
    },
    {
      name: 'three members',
      urls: members.map(({ url }) => url),
      pids: members.map(({ pid }) => pid),
      connection: shared,
      rows: 0,
    },
  );
await measureDelay(members);
