/**
 * Throws nonsense at every door, here a little and always the same, so that a change is not blamed for what luck found;
 * `npm run fuzz` throws much, and other things each time. What failed comes again with FUZZ_SEED set to the seed that
 * was printed.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createSchema } from '../../src/api/graphql/schema.ts';
import { until } from '../helpers/until.ts';
import { pushExtremes } from './extreme-points.ts';
import {
  createAccountKey,
  type FuzzedServer,
  type FuzzingCaller,
  KEY,
  startFuzzedServer,
} from './fuzzed-server.ts';
import { type FuzzedRequest, writeRequest } from './graphql-requests.ts';
import { readHeldMb } from './heap.ts';
import { writeGraphiteLine, writeProtocolLine } from './ingest-lines.ts';
import { judgeAnswer, judgeText } from './judge.ts';
import { createRandom } from './random.ts';
import { type Step, writeTalk } from './socket-talks.ts';

const readCount = (name: string, fallback: number) => Number(process.env[name] ?? fallback);
const SEED = process.env.FUZZ_SEED === 'random' ? randomInt(2 ** 31) : readCount('FUZZ_SEED', 1);
const REQUESTS = readCount('FUZZ_REQUESTS', 200);
const LINES = readCount('FUZZ_LINES', 1_000);
const TALKS = readCount('FUZZ_TALKS', 20);
const EXTREMES = readCount('FUZZ_EXTREMES', 600);
const AT_ONCE = 8;
const TIME_LIMIT_MS = 60_000 + 30 * (REQUESTS + LINES) + 500 * TALKS;
/** Metrics and models they were made to know, caches that filled up: of two servers. */
const MAX_GROWTH_MB = 100;
/** Of the second half of many requests: by then the caches are full. */
const MAX_LATE_GROWTH_MB = REQUESTS < 10_000 ? MAX_GROWTH_MB : 8;

const schema = createSchema();
let server: FuzzedServer;
let open: FuzzedServer;
let callers: readonly FuzzingCaller[];
const loop = monitorEventLoopDelay({ resolution: 10 });
const wrongs: string[] = [];
const tally = new Map<string, number>();
const add = (name: string) => tally.set(name, (tally.get(name) ?? 0) + 1);
const say = (text: string) => process.stderr.write(`fuzz: ${text}\n`);

beforeAll(async () => {
  [server, open] = [await startFuzzedServer(true), await startFuzzedServer(false)];
  const account = await createAccountKey(server.url);
  callers = [{ url: server.url, key: KEY }, { url: server.url, key: account }, { url: open.url }];
  loop.enable();
  say(`FUZZ_SEED=${SEED}`);
});

afterAll(async () => {
  loop.disable();
  await server[Symbol.asyncDispose]();
  await open[Symbol.asyncDispose]();
});

const read = (name: Parameters<FuzzedServer['engine']['stats']['read']>[0]) => server.engine.stats.read(name);

const countRequests = () => read('requests') + open.engine.stats.read('requests');

/** The work of each index, some at once; the n-th is the same however the others go. */
async function forEach(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async () => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
}

function send(
  { method, path, headers, body }: FuzzedRequest,
  { url, key }: FuzzingCaller = { url: server.url, key: KEY },
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    // Node leaves the length out for methods that seldom have a body; what follows would be taken for a request.
    const length = body === null ? {} : { 'content-length': String(body.length) };
    const all = { ...headers, ...length, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
    const sent = httpRequest(`${url}${path}`, { method, headers: all }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      const finish = () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      response.on('end', finish);
      // A subscription that began: its first words do.
      if (response.headers['content-type']?.startsWith('text/event-stream') === true) {
        setTimeout(() => {
          finish();
          response.destroy();
        }, 50);
      }
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body ?? undefined);
  });
}

async function fireRequest(index: number): Promise<void> {
  const request = writeRequest(schema, createRandom(SEED + index));
  const { status, text } = await send(request, callers[index % callers.length]).catch((error: unknown) => ({
    status: 0,
    text: String(error),
  }));
  add(`http ${status}`);
  const wrong = status === 0 ? text : judgeAnswer(status, text);
  if (wrong !== null)
    wrongs.push(
      `request ${index}: ${wrong}\n${request.method} ${request.path.slice(0, 300)} ${JSON.stringify(request.headers)}\n${String(request.body).slice(0, 1_500)}`,
    );
}

test(
  `${REQUESTS} requests get answers that say nothing of the inside`,
  { timeout: TIME_LIMIT_MS },
  async () => {
    await forEach(Math.min(100, REQUESTS), fireRequest);
    const [before, counted] = [await readHeldMb(), countRequests()];
    loop.reset();
    const half = Math.ceil(REQUESTS / 2);
    await forEach(half, fireRequest);
    const middle = await readHeldMb();
    await forEach(REQUESTS - half, (index) => fireRequest(half + index));
    const late = (await readHeldMb()) - middle;
    const growth = middle + late - before;
    say(
      `${JSON.stringify(Object.fromEntries(tally))}, ${growth.toFixed(1)} MB more held, ${late.toFixed(1)} of it by the second half; the event loop was late by ${describeDelay()}`,
    );
    expect(wrongs.slice(0, 5)).toEqual([]);
    expect([...server.unexpected, ...open.unexpected].slice(0, 3)).toEqual([]);
    expect(countRequests() - counted).toBeGreaterThanOrEqual(REQUESTS);
    expect(growth).toBeLessThan(MAX_GROWTH_MB);
    expect(late).toBeLessThan(MAX_LATE_GROWTH_MB);
  },
);

/** Of client and server together, which share it here. */
function describeDelay(): string {
  const showMs = (ns: number) => `${(ns / 1e6).toFixed(0)} ms`;
  return `${showMs(loop.percentile(99))} (99 %), ${showMs(loop.percentile(99.9))} (99.9 %), ${showMs(loop.max)} at most`;
}

test(
  `${EXTREMES} points of extreme numbers on monitored metrics are each stored or refused, and can be read`,
  { timeout: TIME_LIMIT_MS },
  async () => {
    const { accepted, rejected, wrongs: found } = await pushExtremes(server, createRandom(SEED), EXTREMES);
    say(`extreme points: ${accepted} accepted, ${rejected} rejected`);
    expect(found.slice(0, 5)).toEqual([]);
    expect(accepted + rejected).toBe(EXTREMES);
    expect(server.unexpected.slice(0, 3)).toEqual([]);
  },
);

test(`${LINES} lines are each stored or counted`, { timeout: TIME_LIMIT_MS }, async () => {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const graphite = Array.from({ length: LINES / 2 }, (_, i) =>
    writeGraphiteLine(createRandom(SEED + i), nowSeconds),
  );
  const socket = connect(server.graphitePort, '127.0.0.1');
  await once(socket, 'connect');
  // In pieces that end anywhere.
  const all = Buffer.concat([...graphite, Buffer.from('last.line 1 1\n')]);
  const random = createRandom(SEED);
  for (let at = 0; at < all.length;) {
    const end = Math.min(all.length, at + 1 + random.below(3_000));
    if (!socket.write(all.subarray(at, end))) await once(socket, 'drain');
    at = end;
  }
  socket.end();
  const lines = all
    .toString('latin1')
    .split('\n')
    .filter((line) => line.trim() !== '').length;
  await until(() => expect(read('graphite_lines')).toBeGreaterThanOrEqual(lines - LINES / 100));

  await forEach(Math.ceil(LINES / 2 / 50), async (index) => {
    const random = createRandom(SEED + LINES + index);
    const body = Buffer.concat(Array.from({ length: 50 }, () => writeProtocolLine(random, nowSeconds)));
    const path = random.pick(['/write?precision=ns', '/api/v2/write', '/write?precision=nope']);
    const { status, text } = await send({ method: 'POST', path, headers: {}, body });
    add(`write ${status}`);
    const wrong = judgeAnswer(status, text);
    if (wrong !== null) wrongs.push(`write ${index}: ${wrong}`);
  });
  say(
    `graphite: ${read('graphite_lines')} lines, ${read('graphite_lines_bad')} bad; line protocol: ${read('line_protocol_lines')}, ${read('line_protocol_lines_bad')} bad; points: ${read('points_accepted')} accepted, ${read('points_rejected')} rejected`,
  );
  expect(wrongs.slice(0, 5)).toEqual([]);
  expect(server.unexpected.slice(0, 3)).toEqual([]);
});

test(
  `${TALKS} hostile conversations cost their own socket and nothing else`,
  { timeout: TIME_LIMIT_MS },
  async () => {
    await forEach(Math.min(TALKS, AT_ONCE), talk);
    const before = await readHeldMb();
    await forEach(TALKS, talk);
    for (const { engine } of [server, open]) await until(() => expect(engine.live.subscriberCount()).toBe(0));
    const growth = (await readHeldMb()) - before;
    const closes = [...tally].filter(([name]) => name.startsWith('close'));
    say(`${JSON.stringify(Object.fromEntries(closes))}, ${growth.toFixed(1)} MB more held`);
    expect(wrongs.slice(0, 5)).toEqual([]);
    expect(server.unexpected.slice(0, 3)).toEqual([]);
    expect(growth).toBeLessThan(MAX_GROWTH_MB);
  },
);

async function talk(index: number): Promise<void> {
  const { url, key } = callers[index % callers.length] ?? { url: server.url };
  const steps = writeTalk(schema, createRandom(SEED + index), key === undefined ? {} : { apiKey: key });
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws']);
  socket.on('error', () => undefined);
  socket.on('message', (data) => {
    const wrong = judgeText((data as Buffer).toString());
    if (wrong !== null && wrongs.length < 100) wrongs.push(`talk ${index}: ${wrong}`);
  });
  // A connection that fails ends in a close: `once` alone would reject, for each event it waits for.
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const hear = (event: string) => once(socket, event).catch(() => closed);
  await Promise.race([hear('open'), closed]);
  for (const [place, step] of steps.entries()) {
    act(socket, step);
    // Whoever does not wait to be let in is sent away: the first word alone is waited for.
    if (place === 0) await Promise.race([hear('message'), closed, pause(200)]);
  }
  // One that ends the conversation, or shows that it goes on.
  const heard = hear('pong');
  if (socket.readyState === socket.OPEN) socket.ping();
  await Promise.race([heard, closed, pause(2_000)]);
  socket.terminate();
  const code = await closed;
  add(`close ${code}`);
}

function act(socket: WebSocket, step: Step): void {
  if (socket.readyState !== socket.OPEN) return;
  if (step.kind === 'ping') socket.ping();
  else if (step.kind === 'message') socket.send(step.data);
  // Beside the client's own framing: `_socket` is where ws keeps the connection.
  else (socket as unknown as { _socket: { write: (data: Buffer) => void } })._socket.write(step.data);
}
