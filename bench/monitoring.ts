/**
 * What the watching of requests costs: the same handler over real HTTP, monitored and not, in turns of one run. The points
 * go to InfluxDB as the server sends them (a real endpoint in a process of its own). Prints JSON lines.
 *
 *   npm run bench:monitoring
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorHandler } from '../src/api/http/monitored-route.ts';
import type { Handler } from '../src/api/http/routes.ts';
import { sendJson } from '../src/api/http/send-json.ts';
import { createLog } from '../src/log.ts';
import { createSendPoints } from '../src/platform/telemetry/send-points.ts';
import { InfluxdbWriter } from '../src/platform/telemetry/influxdb-writer.ts';
import { createRequestMonitor } from '../src/platform/telemetry/request-monitor.ts';
import { createStats } from '../src/platform/telemetry/metrics.ts';

const ROUNDS = 11;
const REQUESTS = 4000;
const AT_ONCE = 8;

const answer: Handler = (_request, response) => sendJson(response, 200, { status: 'ok' });

/** Takes writes and says how many lines came, when asked. */
async function startEndpoint() {
  const child = fork(new URL('monitoring-endpoint.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, url: `http://127.0.0.1:${port}` };
}

async function serve(handler: Handler) {
  const server = createServer((request, response) => void handler(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port }; // a listening TCP server has one
}

async function askOnce(port: number, agent: Agent): Promise<void> {
  const request = httpRequest({ port, host: '127.0.0.1', path: '/', agent }).end();
  const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
  response.resume();
  await once(response, 'end');
}

/** @returns microseconds per request */
async function runRound(port: number, agent: Agent): Promise<number> {
  let left = REQUESTS;
  const startMs = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) await askOnce(port, agent);
    }),
  );
  return ((performance.now() - startMs) * 1000) / REQUESTS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const endpoint = await startEndpoint();
const stats = createStats();
const log = createLog('warn');
const send = createSendPoints({ url: endpoint.url, org: 'o', bucket: 'b', token: undefined }, log);
const writer = new InfluxdbWriter({ send, stats, log, flushSeconds: 1 });
writer.start();
const monitor = createRequestMonitor({ stats, write: (point) => writer.write(point) });
const plain = await serve(answer);
const monitored = await serve(monitorHandler('/', answer, monitor));
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
const [off, on]: [number[], number[]] = [[], []];
for (let round = 0; round < ROUNDS; round += 1) {
  // Who goes first changes, so that neither always runs on a machine the other has warmed.
  const order = round % 2 === 0 ? [plain, monitored] : [monitored, plain];
  for (const side of order) {
    const cost = await runRound(side.port, agent);
    // The first round is for the compiler.
    if (round > 0) (side === plain ? off : on).push(cost);
  }
}
await writer.stop();
endpoint.child.send('count');
const [{ lines }] = (await once(endpoint.child, 'message')) as [{ lines: number }];
const [without, withIt] = [median(off), median(on)];
const print = (row: Record<string, string | number>) => process.stdout.write(`${JSON.stringify(row)}\n`);
print({
  name: 'request monitored',
  value: Number(withIt.toFixed(1)),
  unit: 'µs',
  against: `not monitored: ${without.toFixed(1)} µs`,
  ratio: Number((withIt / without).toFixed(3)),
});
const made = ROUNDS * REQUESTS;
print({
  name: 'points arrived',
  value: lines,
  unit: 'points',
  against: `requests made: ${made}`,
  ratio: lines / made,
});
agent.destroy();
for (const { server } of [plain, monitored]) server.close();
endpoint.child.disconnect();
