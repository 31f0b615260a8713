/** Nothing of one account is seen with a key of another, nor by a user of another: every root query of the API is tried. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSchema } from '../../../../src/api/graphql/schema.ts';
import { ask, read } from '../../../helpers/ask.ts';
import { CANARY, startTwoAccounts, type TwoAccounts } from '../two-accounts.ts';

let accounts: TwoAccounts;

beforeAll(async () => {
  accounts = await startTwoAccounts();
});

afterAll(() => accounts[Symbol.asyncDispose]());

/** One question for each root field, which shows the canary to whoever may see it. */
const QUESTIONS: Readonly<Record<string, string>> = {
  annotations: '{ annotations { nodes { message } } }',
  autostack: 'query($autostack: ID!) { autostack(id: $autostack) { name } }',
  autostacks: '{ autostacks { nodes { name } } }',
  exportModels: 'query($metric: ID!) { exportModels(ids: [$metric]) }',
  incident: 'query($incident: ID!) { incident(id: $incident) { metricName metric { name } } }',
  incidents: '{ incidents { nodes { metricName } } }',
  metric: 'query($metric: ID!) { metric(id: $metric) { name annotations { message } labels { note } } }',
  metricBySpec: `{ metricBySpec(spec: { custom: { name: "${CANARY}.metric" } }) { name } }`,
  metricData: '{ metricData(filter: {}) { nodes { metric { name } } } }',
  metrics: `{ metrics { totalCount nodes { name } } ranked: metrics(orderBy: ANOMALY) { totalCount nodes { name } }
    searched: metrics(filter: { nameContains: "${CANARY}" }) { nodes { name } } }`,
  monitoringPolicies: '{ monitoringPolicies { nodes { name } } }',
  monitoringPolicy: 'query($policy: ID!) { monitoringPolicy(id: $policy) { name } }',
  monitoringPolicyByName: `{ monitoringPolicyByName(name: "${CANARY}") { name } }`,
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
  'anomalyCorrelations',
  'anomalyRate',
  'cloudwatchMetrics',
  'cloudwatchStatistics',
  'exportMetricArchive',
  'matchNotificationChannels',
  'metricDataDownload',
  'notificationRule',
  'notifications',
  'outliers',
  'panelLinks',
  'previewAutostack',
  'previewLabel',
  'previewMonitoringPolicy',
  'previewNotificationRule',
  'scoreSeries',
  'silences',
];
const OF_THE_SERVER = ['regions', 'resourceTypes', 'serverInfo'];
const OF_ADMINS = ['accounts', 'apiKeys', 'auditLog'];

describe.each(['a key', 'a user'] as const)('%s of one account', (who) => {
  let stranger: TwoAccounts['strangers'][typeof who];
  beforeAll(() => {
    stranger = accounts.strangers[who];
  });

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
        Object.entries(accounts.ids).filter(([id]) => question.includes(`$${id}:`)),
      );
      const shown = await ask(accounts.admin, question, variables);
      expect(JSON.stringify(shown.data)).toContain(CANARY);
      expect(JSON.stringify((await ask(stranger, question, variables)).data ?? null)).not.toContain(CANARY);
    },
  );

  it('sees its own all the same, in lists, in the ranking and on the wall', async () => {
    const seen = await read<Record<string, { totalCount?: number; nodes?: unknown; rows?: unknown }>>(
      stranger,
      `{ metrics { totalCount nodes { name } } ranked: metrics(orderBy: ANOMALY) { totalCount nodes { name } }
         wall(by: METRIC) { rows { name } } metricData(filter: {}, first: 1) { nodes { metric { name } } }
         outliers(filter: {}) { ... on OutlierComparison { tooFewCount } } }`,
    );
    expect(seen).toEqual({
      metrics: { totalCount: 1, nodes: [{ name: 'own.metric' }] },
      ranked: { totalCount: 1, nodes: [{ name: 'own.metric' }] },
      wall: { rows: [{ name: 'own.metric' }] },
      metricData: { nodes: [{ metric: { name: 'own.metric' } }] },
      outliers: { tooFewCount: 1 },
    });
  });

  it('sees the anomalies of its own metrics alone', async () => {
    await accounts.server.database.pool.query(
      `INSERT INTO bar (metric_number, minutes, start, score, count) SELECT number, minutes, start, 0.999999, 0
       FROM metric, (VALUES (60, '2026-01-01T05:00Z'::timestamptz), (480, '2026-01-01T00:00Z')) AS slot (minutes, start)
       ON CONFLICT (metric_number, minutes, start) DO UPDATE SET score = excluded.score`,
    );
    const question = `{
      anomalyRate(from: "2026-01-01T05:00:00Z", to: "2026-01-02T05:00:00Z") {
        ... on AnomalyRate { intervals { redCount } } }
      anomalyCorrelations(from: "2026-01-01T05:00:00Z", to: "2026-01-02T05:00:00Z") {
        ... on AnomalyCorrelations { totalCount } } }`;
    const all = await read<Record<string, object>>(accounts.admin, question);
    const own = await read<Record<string, object>>(stranger, question);
    expect(all).toMatchObject({
      anomalyRate: { intervals: [{ redCount: 2 }, ...Array<object>(23).fill({ redCount: 0 })] },
      anomalyCorrelations: { totalCount: 2 },
    });
    expect(own).toMatchObject({
      anomalyRate: { intervals: [{ redCount: 1 }, ...Array<object>(23).fill({ redCount: 0 })] },
      anomalyCorrelations: { totalCount: 1 },
    });
    const metricId = accounts.ids.metric;
    const other = await ask(
      stranger,
      `query ($metricId: ID!) { anomalyCorrelations(from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z",
         metricId: $metricId) { ... on Error { code } } }`,
      { metricId },
    );
    expect(other.data).toEqual({ anomalyCorrelations: { code: 'NOT_FOUND' } });
  });

  it.each([
    ['a download of samples', 'metricDataDownload(filter: {}, format: CSV, unscored: true) { url }', {}],
    ['an archive', 'exportMetricArchive(id: $metric) { url }', { metric: true }],
    [
      'a score of a stored series',
      'scoreSeries(input: { metricId: $metric }) { __typename ... on ScoredSeries { points { value } } }',
      { metric: true },
    ],
    [
      'what a label would do',
      'previewLabel(input: { metricId: $metric, from: "2026-01-01T00:00:00Z", label: REAL }) { ... on LabelPreview { changed { value } } }',
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
    const variables = 'metric' in needs ? { metric: accounts.ids.metric } : {};
    const { text, data } = await ask(
      stranger,
      `query${'metric' in needs ? '($metric: ID!)' : ''} { ${field} }`,
      variables,
    );
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain('ScoredSeries');
    expect(text).not.toContain('changed');
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
});
