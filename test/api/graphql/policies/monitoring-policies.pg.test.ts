/** What begins to be known and matches a policy is monitored with no call. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';
import { ADMIN } from '../keyed-server.ts';

let server: TestServer;
const admin = () => ({ url: server.url, key: ADMIN });

beforeAll(async () => {
  const settings = { LAPWING_API_KEY: ADMIN, LAPWING_GRAPHITE_PORT: '0', LAPWING_QUOTA_RESOURCES: '10' };
  server = await startServer({ settings });
});
afterAll(() => server[Symbol.asyncDispose]());

const CREATE = `mutation ($input: CreateMonitoringPolicyInput!) { createMonitoringPolicy(input: $input) {
  ... on SavedMonitoringPolicy { policy { id } monitoredCount refusedCount refusal { code } }
  ... on Error { code message }
} }`;
const UPDATE = `mutation ($input: UpdateMonitoringPolicyInput!) { updateMonitoringPolicy(input: $input) {
  ... on SavedMonitoringPolicy {
    policy { name enabled match { namePattern tags { key values } sources } model { min max boundsFrom timeZone }
      policy { direction } }
    monitoredCount
  }
  ... on Error { code message }
} }`;
const DELETE = `mutation ($id: ID!) { deleteMonitoringPolicy(input: { id: $id }) {
  ... on MonitoringPolicy { name } ... on Error { code message }
} }`;
const PREVIEW = `query ($match: MonitoringMatchInput!) { previewMonitoringPolicy(match: $match) {
  ... on MonitoringPolicyPreview { matchedCount monitoredCount newResourceCount freeResourceCount exampleNames }
  ... on Error { code message }
} }`;
const PUT = `mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }`;
const METRICS = `query ($name: String!) { metrics(filter: { nameContains: $name }) { nodes {
  name status message policy { direction minDeviation } spec
  data(first: 5) { nodes { rowId value anomalyScore provisional } }
} } }`;

interface Created {
  readonly createMonitoringPolicy: {
    readonly policy: { readonly id: string };
    readonly monitoredCount: number;
    readonly refusedCount: number;
  };
}
interface Metrics {
  readonly metrics: {
    readonly nodes: readonly {
      readonly name: string;
      readonly status: string;
      readonly message: string | null;
      readonly data: {
        readonly nodes: readonly { readonly rowId: number; readonly anomalyScore: number | null }[];
      };
    }[];
  };
}

async function create(input: object, key = ADMIN): Promise<Created['createMonitoringPolicy']> {
  const { createMonitoringPolicy } = await read<Created>({ url: server.url, key }, CREATE, { input });
  expect(createMonitoringPolicy).toHaveProperty('policy');
  return createMonitoringPolicy;
}
const remove = (id: string) => read(admin(), DELETE, { id });
async function put(names: readonly string[], minute = 0, key = ADMIN): Promise<void> {
  const timestamp = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  const points = names.map((metric) => ({ metric, timestamp, value: 1 }));
  const { putMetricData } = await read<{ putMetricData: { accepted: number } }>(
    { url: server.url, key },
    PUT,
    { points },
  );
  expect(putMetricData.accepted).toBe(points.length);
}
const list = async (name: string) => (await read<Metrics>(admin(), METRICS, { name })).metrics.nodes;

describe('a name that begins to be pushed and matches', () => {
  it('is scored from its first point with no call, whichever way it comes', async () => {
    const { policy } = await create({
      name: 'web',
      match: { namePattern: 'first.*', tags: [{ key: 'env', values: ['prod'] }] },
      policy: { direction: 'ABOVE', minDeviation: 2 },
    });
    const timeMs = Date.UTC(2026, 0, 1);
    await put([
      'first.graphql;env=prod;host=p-1',
      'first.other;env=test;host=p-1',
      'second;env=prod;host=p-1',
    ]);
    const headers = { authorization: `Token ${ADMIN}` };
    const body = `first,env=prod,host=p-1 line=1 ${timeMs}`;
    await fetch(`${server.url}/api/v2/write?precision=ms`, { method: 'POST', headers, body });
    const { port } = new URL(server.addresses.graphite ?? '');
    connect(Number(port)).end(`first.graphite;env=prod;host=p-1 1 ${timeMs / 1000}\n`);
    const metrics = await until(async () => {
      const found = await list('first.');
      expect(found).toHaveLength(4);
      // Its metric is there a moment before its point is: nothing says when Graphite's lines are stored.
      const graphite = found.find((metric) => metric.name.startsWith('first.graphite;'));
      expect(graphite?.data.nodes).toHaveLength(1);
      return found;
    });
    const scored = {
      nodes: [{ rowId: 1, value: 1, anomalyScore: expect.any(Number) as number, provisional: true }],
    };
    for (const name of ['graphite', 'graphql', 'line']) {
      expect(metrics.find((metric) => metric.name.startsWith(`first.${name};`))).toMatchObject({
        status: 'ACTIVE',
        message: null,
        policy: { direction: 'ABOVE', minDeviation: 2 },
        data: scored,
      });
    }
    expect(metrics.find(({ name }) => name.startsWith('first.other'))).toMatchObject({
      status: 'UNMONITORED',
      data: { nodes: [{ anomalyScore: null }] },
    });
    await put(['first.graphql;env=prod;host=p-1'], 5);
    expect((await list('first.graphql'))[0]?.data.nodes).toHaveLength(2);
    expect(await remove(policy.id)).toEqual({ deleteMonitoringPolicy: { name: 'web' } });
    await put(['first.late;env=prod;host=p-1']);
    expect((await list('first.late'))[0]?.status).toBe('UNMONITORED');
  });

  it('goes on after a restart of its model as one that was monitored by a call', async () => {
    const { policy } = await create({
      name: 'again',
      match: { namePattern: 'again' },
      model: { min: 0, max: 9 },
    });
    await put(['again']);
    const { engine } = server;
    const entry = engine.registry.byPushedName('again');
    engine.models.discard([entry?.number ?? 0]);
    await put(['again'], 5);
    const [metric] = await list('again');
    expect(metric).toMatchObject({
      status: 'ACTIVE',
      spec: { metricSpec: { name: 'again' }, modelParams: { max: 9 } },
    });
    expect(metric?.data.nodes.every(({ anomalyScore }) => anomalyScore !== null)).toBe(true);
    await engine.monitor.deleteMetric(entry?.id ?? '');
    await remove(policy.id);
  });

  it('is stored only where the quota is used up, says why, is counted, and costs its neighbours nothing', async () => {
    const { policy } = await create({ name: 'all of q', match: { namePattern: 'q.*' } });
    const names = Array.from({ length: 14 }, (_, index) => `q.${String(index).padStart(2, '0')}`);
    await put(names);
    const metrics = await list('q.');
    const { engine } = server;
    expect(engine.quota.count()).toBe(10);
    const refused = metrics.filter(({ status }) => status === 'UNMONITORED');
    expect(refused.length).toBe(14 - (10 - 1));
    for (const { message, data } of refused) {
      expect(message).toBe(
        'the monitoring policy "all of q" matches, but 10 resources are monitored and 10 may be: stop monitoring one, or raise LAPWING_QUOTA_RESOURCES or the licence',
      );
      expect(data.nodes).toHaveLength(1);
    }
    expect(engine.stats.read('policy_metrics_refused')).toBe(refused.length);
    // A person makes room, and asks again.
    const gone = metrics.filter(({ status }) => status === 'ACTIVE').slice(0, 3);
    for (const { name } of gone)
      await engine.monitor.deleteMetric(engine.registry.byPushedName(name)?.id ?? '');
    const input = { id: policy.id, applyToExisting: true };
    expect(await read(admin(), UPDATE, { input })).toMatchObject({
      updateMonitoringPolicy: { monitoredCount: 3 },
    });
    for (const { id, name } of engine.registry.all())
      if (name.startsWith('q.')) await engine.monitor.deleteMetric(id);
    await remove(policy.id);
  });

  it('is left alone by a policy that is switched off, and by that of another account', async () => {
    const { createApiKey } = await read<{ createApiKey: { secret: string } }>(
      admin(),
      'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { secret } } }',
      { input: { name: 'other', scopes: ['READ', 'WRITE', 'INGEST'], account: 'other' } },
    );
    const off = await create({ name: 'off', enabled: false, match: { namePattern: 'alone' } });
    const theirs = await create({ name: 'off', match: { namePattern: 'alone' } }, createApiKey.secret);
    await put(['alone']);
    await put(['alone'], 0, createApiKey.secret);
    expect((await list('alone')).map(({ status }) => status).toSorted()).toEqual(['ACTIVE', 'UNMONITORED']);
    const other = { url: server.url, key: createApiKey.secret };
    const NAMES = '{ monitoringPolicies { totalCount nodes { id } } }';
    expect(await read(other, NAMES)).toEqual({
      monitoringPolicies: { totalCount: 1, nodes: [{ id: theirs.policy.id }] },
    });
    expect(await read(other, DELETE, { id: off.policy.id })).toMatchObject({
      deleteMonitoringPolicy: { code: 'NOT_FOUND' },
    });
    expect(await read(other, PREVIEW, { match: { namePattern: '*' } })).toMatchObject({
      previewMonitoringPolicy: { matchedCount: 1, monitoredCount: 1, exampleNames: [] },
    });
    const input = { name: 'aws', match: { namePattern: '*', sources: ['CLOUDWATCH'] } };
    expect(await read(other, CREATE, { input })).toMatchObject({
      createMonitoringPolicy: { code: 'NOT_SUPPORTED' },
    });
    for (const { policy } of [off, theirs]) await remove(policy.id);
  });
});

describe('a policy', () => {
  it('says what it would mean before it is made, and takes in what is known already when asked to', async () => {
    await put(['known.a;host=k-1', 'known.b;host=k-1', 'known.c;host=k-2']);
    await put(['known.a;host=k-1'], 5);
    const { engine } = server;
    await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'known.c;host=k-2' } });
    const match = { namePattern: 'known.*' };
    const free = 10 - engine.quota.count();
    expect(await read(admin(), PREVIEW, { match })).toEqual({
      previewMonitoringPolicy: {
        matchedCount: 3,
        monitoredCount: 1,
        newResourceCount: 1,
        freeResourceCount: free,
        exampleNames: ['known.a;host=k-1', 'known.b;host=k-1'],
      },
    });
    const { policy, monitoredCount } = await create({ name: 'known', match, applyToExisting: true });
    expect(monitoredCount).toBe(2);
    const scored = await until(async () => {
      const metrics = await list('known.a');
      expect(metrics[0]?.status).toBe('ACTIVE');
      return metrics;
    });
    expect(scored[0]?.data.nodes.map(({ rowId, anomalyScore }) => [rowId, anomalyScore === null])).toEqual([
      [1, false],
      [2, false],
    ]);
    await remove(policy.id);
  });

  it('is changed field by field, and is a node', async () => {
    const { policy } = await create({
      name: 'change',
      match: { namePattern: 'change', tags: [{ key: 'tag:env', values: ['a*'] }] },
      policy: { direction: 'BELOW' },
    });
    const { updateMonitoringPolicy } = await read<{ updateMonitoringPolicy: unknown }>(admin(), UPDATE, {
      input: { id: policy.id, enabled: false, model: { min: 1, max: 2, timeZone: 'Europe/Berlin' } },
    });
    expect(updateMonitoringPolicy).toEqual({
      policy: {
        name: 'change',
        enabled: false,
        match: { namePattern: 'change', tags: [{ key: 'env', values: ['a*'] }], sources: ['CUSTOM'] },
        model: { min: 1, max: 2, boundsFrom: 'GIVEN', timeZone: 'Europe/Berlin' },
        policy: { direction: 'BELOW' },
      },
      monitoredCount: 0,
    });
    expect(
      await read(admin(), 'query ($id: ID!) { node(id: $id) { ... on MonitoringPolicy { name } } }', {
        id: policy.id,
      }),
    ).toEqual({ node: { name: 'change' } });
    await remove(policy.id);
  });

  it.each([
    [{ name: ' ', match: { namePattern: 'a' } }, 'INVALID_INPUT', 'input.name: expected 1 to 255'],
    [{ name: 'n', match: {} }, 'INVALID_INPUT', 'input.match: expected a namePattern or tags'],
    [
      { name: 'n', match: { namePattern: '' } },
      'INVALID_INPUT',
      'input.match.namePattern: expected a pattern',
    ],
    [
      { name: 'n', match: { namePattern: 'a\\b' } },
      'INVALID_INPUT',
      'input.match.namePattern: \\ may stand before',
    ],
    [
      { name: 'n', match: { namePattern: 'a', sources: [] } },
      'INVALID_INPUT',
      'input.match.sources: expected at least',
    ],
    [
      { name: 'n', match: { namePattern: 'a', sources: ['INFLUXDB'] } },
      'NOT_SUPPORTED',
      'input.match.sources: metrics of INFLUXDB',
    ],
    [
      { name: 'n', match: { tags: [{ key: 'a', values: [] }] } },
      'INVALID_INPUT',
      'input.match.tags.0.values',
    ],
    [
      { name: 'n', match: { namePattern: 'a' }, model: { min: 1 } },
      'INVALID_INPUT',
      'max: expected together with min',
    ],
    [
      { name: 'taken', match: { namePattern: 'a' } },
      'DUPLICATE_NAME',
      'input.name: there is a monitoring policy named',
    ],
  ])('is refused where it is wrong: %j', async (input, code, message) => {
    const taken = await ask(admin(), CREATE, {
      input: { name: 'taken', enabled: false, match: { namePattern: 'x' } },
    });
    expect(taken.errors).toEqual([]);
    expect(await read(admin(), CREATE, { input })).toEqual({
      createMonitoringPolicy: { code, message: expect.stringContaining(message) as string },
    });
  });

  it('takes what is missing for nothing there', async () => {
    const id = 'MonitoringPolicy:00000000-0000-4000-8000-000000000000';
    expect(await read(admin(), DELETE, { id })).toMatchObject({
      deleteMonitoringPolicy: { code: 'NOT_FOUND' },
    });
    expect(await read(admin(), UPDATE, { input: { id } })).toMatchObject({
      updateMonitoringPolicy: { code: 'NOT_FOUND' },
    });
    expect(await read(admin(), 'query ($id: ID!) { monitoringPolicy(id: $id) { name } }', { id })).toEqual({
      monitoringPolicy: null,
    });
  });
});
