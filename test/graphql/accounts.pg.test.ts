/** Nothing of one account is seen, or touched, with a key of another: every root field of the API is tried. */
import type { GraphQLObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OWNERS } from '../../src/access/visible-prisma.ts';
import { Prisma } from '../../src/generated/prisma/client.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { ask, read } from '../helpers/ask.ts';
import { TRANSPORTS } from '../helpers/connect.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';

const ADMIN = 'an-admin-key-of-the-settings';
const START = Date.parse('2026-01-01T00:00:00Z');
/** In the name of everything the other account must not see. */
const CANARY = 'canary';

let server: TestServer;
/** Sees everything. */
let admin: { url: string; key: string };
/** A key of an account of its own, with WRITE. */
let stranger: { url: string; key: string };
let ids: {
  metric: string;
  annotation: string;
  label: string;
  resource: string;
  autostack: string;
  incident: string;
};

beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_API_KEY: ADMIN } });
  admin = { url: server.url, key: ADMIN };
  stranger = { url: server.url, key: await createKey('stranger', ['WRITE'], 'strangers') };
  await push(admin, `${CANARY}.metric`, 20);
  await push(stranger, 'own.metric', 20);
  const metric = await monitor(admin, `${CANARY}.metric`);
  await monitor(stranger, 'own.metric');
  const uuid = metric.replace('Metric:', '');
  const entry = server.engine.registry.byId(uuid);
  const { prisma } = server.database;
  const { id: annotation } = await prisma.annotation.create({
    data: {
      timestamp: new Date(START),
      device: 'd',
      user: 'u',
      server: `${CANARY}.metric`,
      message: `${CANARY} note`,
    },
  });
  const { id: label } = await prisma.anomalyLabel.create({
    data: {
      metricId: uuid,
      from: new Date(START),
      to: new Date(START),
      kind: 'NORMAL',
      note: `${CANARY} label`,
    },
  });
  const place = { datasource: 'CLOUDWATCH', region: 'us-west-2', type: 'AWS::EC2::Instance' } as const;
  await prisma.resource.create({
    data: {
      ...place,
      namespace: 'AWS/EC2',
      resourceId: 'i-1',
      name: `${CANARY} machine`,
      state: 'running',
      tags: [{ key: 'a', value: 'b' }],
    },
  });
  const { id: autostack } = await prisma.autostack.create({
    data: {
      name: `${CANARY} stack`,
      region: 'us-west-2',
      resourceType: 'AWS::EC2::Instance',
      filters: [{ key: 'a', values: ['b'] }],
    },
  });
  const at = new Date();
  const { id: incident } = await prisma.incident.create({
    data: {
      ruleName: 'r',
      metricId: uuid,
      metricNumber: entry?.number ?? 0,
      metricName: `${CANARY}.metric`,
      instance: 'i',
      server: 's',
      location: '',
      datasource: 'CUSTOM',
      state: 'FIRING',
      open: true,
      startedAt: at,
      lastPointAt: at,
      lastHotAt: at,
      hotPoints: 1,
      score: 1,
      value: 1,
      expected: 0,
      low: 0,
      high: 0,
      peakScore: 1,
      peakValue: 1,
      peakAt: at,
    },
  });
  await prisma.notificationRule.create({ data: { name: `${CANARY} rule`, scope: {} } });
  ids = {
    metric,
    annotation: `Annotation:${annotation}`,
    label: `AnomalyLabel:${label}`,
    resource: 'Resource:cloudwatch://us-west-2/AWS::EC2::Instance/i-1',
    autostack: `Autostack:${autostack}`,
    incident: `Incident:${incident}`,
  };
});

afterAll(() => server[Symbol.asyncDispose]());

/** One question for each root field, which shows the canary to whoever may see it. */
const QUESTIONS: Readonly<Record<string, string>> = {
  annotations: '{ annotations { nodes { message } } }',
  autostack: 'query($autostack: ID!) { autostack(id: $autostack) { name } }',
  autostacks: '{ autostacks { nodes { name } } }',
  exportModels: 'query($metric: ID!) { exportModels(ids: [$metric]) }',
  incident: 'query($incident: ID!) { incident(id: $incident) { metricName metric { name } } }',
  incidents: '{ incidents { nodes { metricName } } }',
  metric: 'query($metric: ID!) { metric(id: $metric) { name annotations { message } labels { note } } }',
  metricData: '{ metricData(filter: {}) { nodes { metric { name } } } }',
  metrics: `{ metrics { totalCount nodes { name } } ranked: metrics(orderBy: ANOMALY) { totalCount nodes { name } }
    searched: metrics(filter: { nameContains: "${CANARY}" }) { nodes { name } } }`,
  node: `query($metric: ID!, $annotation: ID!, $label: ID!, $resource: ID!, $autostack: ID!, $incident: ID!) {
    a: node(id: $metric) { ... on Metric { name } } b: node(id: $annotation) { ... on Annotation { message } }
    c: node(id: $label) { ... on AnomalyLabel { note } } d: node(id: $resource) { ... on Resource { name } }
    e: node(id: $autostack) { ... on Autostack { name } } f: node(id: $incident) { ... on Incident { metricName } } }`,
  nodes: 'query($metric: ID!) { nodes(ids: [$metric]) { ... on Metric { name } } }',
  notificationRules: '{ notificationRules { name } }',
  resource: 'query($resource: ID!) { resource(id: $resource) { name } }',
  resources: '{ resources { nodes { name } } }',
  suggestedResources: '{ suggestedResources { name } }',
  wall: '{ wall(by: METRIC) { rows { name } } }',
};
/** Those whose answers a test of their own looks at. */
const APART = [
  'cloudwatchMetrics',
  'cloudwatchStatistics',
  'exportMetricArchive',
  'metricDataDownload',
  'notificationRule',
  'notifications',
  'previewAutostack',
  'scoreSeries',
];
const OF_THE_SERVER = ['regions', 'resourceTypes', 'serverInfo'];
const OF_ADMINS = ['accounts', 'apiKeys', 'auditLog'];

describe('a key of one account', () => {
  it('is tried on every root query there is', () => {
    const fields = Object.keys(createSchema().getQueryType()?.getFields() ?? {});
    expect([...Object.keys(QUESTIONS), ...APART, ...OF_THE_SERVER, ...OF_ADMINS].sort()).toEqual(
      fields.sort(),
    );
  });

  it.each(Object.keys(QUESTIONS))(
    'sees nothing of another account by %s, where a key of all accounts does',
    async (name) => {
      const question = QUESTIONS[name] ?? '';
      const variables = Object.fromEntries(
        Object.entries(ids).filter(([id]) => question.includes(`$${id}:`)),
      );
      const shown = await ask(admin, question, variables);
      expect(JSON.stringify(shown.data)).toContain(CANARY);
      expect(JSON.stringify((await ask(stranger, question, variables)).data ?? null)).not.toContain(CANARY);
    },
  );

  it('sees its own all the same, in lists, in the ranking and on the wall', async () => {
    const seen = await read<Record<string, { totalCount?: number; nodes?: unknown; rows?: unknown }>>(
      stranger,
      `{ metrics { totalCount nodes { name } } ranked: metrics(orderBy: ANOMALY) { totalCount nodes { name } }
         wall(by: METRIC) { rows { name } } metricData(filter: {}, first: 1) { nodes { metric { name } } } }`,
    );
    expect(seen).toEqual({
      metrics: { totalCount: 1, nodes: [{ name: 'own.metric' }] },
      ranked: { totalCount: 1, nodes: [{ name: 'own.metric' }] },
      wall: { rows: [{ name: 'own.metric' }] },
      metricData: { nodes: [{ metric: { name: 'own.metric' } }] },
    });
  });

  it.each([
    ['a download of samples', 'metricDataDownload(filter: {}, format: CSV, unscored: true) { url }', {}],
    ['an archive', 'exportMetricArchive(id: $metric) { url }', { metric: true }],
    [
      'a score of a stored series',
      'scoreSeries(input: { metricId: $metric }) { __typename ... on ScoredSeries { points { value } } }',
      { metric: true },
    ],
    ['series of CloudWatch', 'cloudwatchMetrics { nodes { name } }', {}],
    ['messages', 'notifications { nodes { __typename } }', {}],
    [
      'machines',
      'previewAutostack(region: "us-west-2", filters: [{ key: "a", values: ["b"] }]) { nodes { name } }',
      {},
    ],
    ['rules', 'notificationRule(id: "NotificationRule:00000000-0000-0000-0000-000000000000") { name }', {}],
  ])('is not given %s of another account', async (_what, field, needs) => {
    const variables = 'metric' in needs ? { metric: ids.metric } : {};
    const { text, data } = await ask(
      stranger,
      `query${'metric' in needs ? '($metric: ID!)' : ''} { ${field} }`,
      variables,
    );
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain('ScoredSeries');
    const url = (data?.metricDataDownload as { url: string } | undefined)?.url;
    if (url !== undefined) {
      const samples = await (await fetch(url)).text();
      expect(samples).toContain('own.metric');
      expect(samples).not.toContain(CANARY);
    }
  });

  it.each(OF_ADMINS)('may not ask for %s', async (name) => {
    const selection = name === 'auditLog' ? '{ nodes { field } }' : '{ name }';
    const { status, errors } = await ask(stranger, `{ ${name} ${selection} }`);
    expect({ status, code: errors[0]?.extensions?.code }).toEqual({ status: 403, code: 'FORBIDDEN' });
  });

  it.each([
    'unmonitorMetric(input: { id: $id })',
    'deleteMetric(input: { id: $id })',
    'retryMetric(input: { id: $id })',
    'updateMetric(input: { id: $id, unit: "stolen" })',
    'unmonitorMetrics(input: { ids: [$id] })',
    'deleteMetrics(input: { ids: [$id] })',
    'labelAnomaly(input: { metricId: $id, from: "2026-01-01T00:00:00Z", label: REAL })',
    'deleteAnnotation(input: { id: $id })',
    'deleteLabel(input: { id: $id })',
    'deleteAutostack(input: { id: $id })',
    'monitorResource(input: { id: $id })',
  ])('changes nothing of another account by %s', async (field) => {
    const before = await snapshot();
    const kind = /deleteAnnotation|deleteLabel|deleteAutostack|monitorResource/.exec(field)?.[0] ?? '';
    const id = {
      deleteAnnotation: ids.annotation,
      deleteLabel: ids.label,
      deleteAutostack: ids.autostack,
      monitorResource: ids.resource,
    }[kind];
    const { text } = await ask(stranger, `mutation($id: ID!) { ${field} { __typename } }`, {
      id: id ?? ids.metric,
    });
    expect(text).not.toMatch(/"__typename":"(?:Metric|AnomalyLabel|Annotation|Autostack|Resource)"/);
    expect(await snapshot()).toEqual(before);
  });

  it('pushes and imports into its own account, though the names are those of another', async () => {
    await push(stranger, `${CANARY}.metric`, 1);
    const [theirs] = await read<{ metrics: { nodes: { id: string; lastRowId: number }[] } }>(
      stranger,
      `{ metrics(filter: { nameContains: "${CANARY}" }) { nodes { id lastRowId } } }`,
    ).then(({ metrics }) => metrics.nodes);
    expect(theirs).toEqual({ id: expect.not.stringMatching(ids.metric) as string, lastRowId: 1 });
    const written = await fetch(`${server.url}/api/v2/write`, {
      method: 'POST',
      headers: { authorization: `Token ${stranger.key}` },
      body: 'lines value=1 1767225600000000000',
    });
    expect(written.status).toBe(204);
    const { metrics } = await read<{ metrics: { nodes: unknown } }>(
      stranger,
      '{ metrics { nodes { name } } }',
    );
    expect(metrics.nodes).toContainEqual({ name: 'lines.value' });
    const ofDefault = await server.database.prisma.metric.count({
      where: { accountId: 1, name: 'lines.value' },
    });
    expect(ofDefault).toBe(0);
    await read(stranger, `mutation($id: ID!) { deleteMetric(input: { id: $id }) { __typename } }`, {
      id: theirs?.id,
    });
  });

  it('cannot have the server watch what it reads with its own credentials', async () => {
    const { text } = await ask(
      stranger,
      'mutation { monitorMetric(input: { spec: { host: { metric: "CPUUtilization" } } }) { __typename } }',
    );
    expect(text).toContain('NotSupportedError');
  });

  it.each(TRANSPORTS)('is sent its own scores alone, over $name', async (transport) => {
    await using live = transport.subscribe(
      stranger,
      'subscription { anomalyScores(lingerMs: 0) { scores { metric { name } } } }',
    );
    const result = live.next();
    let next = 100;
    let done = false;
    // Until the subscription stands nothing is sent to it.
    while (!done) {
      next += 1;
      await push(admin, `${CANARY}.metric`, 1, next);
      await push(stranger, 'own.metric', 1, next);
      done = await Promise.race([
        result.then(() => true),
        new Promise<false>((resolve) => setImmediate(() => resolve(false))),
      ]);
    }
    expect((await result).value).toEqual({
      data: { anomalyScores: { scores: [{ metric: { name: 'own.metric' } }] } },
    });
  });
});

describe('the tables', () => {
  it('each belong to somebody, or cannot be asked for with a key of one account', () => {
    const kept = [
      'Account',
      'ApiKey',
      'AuditEntry',
      'Bar',
      'CloudwatchAccount',
      'CloudwatchAggregate',
      'CloudwatchAlarm',
      'CloudwatchAlarmAction',
      'CloudwatchAlarmHistory',
      'CloudwatchAnomalyDetector',
      'CloudwatchKey',
      'InventoryRegion',
      'LogFollower',
      'MetricProgress',
      'ModelCheckpoint',
      'Sample',
      'SampleMonth',
      'ScoreLog',
    ];
    expect([...Object.keys(OWNERS), ...kept].sort()).toEqual(Object.keys(Prisma.ModelName).sort());
  });
});

describe('the subscriptions', () => {
  it('are all known to this file', () => {
    const root: GraphQLObjectType | null | undefined = createSchema().getSubscriptionType();
    expect(Object.keys(root?.getFields() ?? {}).sort()).toEqual([
      'anomalyScores',
      'incidents',
      'metricStatus',
      'notifications',
      'scoreSeries',
    ]);
  });
});

async function createKey(name: string, scopes: readonly string[], account: string): Promise<string> {
  const { createApiKey } = await read<{ createApiKey: { secret: string } }>(
    admin,
    `mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { secret } ... on Error { message } } }`,
    { input: { name, scopes, account } },
  );
  return createApiKey.secret;
}

async function push(
  as: { url: string; key: string },
  metric: string,
  count: number,
  from = 0,
): Promise<void> {
  const points = Array.from({ length: count }, (_, index) => ({
    metric,
    timestamp: new Date(START + (from + index) * 60_000),
    value: index % 7,
  }));
  await read(as, 'mutation($input: PutMetricDataInput!) { putMetricData(input: $input) { accepted } }', {
    input: { points },
  });
}

async function monitor(as: { url: string; key: string }, name: string): Promise<string> {
  const { monitorMetric } = await read<{ monitorMetric: { id: string } }>(
    as,
    `mutation($name: String!) { monitorMetric(input: { spec: { custom: { name: $name } }, model: { min: 0, max: 10 } }) { ... on Metric { id } ... on Error { message } } }`,
    { name },
  );
  const id = monitorMetric.id.replace('Metric:', '');
  const changes = server.engine.statusFeed.subscribe([id]);
  while (server.engine.registry.byId(id)?.status !== 'ACTIVE') await changes.next();
  await changes.return?.();
  return monitorMetric.id;
}

/** Everything of the other account that could be changed. */
async function snapshot() {
  const { prisma } = server.database;
  return {
    metrics: await prisma.metric.findMany({ where: { accountId: 1 } }),
    annotations: await prisma.annotation.findMany(),
    labels: await prisma.anomalyLabel.findMany(),
    autostacks: await prisma.autostack.findMany(),
    samples: await prisma.sample.count(),
  };
}
