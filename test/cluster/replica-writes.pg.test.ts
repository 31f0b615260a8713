/** What a replica cannot do the leader does, and the replica knows of it. */
import { randomBytes } from 'node:crypto';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ADMIN } from '../api/graphql/keyed-server.ts';
import { read } from '../helpers/ask.ts';
import { startReplica, type TestReplica } from '../helpers/start-replica.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';

const SETTINGS = {
  LAPWING_CLUSTER: 'on',
  LAPWING_SEALING_KEY: randomBytes(32).toString('base64'),
  LAPWING_API_KEY: ADMIN,
  LAPWING_MAX_COST: '10000000',
  LAPWING_MAX_OPERATIONS_PER_SECOND: '100000',
};
const START_MS = Date.parse('2026-01-01T00:00:00Z');

let leader: TestServer;
let replica: TestReplica;
const onLeader = () => ({ url: leader.url, key: ADMIN });
const onReplica = () => ({ url: replica.url, key: ADMIN });

beforeAll(async () => {
  leader = await startServer({ settings: SETTINGS });
  replica = await startReplica(leader.database, SETTINGS);
});
afterAll(async () => {
  await replica[Symbol.asyncDispose]();
  await leader[Symbol.asyncDispose]();
});

const MONITOR = `mutation ($name: String!) {
  monitorMetric(input: { spec: { custom: { name: $name } }, model: { min: 0, max: 100 } }) { ... on Metric { id status } } }`;
const PUT = `mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }`;

async function findMetric(server: { readonly url: string; readonly key: string }, name: string) {
  const { metrics } = await read<{
    metrics: { nodes: { id: string; status: string; lastTimestamp: string | null; lastRowId: number }[] };
  }>(
    server,
    'query ($name: String!) { metrics(filter: { names: [$name] }) { nodes { id status lastTimestamp lastRowId } } }',
    { name },
  );
  return metrics.nodes;
}

describe('who writes on a replica finds there what was written', () => {
  it('a metric, its points, its scores, and that it was deleted', async () => {
    const server = onReplica();
    const { monitorMetric } = await read<{ monitorMetric: { id: string } }>(server, MONITOR, { name: 'w.a' });
    expect(await findMetric(server, 'w.a')).toMatchObject([
      { id: monitorMetric.id, status: 'ACTIVE', lastRowId: 0 },
    ]);
    for (let round = 1; round <= 20; round++) {
      const timestamp = new Date(START_MS + round * 60_000).toISOString();
      await read(server, PUT, { points: [{ metric: 'w.a', timestamp, value: round }] });
      expect(await findMetric(server, 'w.a')).toMatchObject([{ lastTimestamp: timestamp, lastRowId: round }]);
    }
    const unmonitor = 'mutation ($id: ID!) { unmonitorMetric(input: { id: $id }) { __typename } }';
    await read(server, unmonitor, { id: monitorMetric.id });
    expect(await findMetric(server, 'w.a')).toMatchObject([{ status: 'UNMONITORED' }]);
    await read(server, 'mutation ($id: ID!) { deleteMetric(input: { id: $id }) { __typename } }', {
      id: monitorMetric.id,
    });
    expect(await findMetric(server, 'w.a')).toEqual([]);
  });

  it('points of a new name, pushed over HTTP, though nothing scores them', async () => {
    for (let round = 1; round <= 10; round++) {
      const atMs = START_MS + round * 60_000;
      const response = await fetch(`${replica.url}/api/v2/write?precision=ms`, {
        method: 'POST',
        headers: { authorization: `Token ${ADMIN}` },
        body: `pushed value=${round} ${atMs}`,
      });
      expect(response.status).toBe(204);
      const [metric] = await findMetric(onReplica(), 'pushed.value');
      expect(metric).toMatchObject({ lastRowId: round, status: 'UNMONITORED' });
    }
  });

  it('a rule, and that it was deleted', async () => {
    const { createNotificationRule } = await read<{ createNotificationRule: { id: string } }>(
      onReplica(),
      `mutation { createNotificationRule(input: {
         name: "of a replica", channels: [{ alertmanager: { url: "https://alerts.example" } }]
       }) { ... on NotificationRule { id } } }`,
    );
    const list = () =>
      read<{ notificationRules: { name: string }[] }>(onReplica(), '{ notificationRules { name } }');
    expect(await list()).toEqual({ notificationRules: [{ name: 'of a replica' }] });
    await read(
      onReplica(),
      'mutation ($id: ID!) { deleteNotificationRule(input: { id: $id }) { __typename } }',
      createNotificationRule,
    );
    expect(await list()).toEqual({ notificationRules: [] });
  });
});

it('of a batch each mutation is done by the leader, and the rest here', async () => {
  const response = await fetch(`${replica.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN}` },
    body: JSON.stringify([
      { query: '{ __typename }' },
      { query: MONITOR, variables: { name: 'batch.a' } },
      { query: 'mutation { nope }' },
      { query: MONITOR, variables: { name: 'batch.b' } },
    ]),
  });
  const monitored = { data: { monitorMetric: { status: 'ACTIVE' } } };
  expect(await response.json()).toMatchObject([
    { data: { __typename: 'Query' } },
    monitored,
    { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
    monitored,
  ]);
  expect(await findMetric(onReplica(), 'batch.b')).toMatchObject([{ status: 'ACTIVE' }]);
});

it('a mutation over a WebSocket is done with the key of that socket, and refused without the right', async () => {
  const { createApiKey } = await read<{ createApiKey: { secret: string } }>(
    onReplica(),
    'mutation { createApiKey(input: { name: "reader of replicas", scopes: [READ] }) { ... on CreatedApiKey { secret } } }',
  );
  const mutate = async (apiKey: string) => {
    const client = createClient({
      url: `${replica.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { apiKey },
    });
    try {
      const results = client.iterate({ query: MONITOR, variables: { name: 'ws.a' } });
      return ((await results.next()) as { readonly value: unknown }).value;
    } finally {
      await client.dispose();
    }
  };
  expect(await mutate(ADMIN)).toMatchObject({ data: { monitorMetric: { status: 'ACTIVE' } } });
  await until(async () =>
    expect(await mutate(createApiKey.secret)).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    }),
  );
});

it('scores that the leader commits reach a subscription on the replica, from the cursor of the leader', async () => {
  await read(onLeader(), MONITOR, { name: 'live.a' });
  const { serverInfo } = await read<{ serverInfo: { cursor: string } }>(
    onLeader(),
    '{ serverInfo { cursor } }',
  );
  const client = createClient({
    url: `${replica.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { apiKey: ADMIN },
  });
  const events = client.iterate<{ anomalyScores: { scores: { value: number }[] } }>({
    query:
      'subscription ($after: String) { anomalyScores(after: $after, filter: { names: ["live.a"] }) { scores { value } } }',
    variables: { after: serverInfo.cursor },
  });
  const points = [1, 2, 3].map((value) => ({
    metric: 'live.a',
    timestamp: new Date(START_MS + value * 60_000).toISOString(),
    value,
  }));
  await read(onLeader(), PUT, { points });
  const seen: number[] = [];
  for await (const { data, errors } of events) {
    expect(errors).toBeUndefined();
    seen.push(...(data?.anomalyScores.scores ?? []).map(({ value }) => value));
    if (seen.length >= points.length) break;
  }
  expect(seen).toEqual([1, 2, 3]);
  await client.dispose();
});

it('either says who leads', async () => {
  for (const server of [onLeader(), onReplica()]) {
    const { serverInfo } = await read<{
      serverInfo: { members: { role: string; address: string; isReady: boolean }[] };
    }>(server, '{ serverInfo { members { role address isReady } } }');
    expect(serverInfo.members).toEqual([
      { role: 'LEADER', address: leader.url, isReady: true },
      { role: 'REPLICA', address: replica.url, isReady: true },
    ]);
  }
});

it('requests that come while nobody leads wait for the replica, which leads on the port it has', async () => {
  await read(onReplica(), MONITOR, { name: 'takeover.a' });
  const stopped = leader.stop();
  const points = [{ metric: 'takeover.a', timestamp: new Date(START_MS).toISOString(), value: 1 }];
  // Begun before the other has stopped: it is answered by the one that leads then.
  await read(onReplica(), PUT, { points });
  await stopped;
  expect((await replica.leading).addresses.http).toBe(`${replica.url}/`);
  const written = await read(onReplica(), PUT, {
    points: [{ metric: 'takeover.a', timestamp: new Date(START_MS + 60_000).toISOString(), value: 2 }],
  });
  expect(written).toEqual({ putMetricData: { accepted: 1 } });
  const { serverInfo } = await read<{ serverInfo: { members: { role: string; address: string }[] } }>(
    onReplica(),
    '{ serverInfo { members { role address } } }',
  );
  expect(serverInfo.members).toEqual([{ role: 'LEADER', address: replica.url }]);
  expect(await findMetric(onReplica(), 'takeover.a')).toMatchObject([{ lastRowId: 2 }]);
});
