/** Every way of pushing that the page offers is run as it stands: it has to reach the metric it is offered for. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSnippets } from '../../src/web/add/snippets.ts';
import { read } from '../helpers/ask.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';

const run = promisify(execFile);

/** Names people give, with the ways that can reach each. */
const NAMES: readonly (readonly [string, readonly string[]])[] = [
  ['shop.orders', ['curl', 'Graphite', 'InfluxDB line protocol', 'JavaScript']],
  ['orders', ['curl', 'Graphite', 'JavaScript']],
  ['disk.used{path="/a,b=c",host="web-1"}', ['curl', 'Graphite', 'InfluxDB line protocol', 'JavaScript']],
  [`it's "so".called: $HOME`, ['curl', 'InfluxDB line protocol', 'JavaScript']],
  ['größe.in,mm', ['curl', 'Graphite', 'InfluxDB line protocol', 'JavaScript']],
  ['@file.x', ['curl', 'Graphite', 'JavaScript']],
  ['C:\\temp.free', ['curl', 'Graphite', 'JavaScript']],
];
const MONITOR = `mutation ($name: String!) {
  monitorMetric(input: { spec: { custom: { name: $name } } }) { ... on Metric { id name } ... on Error { message } }
}`;

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_GRAPHITE_PORT: '0' } });
});

afterAll(() => server[Symbol.asyncDispose]());

async function monitor(name: string): Promise<{ readonly id: string; readonly name: string }> {
  const { monitorMetric } = await read<{ monitorMetric: { id: string; name: string } }>(server, MONITOR, {
    name,
  });
  return monitorMetric;
}

async function listSnippets(name: string) {
  const { serverInfo } = await read<{ serverInfo: { graphiteAddress: string } }>(
    server,
    '{ serverInfo { graphiteAddress } }',
  );
  return writeSnippets({ name, origin: server.url, needsKey: false, ...serverInfo });
}

/** What is special about the beginning of a name stays at the beginning. */
function mark(name: string): string {
  return name.startsWith('@') ? '@' : '';
}

async function pushBy(title: string, name: string): Promise<void> {
  const known = await monitor(name);
  const snippet = (await listSnippets(known.name)).find((one) => one.title === title);
  if (snippet === undefined) throw new Error(`${title} is not offered for ${known.name}`);
  await (title === 'JavaScript'
    ? run(process.execPath, ['--input-type=module', '-e', snippet.text])
    : run('bash', ['-c', snippet.text]));
  await until(async () => {
    const query = 'query ($id: ID!) { metric(id: $id) { latest { value } } }';
    const { metric } = await read<{ metric: object }>(server, query, { id: known.id });
    expect(metric).toEqual({ latest: { value: 42 } });
  });
}

describe.each(NAMES)('the ways to push %s', (name, titles) => {
  it('each reach it, and only those that can are offered', async () => {
    const known = await monitor(name);
    expect((await listSnippets(known.name)).map(({ title }) => title)).toEqual(titles);
    // A metric of its own for each: two points of one second are one.
    await Promise.all(titles.map((title, index) => pushBy(title, `${mark(name)}s${index}${name}`)));
  });
});

it('say where Graphite listens; without it that way is not offered', async () => {
  const { serverInfo } = await read<{ serverInfo: { graphiteAddress: string } }>(
    server,
    '{ serverInfo { graphiteAddress } }',
  );
  expect(serverInfo.graphiteAddress).toBe(server.addresses.graphite);
  const ways = writeSnippets({ name: 'a.b', origin: server.url, graphiteAddress: null, needsKey: true });
  expect(ways.map(({ title }) => title)).toEqual(['curl', 'InfluxDB line protocol', 'JavaScript']);
});
