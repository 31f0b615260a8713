/**
 * How many scores a second reach their subscribers, and how late:
 * npm run bench:subscribe -- --subscribers 1,100,1000,5000 --seconds 10
 * For each number: live at a rate, then a backlog as fast as it goes; and the same of `ws` alone and of mercurius.
 * Pushes go on meanwhile: how long they take beside the same without subscribers.
 */
import { parseArgs } from 'node:util';
import { type Peer, printFigure, printLatency } from './measure.ts';
import { startLoadProcess, type LoadProcess } from './measure-process.ts';
import { ask, monitorAll, startMeasuredServer, type MeasuredServer } from './measure-server.ts';
import type { BareOrder } from './subscribe-bare.ts';
import type { ClientOrder, ClientReport } from './subscribe-clients.ts';

const { values } = parseArgs({
  options: {
    subscribers: { type: 'string', default: '1,100,1000,5000' },
    seconds: { type: 'string', default: '10' },
    profile: { type: 'string' },
  },
});
const seconds = Number(values.seconds);

const QUERY = `subscription Scores($after: String, $lingerMs: Int!) {
  anomalyScores(after: $after, maxBatch: 100, lingerMs: $lingerMs) {
    prev cursor scores { timestamp rowId value anomalyScore anomalyClass } } }`;
const LINGER_MS = 100;
const PUSHES_PER_SECOND = 5;
const LIMIT_MS = 120_000;

/** Scores a second, by the number who get them: about 200,000 deliveries a second, or one event a second. */
function chooseRate(subscribers: number): { pushesPerSecond: number; scoresPerPush: number } {
  if (subscribers >= 5000) return { pushesPerSecond: 1, scoresPerPush: 10 };
  return { pushesPerSecond: PUSHES_PER_SECOND, scoresPerPush: subscribers >= 1000 ? 40 : 200 };
}

/** Scores that wait for everybody who comes. Opening 5,000 takes longer than sending them much. */
function chooseBacklog(subscribers: number): number {
  return subscribers >= 5000 ? 200 : 5000;
}

const METRICS = Array.from({ length: 200 }, (_, metric) => `live.${metric}`);
const PUT = `mutation Put($points: [MetricPointInput!]!) {
  putMetricData(input: { points: $points }) { accepted } }`;

/** One point each of so many metrics, now. @returns milliseconds until it was acknowledged */
async function push(url: string, scores: number): Promise<number> {
  const timestamp = new Date().toISOString();
  const points = METRICS.slice(0, scores).map((metric, index) => ({
    metric,
    timestamp,
    value: 50 + 20 * Math.sin(Date.now() / 30_000 + index),
  }));
  const begin = performance.now();
  await ask(url, PUT, { points });
  return performance.now() - begin;
}

async function pushAtRate(url: string, rate: ReturnType<typeof chooseRate>): Promise<number[]> {
  const acknowledgedMs: number[] = [];
  for (let count = 0; count < seconds * rate.pushesPerSecond; count++) {
    const next = new Promise((resolve) => setTimeout(resolve, 1000 / rate.pushesPerSecond));
    acknowledgedMs.push(await push(url, rate.scoresPerPush));
    await next;
  }
  return acknowledgedMs;
}

async function readHead(url: string): Promise<string> {
  const { serverInfo } = await ask<{ serverInfo: { cursor: string } }>(url, '{ serverInfo { cursor } }');
  return serverInfo.cursor;
}

interface Side {
  readonly live: ClientReport;
  readonly backlog: ClientReport;
}

async function measureServer(
  server: MeasuredServer,
  clients: LoadProcess,
  count: number,
  unloaded: Peer,
): Promise<Side> {
  const rate = chooseRate(count);
  const request = (order: ClientOrder) => clients.request<ClientReport>(order);
  const url = server.url.replace('http', 'ws');
  const before = await readHead(server.url);
  await fillBacklog(server.url, chooseBacklog(count));
  const variables = { lingerMs: LINGER_MS };
  await request({ do: 'open', url, count, query: QUERY, variables: { ...variables, after: before } });
  const backlog = await request({ do: 'await', scoresEach: chooseBacklog(count), limitMs: LIMIT_MS });
  const idleMs = await server.readMemoryMb();
  const [acknowledgedMs, live] = await server.profile(() =>
    Promise.all([
      pushAtRate(server.url, rate),
      request({ do: 'await', scoresEach: countScores(rate), limitMs: seconds * 1000 + LIMIT_MS }),
    ]),
  );
  printLatency(`push acknowledged with ${count} subscribers`, acknowledgedMs, unloaded);
  const memory = await server.readMemoryMb();
  printFigure({
    name: `server memory with ${count} subscribers`,
    value: Math.max(memory, idleMs),
    unit: 'MB',
  });
  await request({ do: 'close' });
  return { live, backlog };
}

function countScores(rate: ReturnType<typeof chooseRate>): number {
  return seconds * rate.pushesPerSecond * rate.scoresPerPush;
}

async function fillBacklog(url: string, total: number): Promise<void> {
  for (let scores = 0; scores < total; scores += METRICS.length) await push(url, METRICS.length);
}

async function measurePeer(
  peer: LoadProcess,
  clients: LoadProcess,
  count: number,
  bytesPerScore: number,
): Promise<Side> {
  const rate = chooseRate(count);
  const request = (order: ClientOrder) => clients.request<ClientReport>(order);
  const send = (order: BareOrder) => peer.request<{ url: string }>(order);
  const { url } = await send({ do: 'listen' });
  await request({ do: 'open', url, count, query: QUERY, variables: { lingerMs: LINGER_MS } });
  const [backlog] = await Promise.all([
    request({ do: 'await', scoresEach: chooseBacklog(count), limitMs: LIMIT_MS }),
    send({
      do: 'send',
      events: chooseBacklog(count) / 100,
      scoresPerEvent: 100,
      eventsPerSecond: null,
      bytesPerScore,
    }),
  ]);
  const [live] = await Promise.all([
    request({ do: 'await', scoresEach: countScores(rate), limitMs: seconds * 1000 + LIMIT_MS }),
    send({
      do: 'send',
      events: seconds * rate.pushesPerSecond,
      scoresPerEvent: rate.scoresPerPush,
      eventsPerSecond: rate.pushesPerSecond,
      bytesPerScore,
    }),
  ]);
  await request({ do: 'close' });
  return { live, backlog };
}

function printSides(count: number, ours: Side, peerName: string, bare: Side): void {
  const against = {
    name: peerName,
    value: bare.backlog.scores / bare.backlog.seconds,
  };
  const value = ours.backlog.scores / ours.backlog.seconds;
  printFigure({ name: `${count} subscribers, backlog`, value, unit: 'scores/s delivered', against });
  const live = ours.live.scores / ours.live.seconds;
  const liveAgainst = { name: against.name, value: bare.live.scores / bare.live.seconds };
  printFigure({
    name: `${count} subscribers, live`,
    value: live,
    unit: 'scores/s delivered',
    against: liveAgainst,
  });
  // Ours begins when the push is sent: it holds the commit and the linger, too.
  const peer = { name: against.name, values: bare.live.latenciesMs };
  printLatency(
    `${count} subscribers, push to receipt, ${LINGER_MS} ms of it linger`,
    ours.live.latenciesMs,
    peer,
  );
  const gaps = ours.live.gaps + ours.backlog.gaps;
  printFigure({
    name: `${count} subscribers, events that do not follow the one before`,
    value: gaps,
    unit: '1',
  });
}

/** Each delivers the same events to the same clients. */
const PEERS = [
  { name: 'ws alone, one prepared string', file: './subscribe-bare.ts' },
  { name: 'mercurius', file: './subscribe-mercurius.ts' },
];

// All clients come from one address, and none shows a key.
const settings = { LAPWING_MAX_CONNECTIONS: '100000', LAPWING_MAX_OPERATIONS_PER_SECOND: '1000000' };
await using server = await startMeasuredServer({ profileDir: values.profile, settings });
await monitorAll(server.url, METRICS);
const unloadedMs = await pushAtRate(server.url, { pushesPerSecond: PUSHES_PER_SECOND, scoresPerPush: 40 });
printLatency('push acknowledged with no subscriber', unloadedMs);
for (const text of values.subscribers.split(',')) {
  const count = Number(text);
  await using clients = startLoadProcess('./subscribe-clients.ts');
  const ours = await measureServer(server, clients, count, { name: 'no subscriber', values: unloadedMs });
  const bytesPerScore = ours.backlog.bytes / ours.backlog.scores;
  for (const { name, file } of PEERS) {
    await using peer = startLoadProcess(file);
    printSides(count, ours, name, await measurePeer(peer, clients, count, bytesPerScore));
  }
}
