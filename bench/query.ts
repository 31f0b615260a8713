/**
 * How fast questions are answered, beside mercurius with its JIT and Apollo over the same tables in the same run:
 * npm run bench:query -- --metrics 1000 --seconds 4
 * Each server is asked in turn, by one client after the other (latency) and by eight at once (answers a second, and
 * what an answer costs its process: that holds on a machine that has other work too).
 */
import { deepStrictEqual } from 'node:assert';
import { parseArgs } from 'node:util';
import { findQuantile, printFigure } from './measure.ts';
import { readCpuSeconds } from './measure-cpu.ts';
import { startLoadProcess } from './measure-process.ts';
import { ask, startMeasuredServer } from './measure-server.ts';
import { fill, LONG_METRIC, LONG_POINTS } from './query-data.ts';
import type { PeerOrder } from './query-peers.ts';

const { values } = parseArgs({
  options: {
    metrics: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '4' },
    profile: { type: 'string' },
  },
});
const metrics = Number(values.metrics);
const ROUNDS = 2;
const CLIENTS = 8;
const roundMs = (Number(values.seconds) * 1000) / ROUNDS / 2;

interface Question {
  readonly name: string;
  readonly query: string;
  readonly variables: object;
}

interface Pace {
  readonly latenciesMs: number[];
  answers: number;
  seconds: number;
  /** Of the process that answers, without its database. */
  cpuSeconds: number;
}

interface Server {
  readonly url: string;
  readonly pid: number;
}

async function listQuestions(url: string): Promise<readonly Question[]> {
  const found = await ask<{ metrics: { nodes: [{ id: string; lastTimestamp: string }] } }>(
    url,
    `{ metrics(filter: { nameContains: "${LONG_METRIC}" }) { nodes { id lastTimestamp } } }`,
  );
  const [{ id, lastTimestamp }] = found.metrics.nodes;
  const middle = Date.parse(lastTimestamp) - (LONG_POINTS / 2) * 5000;
  const series = '{ timestamps values anomalyScores expectedLow expectedHigh }';
  return [
    { name: 'nothing but a type name', query: '{ __typename }', variables: {} },
    {
      name: 'one metric by its id',
      query: 'query One($id: ID!) { metric(id: $id) { id name } }',
      variables: { id },
    },
    {
      name: '50 metrics with their last 10 samples',
      query:
        '{ metrics(first: 50) { nodes { id name data(last: 10) { nodes { timestamp value anomalyScore anomalyClass } } } } }',
      variables: {},
    },
    {
      name: `one metric with ${LONG_POINTS} points as series`,
      query: `query Long($id: ID!, $until: DateTime!, $from: DateTime!) { metric(id: $id) { name
        older: series(to: $until, maxPoints: 5000) ${series} newer: series(from: $from, maxPoints: 5000) ${series} } }`,
      variables: {
        id,
        until: new Date(middle).toISOString(),
        from: new Date(middle + 1).toISOString(),
      },
    },
    {
      name: `the 100 most anomalous of ${metrics + 1} metrics`,
      query: '{ metrics(first: 100, orderBy: ANOMALY) { nodes { id name } } }',
      variables: {},
    },
    {
      name: `the wall of ${metrics} metrics`,
      query:
        '{ wall(by: METRIC, window: DAYS, first: 1000) { barSeconds rows { key name anomalyScores provisional } } }',
      variables: {},
    },
  ];
}

async function measure({ url, pid }: Server, { query, variables }: Question, pace: Pace): Promise<void> {
  const until = performance.now() + roundMs;
  while (performance.now() < until) {
    const begin = performance.now();
    await ask(url, query, variables);
    pace.latenciesMs.push(performance.now() - begin);
  }
  const cpuBefore = await readCpuSeconds(pid);
  const begin = performance.now();
  const client = async () => {
    while (performance.now() < begin + roundMs) {
      await ask(url, query, variables);
      pace.answers += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  pace.seconds += (performance.now() - begin) / 1000;
  pace.cpuSeconds += (await readCpuSeconds(pid)) - cpuBefore;
}

await using server = await startMeasuredServer({ profileDir: values.profile });
await fill(server.url, metrics);
await using mercurius = startLoadProcess('./query-peers.ts');
await using apollo = startLoadProcess('./query-peers.ts');
const serve = async (peer: typeof mercurius, by: PeerOrder['by']): Promise<Server> => {
  const order: PeerOrder = { by, connection: server.connection };
  return { pid: peer.pid, ...(await peer.request<{ url: string }>(order)) };
};
const servers: Readonly<Record<string, Server>> = {
  lapwing: server,
  'mercurius with JIT': await serve(mercurius, 'mercurius'),
  '@apollo/server': await serve(apollo, 'apollo'),
};

for (const question of await listQuestions(server.url)) {
  const { query, variables } = question;
  const expected = await ask<object>(server.url, query, variables);
  const paces = new Map<string, Pace>();
  for (const [name, asked] of Object.entries(servers)) {
    // Whoever answers something else is not to be compared with.
    deepStrictEqual(await ask<object>(asked.url, query, variables), expected, `${name}: ${question.name}`);
    paces.set(name, { latenciesMs: [], answers: 0, seconds: 0, cpuSeconds: 0 });
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, asked] of Object.entries(servers)) {
      const pace = paces.get(name);
      if (pace === undefined) continue;
      const run = () => measure(asked, question, pace);
      await (name === 'lapwing' ? server.profile(run) : run());
    }
  }
  printQuestion(question.name, paces);
}

function printQuestion(name: string, paces: ReadonlyMap<string, Pace>): void {
  const ours = paces.get('lapwing');
  if (ours === undefined) return;
  for (const [peer, pace] of paces) {
    if (peer === 'lapwing') continue;
    printFigure({
      name: `${name}, ${CLIENTS} clients`,
      value: ours.answers / ours.seconds,
      unit: 'answers/s',
      against: { name: peer, value: pace.answers / pace.seconds },
    });
    printFigure({
      name: `${name}, CPU of an answer without its database`,
      value: (ours.cpuSeconds / ours.answers) * 1000,
      unit: 'ms',
      against: { name: peer, value: (pace.cpuSeconds / pace.answers) * 1000 },
    });
    printFigure({
      name: `${name}, one client, p50`,
      value: findQuantile(ours.latenciesMs, 0.5),
      unit: 'ms',
      against: { name: peer, value: findQuantile(pace.latenciesMs, 0.5) },
    });
  }
}
