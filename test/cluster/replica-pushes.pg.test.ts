/** Points that are pushed to a replica: it answers as the leader would, and what it has answered is stored. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN } from '../api/graphql/keyed-server.ts';
import { startReplica, type TestReplica } from '../helpers/start-replica.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';

const SETTINGS = {
  LAPWING_CLUSTER: 'on',
  LAPWING_SEALING_KEY: randomBytes(32).toString('base64'),
  LAPWING_API_KEY: ADMIN,
};
const AT_MS = Date.parse('2026-01-01T00:00:00Z');
const AT = new Date(AT_MS).toISOString();

let leader: TestServer;
let replica: TestReplica;

beforeAll(async () => {
  leader = await startServer({ settings: SETTINGS });
  replica = await startReplica(leader.database, SETTINGS);
});
afterAll(async () => {
  await replica[Symbol.asyncDispose]();
  await leader[Symbol.asyncDispose]();
});

interface Push {
  readonly path: string;
  readonly body: string;
  readonly type?: string;
  readonly key?: string;
}

async function push(url: string, { path, body, type = 'text/plain', key = ADMIN }: Push) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': type };
  const response = await fetch(url + path, { method: 'POST', headers, body });
  return { status: response.status, body: await response.text() };
}

const ask = (query: string, variables: object) => ({
  path: '/graphql',
  type: 'application/json',
  body: JSON.stringify({ query, variables }),
});
const put = (names: readonly string[]) =>
  ask(
    'mutation ($points: [MetricPointInput!]!) { __typename ...Put } fragment Put on Mutation { first: putMetricData(input: { points: $points }) { accepted duplicates rejected { index code } } }',
    { points: names.map((metric) => ({ metric, timestamp: AT, value: 1, unit: 'ms', resource: 'host' })) },
  );
const otlp = (name: string) => ({
  path: '/v1/metrics',
  type: 'application/json',
  body: JSON.stringify({
    resourceMetrics: [
      {
        scopeMetrics: [
          { metrics: [{ name, gauge: { dataPoints: [{ timeUnixNano: `${AT_MS}000000`, asDouble: 1 }] } }] },
        ],
      },
    ],
  }),
});

/** By the name of a metric. */
const PUSHES: Readonly<Record<string, (name: string) => Push>> = {
  GraphQL: (name) => put([name]),
  'GraphQL, of which one is rejected': (name) => put([name, '']),
  'GraphQL, without a right': (name) => ({ ...put([name]), key: 'nobody' }),
  'GraphQL, with an input that is none': (name) => ask('mutation { putMetricData { accepted } }', { name }),
  'line protocol of InfluxDB 2': (name) => ({
    path: '/api/v2/write?precision=ms',
    body: `${name} v=1 ${AT_MS}`,
  }),
  'line protocol, of which one line is bad': (name) => ({
    path: '/api/v2/write?precision=ms',
    body: `${name} v=1 ${AT_MS}\nbad`,
  }),
  'line protocol of InfluxDB 3': (name) => ({
    path: '/api/v3/write_lp?db=d&precision=millisecond',
    body: `${name} v=1 ${AT_MS}`,
  }),
  'line protocol of InfluxDB 1': (name) => ({
    path: '/write?db=d&precision=ms',
    body: `${name} v=1 ${AT_MS}`,
  }),
  'text for Prometheus': (name) => ({
    path: '/api/v1/import/prometheus',
    body: `# TYPE ${name} gauge\n${name} 1 ${AT_MS}\n`,
  }),
  'text for a Pushgateway': (name) => ({ path: '/metrics/job/batch', body: `${name} 1\n` }),
  OpenTSDB: (name) => ({
    path: '/api/put?details',
    body: JSON.stringify([{ metric: name, timestamp: AT_MS, value: 1 }, { metric: name }]),
  }),
  OTLP: otlp,
  'OTLP that is none': () => ({ ...otlp('m'), body: '{' }),
  'remote write that is none': () => ({ path: '/api/v1/write', type: 'application/x-protobuf', body: 'x' }),
};

describe('is answered as the leader answers it', () => {
  it.each(Object.entries(PUSHES))('a push by %s', async (_, make) => {
    const [own, leaders] = [`p${randomBytes(4).toString('hex')}`, `p${randomBytes(4).toString('hex')}`];
    const [answer, expected] = [await push(replica.url, make(own)), await push(leader.url, make(leaders))];
    expect({ ...answer, body: answer.body.replaceAll(own, leaders) }).toEqual(expected);
    // What is stored is seen at once on the replica, as on the leader.
    const count = async (url: string, text: string) => {
      const query = 'query ($text: String!) { metrics(filter: { nameContains: $text }) { totalCount } }';
      return (await push(url, ask(query, { text }))).body;
    };
    expect(await count(replica.url, own)).toEqual(await count(leader.url, leaders));
  });
});

it('is passed on whole when it does something else as well', async () => {
  const query = `mutation ($points: [MetricPointInput!]!) {
    putMetricData(input: { points: $points }) { accepted }
    createNotificationRule(input: { name: "r", channels: [{ alertmanager: { url: "https://a.example" } }] }) { __typename } }`;
  const points = [{ metric: 'mixed', timestamp: AT, value: 1 }];
  expect(await push(replica.url, ask(query, { points }))).toEqual({
    status: 200,
    body: '{"data":{"putMetricData":{"accepted":1},"createNotificationRule":{"__typename":"NotificationRule"}}}',
  });
});
