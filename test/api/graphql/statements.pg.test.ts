/** How many statements every field of every listed type costs at 50 rows: a list is read together, not row by row. */
import {
  getNamedType,
  type GraphQLField,
  type GraphQLObjectType,
  isLeafType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSchema } from '../../../src/api/graphql/schema.ts';
import { ask, read } from '../../helpers/ask.ts';
import { listStatements } from '../../helpers/list-statements.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';

const ROWS = 50;
const MAX_STATEMENTS = 8;
const START_MS = Date.parse('2026-01-01T00:00:00Z');

/** Where 50 things of each type are read. */
const LISTS: Readonly<Record<string, (selection: string) => string>> = {
  Metric: (selection) => `metrics(first: ${ROWS}) { nodes { ${selection} } }`,
  Resource: (selection) => `resources(first: ${ROWS}) { nodes { ${selection} } }`,
  Autostack: (selection) => `autostacks(first: ${ROWS}) { nodes { ${selection} } }`,
  Annotation: (selection) => `annotations(first: ${ROWS}) { nodes { ${selection} } }`,
  Incident: (selection) => `incidents(first: ${ROWS}) { nodes { ${selection} } }`,
  Notification: (selection) => `notifications(first: ${ROWS}) { nodes { ${selection} } }`,
  NotificationRule: (selection) => `notificationRules { ${selection} }`,
  MetricData: (selection) => `metricData(first: ${ROWS}, filter: {}) { nodes { ${selection} } }`,
  CloudwatchMetric: (selection) => `cloudwatchMetrics(first: ${ROWS}) { nodes { ${selection} } }`,
  AuditEntry: (selection) => `auditLog(first: ${ROWS}) { nodes { ${selection} } }`,
  WallRow: (selection) => `wall(by: METRIC, first: ${ROWS}) { rows { ${selection} } }`,
};

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_MAX_COST: '10000000' } });
  const names = Array.from({ length: ROWS }, (_, i) => `m${String(i).padStart(2, '0')}`);
  await server.engine.accept.acceptNamed(
    names.flatMap((metric) => [0, 1].map((i) => ({ metric, timestampMs: START_MS + i * 60_000, value: i }))),
  );
  for (const name of names) {
    await read(
      server,
      'mutation ($name: String!) { createNotificationRule(input: { name: $name, channels: [{ alertmanager: { url: "https://alerts.example" } }] }) { __typename } }',
      { name },
    );
  }
  const { pool } = server.database;
  for (const statement of FIXTURE) await pool.query(statement);
  await server.engine.registry.load();
  await read(
    server,
    'mutation ($data: [CloudwatchDatumInput!]!) { putCloudwatchMetricData(input: { namespace: "N", data: $data }) { stored } }',
    { data: names.map((name) => ({ name, value: 1, dimensions: [{ name: 'd', value: name }] })) },
  );
});

afterAll(() => server[Symbol.asyncDispose]());

const FIXTURE = [
  `INSERT INTO resource (datasource, region, type, namespace, resource_id, tags)
   SELECT 'CUSTOM', 'local', 'Custom', 'Custom', name, '[{"key":"env","value":"prod"}]' FROM metric`,
  `UPDATE metric SET status = 'ACTIVE', resource_id = r.id FROM resource r WHERE r.resource_id = metric.name`,
  `INSERT INTO resource_state (resource_id, at, state) SELECT id, now(), 'running' FROM resource`,
  `INSERT INTO autostack (name, region, resource_type, filters)
   SELECT name, 'us-west-2', 'AWS::EC2::Instance', '[{"key":"env","values":["*"]}]' FROM metric`,
  `UPDATE metric SET autostack_id = s.id FROM autostack s WHERE s.name = metric.name`,
  `INSERT INTO autostack_member (autostack_id, resource_id, joined_at)
   SELECT s.id, r.id, now() FROM autostack s JOIN resource r ON r.resource_id <= s.name`,
  `UPDATE sample SET seq = numbered.place, score = 0.999999, expected = 0, low = 0, high = 0, raw_score = 1, episode = true,
     view = 'LEVEL', phase = 'OPENS'
   FROM (SELECT metric_number, "timestamp", row_number() OVER () AS place FROM sample) AS numbered
   WHERE numbered.metric_number = sample.metric_number AND numbered."timestamp" = sample."timestamp"`,
  `INSERT INTO annotation ("timestamp", device, user_name, server, message) SELECT now(), name, 'ann', server, 'note' FROM metric`,
  `INSERT INTO anomaly_label (metric_id, from_time, to_time, kind) SELECT id, now(), now(), 'REAL' FROM metric`,
  `INSERT INTO incident (rule_id, rule_name, metric_id, metric_number, metric_name, instance, server, location, datasource,
     state, open, started_at, last_point_at, last_hot_at, hot_points, score, value, expected, low, high, peak_score, peak_value, peak_at)
   SELECT r.id, r.name, m.id, m.number, m.name, m.server, m.server, '', 'CUSTOM',
     'FIRING', true, '2026-01-01T00:00:00Z', now(), now(), 1, 1, 1, 1, 1, 1, 1, 1, '2026-01-01T00:00:00Z'
   FROM metric m JOIN notification_rule r ON r.name = m.name`,
  `INSERT INTO notification (kind, state, rule_id, rule_name, channel_kind, target, incident_count, due_at, give_up_at)
   SELECT 'START', 'SENT', id, name, 'ALERTMANAGER', 'https://alerts.example', 1, now(), now() FROM notification_rule`,
  `INSERT INTO notification_incident (notification_id, incident_id)
   SELECT n.id, i.id FROM notification n JOIN incident i ON i.rule_id = n.rule_id`,
];

const schema = createSchema();

/** Each field by itself, with the plain values of what it leads to, and what lists of those lead to. */
function listFields(name: string): readonly { readonly field: string; readonly selection: string }[] {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`${name} is no type of the schema`);
  return Object.values(type.getFields()).map((field) => ({
    field: `${name}.${field.name}`,
    selection: writeField(field, 2),
  }));
}

function writeField(field: GraphQLField<unknown, unknown>, depth: number): string {
  const type = getNamedType(field.type);
  const pages = field.args.some(({ name }) => name === 'first') ? `(first: 5)` : '';
  if (isLeafType(type)) return field.name;
  const below = isObjectType(type) ? writeBelow(type, depth) : isUnionType(type) ? '__typename' : 'id';
  return `${field.name}${pages} { ${below} }`;
}

function writeBelow(type: GraphQLObjectType, depth: number): string {
  const fields = Object.values(type.getFields()).filter(
    ({ args, name }) => args.length === 0 && name !== 'spec',
  );
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type))).map(({ name }) => name);
  const nodes = fields.filter(({ name }) => name === 'nodes' && depth > 0);
  return ['__typename', ...leaves, ...nodes.map((node) => writeField(node, depth - 1))].join(' ');
}

/** What the server does by itself meanwhile adds to a count: one above the bound is taken again. */
async function countStatements(work: () => Promise<unknown>, most: number): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < 5 && least > most; round += 1) {
    least = Math.min(least, (await listStatements(work)).length);
  }
  return least;
}

test('every field of every list costs at most 8 statements at 50 rows', async () => {
  const table: { field: string; statements: number }[] = [];
  for (const [name, wrap] of Object.entries(LISTS)) {
    const plain = `{ ${wrap('__typename')} }`;
    const { text } = await ask(server, plain);
    expect(text.split(`"${name}"`).length - 1, name).toBeGreaterThanOrEqual(name === 'AuditEntry' ? 1 : ROWS);
    for (const { field, selection } of listFields(name)) {
      const query = `{ ${wrap(selection)} }`;
      const work = async () => {
        const { errors } = await ask(server, query);
        expect(errors, query).toEqual([]);
      };
      table.push({ field, statements: await countStatements(work, MAX_STATEMENTS) });
    }
  }
  table.sort((a, b) => b.statements - a.statements || a.field.localeCompare(b.field));
  const lines = table.map(({ field, statements }) => `${String(statements).padStart(4)}  ${field}`);
  process.stdout.write(`statements at ${ROWS} rows\n${lines.join('\n')}\n`);
  expect(table.length).toBeGreaterThan(100);
  expect(table.filter(({ statements }) => statements > MAX_STATEMENTS)).toEqual([]);
});

test('a dashboard of 48 metrics through a fragment costs at most 8 statements', async () => {
  const { metrics } = await read<{ metrics: { totalCount: number; nodes: unknown[] } }>(
    server,
    DASHBOARD + ROW,
  );
  expect(metrics.totalCount).toBe(ROWS);
  expect(metrics.nodes).toHaveLength(48);
  expect(metrics.nodes[0]).toMatchObject({
    name: 'm00',
    latest: { value: 1, anomalyClass: 'RED' },
    resource: { type: 'Custom', tags: [{ key: 'env', value: 'prod' }] },
    incidents: { nodes: [{ state: 'FIRING', rule: { name: 'm00' } }] },
    annotations: [{ message: 'note' }],
    autostack: { name: 'm00' },
    learning: { done: false },
  });
  const statements = await countStatements(() => read(server, DASHBOARD + ROW), MAX_STATEMENTS);
  process.stdout.write(`statements of the dashboard: ${statements}\n`);
  expect(statements).toBeLessThanOrEqual(MAX_STATEMENTS);
});

test('a page the registry answers is the one the database answers, through nodes and edges', async () => {
  const known = await read<Page>(server, PAGES);
  const stored = await read<Page>(server, PAGES.replaceAll('...Row', '...Row createdAt'));
  const withoutTime = (page: Page) =>
    JSON.parse(
      JSON.stringify(page, (key, value: unknown) => (key === 'createdAt' ? undefined : value)),
    ) as Page;
  expect(stored.metrics.nodes[0]).toHaveProperty('createdAt');
  expect(withoutTime(stored)).toEqual(known);
});

interface Page {
  readonly metrics: { readonly nodes: readonly object[] };
}

const DASHBOARD = `query Dashboard { metrics(first: 48, orderBy: ANOMALY, window: HOURS) {
  totalCount pageInfo { endCursor } nodes { ...Row }
} } `;
const ROW = `fragment Row on Metric {
  id name latest { value anomalyClass timestamp } bars { height anomalyClass }
  resource { name type state tags { key value } }
  incidents(first: 2) { nodes { id state startedAt rule { name } } }
  annotations(first: 2) { message } autostack { name } learning { done }
}`;
const PAGES = `{ metrics(first: 5) { nodes { ...Row } edges { cursor node { __typename ... on Metric { ...Row } } } totalCount } }
${ROW}`;
