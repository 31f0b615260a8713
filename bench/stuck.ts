/**
 * What subscribers that never read cost the server and those who do read:
 * npm run bench:stuck -- --stuck 1000 --healthy 50
 * They ask for a backlog larger than the kernel's buffers, so that all of them come to a stop at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { printFigure, printLatency } from './measure.ts';
import { startLoadProcess } from './measure-process.ts';
import { ask, monitorAll, startMeasuredServer } from './measure-server.ts';
import type { StuckOrder } from './stuck-clients.ts';
import type { ClientOrder, ClientReport } from './subscribe-clients.ts';

const { values } = parseArgs({
  options: {
    stuck: { type: 'string', default: '1000' },
    healthy: { type: 'string', default: '50' },
    backlog: { type: 'string', default: '40000' },
  },
});
const stuckCount = Number(values.stuck);
const healthyCount = Number(values.healthy);
const METRICS = Array.from({ length: 200 }, (_, metric) => `stuck.${metric}`);
const LIMIT_MS = 90_000;
const PUSHES_PER_SECOND = 5;
const SCORES_PER_PUSH = 40;
const ROWS_A_PUSH = 5;

const QUERY = `subscription Scores($after: String) {
  anomalyScores(after: $after, maxBatch: 100, lingerMs: 100) {
    prev cursor scores { timestamp rowId value anomalyScore anomalyClass } } }`;
const PUT = `mutation Put($points: [MetricPointInput!]!) {
  putMetricData(input: { points: $points }) { accepted } }`;

function makePoints(metrics: number, timestampMs: number): object[] {
  const timestamp = new Date(timestampMs).toISOString();
  return METRICS.slice(0, metrics).map((metric, index) => ({
    metric,
    timestamp,
    value: 50 + 20 * Math.sin(timestampMs / 30_000 + index),
  }));
}

/** As many rows of all metrics as go into one push, each a second after the one before. */
async function pushRows(url: string, rows: number, fromMs: number): Promise<void> {
  const points = Array.from({ length: rows }, (_, row) => makePoints(METRICS.length, fromMs + row * 1000));
  await ask(url, PUT, { points: points.flat() });
}

async function readCursor(url: string): Promise<string> {
  const { serverInfo } = await ask<{ serverInfo: { cursor: string } }>(url, '{ serverInfo { cursor } }');
  return serverInfo.cursor;
}

/** Subscriptions open now, as the server counts them. */
async function countSubscribers(url: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  const match = /^lapwing_subscribers (\d+)/m.exec(text);
  if (match === null) throw new Error('/metrics does not tell the number of subscribers');
  return Number(match[1]);
}

// All clients come from one address, and none shows a key.
const settings = { LAPWING_MAX_CONNECTIONS: '100000', LAPWING_MAX_OPERATIONS_PER_SECOND: '1000000' };
await using server = await startMeasuredServer({ settings });
const { url } = server;
await monitorAll(url, METRICS);
const oldest = await readCursor(url);
const begin = Date.now() - 3_600_000;
const rows = Math.ceil(Number(values.backlog) / METRICS.length);
for (let row = 0; row < rows; row += ROWS_A_PUSH) await pushRows(url, ROWS_A_PUSH, begin + row * 1000);
await using clients = startLoadProcess('./subscribe-clients.ts');
await using stuck = startLoadProcess('./stuck-clients.ts');
const order = (given: ClientOrder) => clients.request<ClientReport>(given);
await order({ do: 'open', url: url.replace('http', 'ws'), count: healthyCount, query: QUERY, variables: {} });
const memoryBefore = await server.readMemoryMb();
const startedMs = performance.now();
const state: { isOpened: boolean; isOver: boolean } = { isOpened: false, isOver: false };
let pushes = 0;
const pushing = (async () => {
  while (!state.isOver) {
    const next = sleep(1000 / PUSHES_PER_SECOND);
    await ask(url, PUT, { points: makePoints(SCORES_PER_PUSH, Date.now()) });
    pushes += 1;
    await next;
  }
})();
const opening = stuck.request({
  url,
  count: stuckCount,
  query: QUERY,
  variables: { after: oldest },
} satisfies StuckOrder);
let most = 0;
let peak = memoryBefore;
let goneMs = Number.NaN;
void opening.then(() => (state.isOpened = true));
while (performance.now() - startedMs < LIMIT_MS) {
  const subscribers = await countSubscribers(url);
  most = Math.max(most, subscribers);
  peak = Math.max(peak, await server.readMemoryMb());
  if (state.isOpened && most > healthyCount && subscribers <= healthyCount) {
    goneMs = performance.now() - startedMs;
    break;
  }
  await sleep(250);
}
state.isOver = true;
await pushing;
const scoresEach = pushes * SCORES_PER_PUSH;
const report = await order({ do: 'await', scoresEach, limitMs: LIMIT_MS });
printFigure({ name: `subscribers at most, ${stuckCount} of them stuck`, value: most, unit: '1' });
printFigure({ name: 'server memory added by stuck subscribers', value: peak - memoryBefore, unit: 'MB' });
printFigure({ name: 'until all stuck subscribers were gone', value: goneMs / 1000, unit: 's' });
printLatency(`push to receipt of ${healthyCount} healthy subscribers meanwhile`, report.latenciesMs);
printFigure({
  name: 'healthy subscribers, events that do not follow the one before',
  value: report.gaps,
  unit: '1',
});
await order({ do: 'close' });
