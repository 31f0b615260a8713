/**
 * Whether anything grows under mixed load that goes on and on:
 * npm run bench:soak -- --minutes 8
 * Pushes by GraphQL and Graphite, subscribers that stay and others that come and go, pages, and bad requests. Slopes
 * are least squares over all but the first quarter.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openGraphitePusher, openGraphqlPusher, type Pusher } from './ingest-push.ts';
import { printFigure } from './measure.ts';
import { startLoadProcess } from './measure-process.ts';
import { ask, monitorAll, startMeasuredServer } from './measure-server.ts';
import type { ClientOrder, ClientReport } from './subscribe-clients.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '8' } } });
const VITALS = ['usedMb', 'residentMb', 'handles', 'timers', 'listeners'] as const;
type Vitals = Readonly<Record<(typeof VITALS)[number] | 'seconds', number>>;

const VITALS_MS = 2_000;
const PROBE = new URL('measure-vitals.js', import.meta.url).href;
const STAYING = 50;
const VISITING = 20;
const PUSHED_BY = { graphql: listNames('soak.graphql'), graphite: listNames('soak.graphite') };
const QUERY = `subscription { anomalyScores(maxBatch: 100, lingerMs: 100) {
  prev cursor scores { timestamp rowId value anomalyScore } } }`;
const PAGES = `{ metrics(first: 20) { totalCount nodes { name latest { value anomalyScore }
  series(maxPoints: 50) { timestamps values } } } }`;

function listNames(prefix: string): readonly string[] {
  return Array.from({ length: 100 }, (_, index) => `${prefix}.${index}`);
}

/** A row of a point each, some times a second. */
async function keepPushing(pusher: Pusher, names: readonly string[], endMs: number): Promise<number> {
  let rows = 0;
  for (; Date.now() < endMs; rows++) {
    const pause = sleep(200);
    const values = names.map((_, index) => 50 + 20 * Math.sin((rows + index) / 30));
    await pusher.push({ names, values, timestampMs: Date.now() });
    await pause;
  }
  await pusher.end();
  return rows * names.length;
}

async function keepAsking(url: string, endMs: number): Promise<number> {
  let asked = 0;
  for (; Date.now() < endMs; asked++) {
    await ask(url, PAGES);
    // A bad document, and a bad line of the line protocol.
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ no }"}',
    });
    await fetch(new URL('/api/v2/write?precision=s', url), { method: 'POST', body: 'bad line\n' });
    await sleep(500);
  }
  return asked;
}

/** Come, hear something, and go. */
async function keepVisiting(url: string, endMs: number): Promise<number> {
  let visits = 0;
  await using clients = startLoadProcess('./subscribe-clients.ts');
  const order = (given: ClientOrder) => clients.request<ClientReport>(given);
  for (; Date.now() < endMs; visits += VISITING) {
    await order({ do: 'open', url: url.replace('http', 'ws'), count: VISITING, query: QUERY, variables: {} });
    await order({ do: 'await', scoresEach: 100, limitMs: 5_000 });
    await order({ do: 'close' });
  }
  return visits;
}

/** Least squares: how much a vital rises in a minute. */
function findSlope(vitals: readonly Vitals[], name: (typeof VITALS)[number]): number {
  const meanX = vitals.reduce((sum, { seconds }) => sum + seconds, 0) / vitals.length;
  const meanY = vitals.reduce((sum, one) => sum + one[name], 0) / vitals.length;
  let above = 0;
  let below = 0;
  for (const one of vitals) {
    above += (one.seconds - meanX) * (one[name] - meanY);
    below += (one.seconds - meanX) ** 2;
  }
  return (60 * above) / below;
}

const folder = await mkdtemp(join(tmpdir(), 'lapwing-soak-'));
const file = join(folder, 'vitals');
const settings = {
  NODE_OPTIONS: `--import ${PROBE}`,
  BENCH_VITALS_FILE: file,
  BENCH_VITALS_MS: String(VITALS_MS),
};
await using server = await startMeasuredServer({ settings });
const { url } = server;
for (const names of Object.values(PUSHED_BY)) await monitorAll(url, names);
await using staying = startLoadProcess('./subscribe-clients.ts');
const open: ClientOrder = {
  do: 'open',
  url: url.replace('http', 'ws'),
  count: STAYING,
  query: QUERY,
  variables: {},
};
await staying.request(open);
const endMs = Date.now() + Number(values.minutes) * 60_000;
const [pushed, lines, asked, visits] = await Promise.all([
  keepPushing(openGraphqlPusher(url), PUSHED_BY.graphql, endMs),
  keepPushing(await openGraphitePusher(server.graphite), PUSHED_BY.graphite, endMs),
  keepAsking(url, endMs),
  keepVisiting(url, endMs),
]);
await staying.request({ do: 'close' } satisfies ClientOrder);
const all = (await readFile(file, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Vitals);
const seen = all.slice(Math.floor(all.length / 4));
printFigure({ name: 'points pushed', value: pushed + lines, unit: 'points' });
printFigure({ name: 'pages asked for', value: asked, unit: '1' });
printFigure({ name: 'subscribers that came and went', value: visits, unit: '1' });
for (const name of VITALS) {
  const values = seen.map((one) => one[name]);
  printFigure({ name: `${name}, least`, value: Math.min(...values), unit: name });
  printFigure({ name: `${name}, most`, value: Math.max(...values), unit: name });
  printFigure({ name: `${name}, slope`, value: findSlope(seen, name), unit: `${name}/min` });
}
await rm(folder, { recursive: true });
