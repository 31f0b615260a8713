/**
 * What a point costs by each protocol it may come by: npm run bench:doors -- --seconds 10 --metrics 1000 --by graphite,otlp
 * Points stored and scored a second, and CPU of server and database a point, beside Graphite in the same run. Of StatsD a
 * point is an event. Each protocol has a server and a database of its own.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { compress } from 'snappyjs';
import { encodeOtlp } from './door-bodies.ts';
import { readCpuSeconds, readDatabaseCpuSeconds } from './measure-cpu.ts';
import { printFigure } from './measure.ts';
import { type MeasuredServer, monitorAll, startMeasuredServer } from './measure-server.ts';
import { requestV1, requestV2 } from '../test/core/ingest/remote-write/encode.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    metrics: { type: 'string', default: '1000' },
    by: { type: 'string', default: 'graphite,line,remote-write-1,remote-write-2,otlp,otlp-json,statsd' },
  },
});
const START_MS = Date.parse('2026-03-01T00:00:00Z');
const STEP_MS = 1000;
const SENDERS = 4;

/** One row: every metric of a sender at one time. */
interface Row {
  readonly names: readonly string[];
  readonly timestampMs: number;
  readonly values: readonly number[];
}
type Send = (row: Row) => Promise<void>;

interface RouteGuard {
  readonly open: (server: MeasuredServer) => Promise<Send>;
  /** The counter of the server that says how much has come. */
  readonly counter: string;
}

function post(
  path: string,
  type: string,
  encode: (row: Row) => Uint8Array | string,
  encoding?: string,
): RouteGuard {
  const headers = {
    'content-type': type,
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  };
  return {
    counter: 'points_accepted',
    open: (server) =>
      Promise.resolve(async (row) => {
        const body = encode(row);
        const response = await fetch(new URL(path, server.url), {
          method: 'POST',
          headers,
          body: typeof body === 'string' ? body : new Uint8Array(body),
        });
        const text = await response.text();
        if (!response.ok) throw new Error(`${path}: ${response.status} ${text.slice(0, 200)}`);
      }),
  };
}

function stream(
  addressOf: (server: MeasuredServer) => string,
  encode: (row: Row) => string,
  counter: string,
): RouteGuard {
  return {
    counter,
    open: async (server) => {
      const { hostname, port } = new URL(addressOf(server));
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      return async (row) => {
        if (!socket.write(encode(row))) await once(socket, 'drain');
      };
    },
  };
}

const toSeries = ({ names, timestampMs, values: list }: Row) =>
  names.map((name, index) => ({
    labels: [['__name__', name] as const],
    samples: [[list[index] ?? 0, timestampMs] as const],
  }));
const lines = ({ names, values: list }: Row, write: (name: string, value: number) => string) =>
  names.map((name, index) => `${write(name, list[index] ?? 0)}\n`).join('');
const PROTOBUF = 'application/x-protobuf';
/** Not the server's own: any that is free when the bench begins. */
const STATSD_PORT = 18_125;

const DOORS: Readonly<Record<string, RouteGuard>> = {
  graphite: stream(
    ({ graphite }) => graphite,
    (row) => lines(row, (name, value) => `${name} ${value} ${row.timestampMs / 1000}`),
    'points_accepted',
  ),
  line: post('/api/v2/write?precision=ms', 'text/plain', (row) =>
    lines(row, (name, value) => `${name.replace('.', ' ')}=${value} ${row.timestampMs}`),
  ),
  'remote-write-1': post('/api/v1/write', PROTOBUF, (row) => compress(requestV1(toSeries(row))), 'snappy'),
  'remote-write-2': post(
    '/api/v1/write',
    `${PROTOBUF};proto=io.prometheus.write.v2.Request`,
    (row) => compress(requestV2(toSeries(row))),
    'snappy',
  ),
  otlp: post('/v1/metrics', PROTOBUF, (row) => encodeOtlp(row, 'protobuf')),
  'otlp-json': post('/v1/metrics', 'application/json', (row) => encodeOtlp(row, 'json')),
  statsd: stream(
    () => `tcp://127.0.0.1:${STATSD_PORT}`,
    (row) => lines(row, (name, value) => `${name}:${value}|ms`),
    'statsd_lines',
  ),
};

async function readCounter(url: string, name: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  return Number(new RegExp(`^lapwing_${name}_total (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
}

async function readCpu({ pid, connection }: MeasuredServer): Promise<number> {
  return (await readCpuSeconds(pid)) + (await readDatabaseCpuSeconds(connection));
}

/** Points on their way: more would fill the sockets' buffers, and be measured long after they were sent. */
const MAX_UNDERWAY = 40_000;

/** Sends rows for so long, then waits until all that was sent has come. */
async function push(
  server: MeasuredServer,
  door: RouteGuard,
  sends: readonly Send[],
  seconds: number,
  startMs: number,
) {
  const before = await readCounter(server.url, door.counter);
  const beganMs = performance.now();
  const endMs = beganMs + seconds * 1000;
  let [sent, come] = [0, 0];
  const look = async () => {
    come = (await readCounter(server.url, door.counter)) - before;
    await sleep(50);
  };
  const sending = sends.map(async (send, sender) => {
    const names = listNames(sender, Number(values.metrics));
    for (let row = 0; performance.now() < endMs; row += 1) {
      while (sent - come > MAX_UNDERWAY) await sleep(5);
      const list = names.map((_, index) => 50 + 20 * Math.sin((row + index) / 50));
      sent += names.length;
      await send({ names, timestampMs: startMs + row * STEP_MS, values: list });
    }
  });
  while (performance.now() < endMs) await look();
  await Promise.all(sending);
  while (come < sent) await look();
  return { points: sent, seconds: (performance.now() - beganMs) / 1000 };
}

function listNames(sender: number, metrics: number): string[] {
  return Array.from({ length: metrics / SENDERS }, (_, index) => `s${sender}.m${index}`);
}

async function measure(name: string, door: RouteGuard): Promise<{ rate: number; cpuMicroseconds: number }> {
  const settings = name === 'statsd' ? { LAPWING_STATSD_PORT: String(STATSD_PORT) } : {};
  await using server = await startMeasuredServer({ settings });
  for (let sender = 0; sender < SENDERS; sender += 1) {
    await monitorAll(server.url, listNames(sender, Number(values.metrics)));
  }
  const sends = await Promise.all(Array.from({ length: SENDERS }, () => door.open(server)));
  // Far enough before the start that the warm-up ends before it.
  await push(server, door, sends, 2, START_MS - 1_000_000_000);
  const cpuBefore = await readCpu(server);
  const { points, seconds } = await push(server, door, sends, Number(values.seconds), START_MS);
  const cpu = (await readCpu(server)) - cpuBefore;
  return { rate: points / seconds, cpuMicroseconds: (cpu / points) * 1e6 };
}

let graphite: Awaited<ReturnType<typeof measure>> | undefined;
for (const name of values.by.split(',')) {
  const door = DOORS[name];
  if (door === undefined) throw new Error(`--by: expected ${Object.keys(DOORS).join(', ')}, got ${name}`);
  const figures = await measure(name, door);
  if (name === 'graphite') graphite = figures;
  const against = (value: number | undefined) =>
    value === undefined ? undefined : { name: 'graphite', value };
  printFigure({ name: `${name} points`, value: figures.rate, unit: '/s', against: against(graphite?.rate) });
  printFigure({
    name: `${name} CPU a point`,
    value: figures.cpuMicroseconds,
    unit: 'µs',
    against: against(graphite?.cpuMicroseconds),
  });
}
// Connections of the streams end with the process.
process.exit();
