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
import { fillWithFifty, LISTS, ROWS } from './fifty-things.ts';
import { ADMIN } from './keyed-server.ts';

const MAX_STATEMENTS = 8;
/** They come one at a time: of a mutation, of a question about one thing, or live. */
const SINGLE = new Set([
  'AnomalyScores',
  'ChannelTest',
  'CreatedApiKey',
  'ImportModelResult',
  'IncidentsChanged',
  'LabelPreview',
  'MetricOutcome',
  'SavedMonitoringPolicy',
]);

/** Rows of what needs histories: their metrics are read by the loader of those of samples. */
const COMPARED = new Set(['AnomalyCorrelation', 'Outlier', 'PreviewedNotification']);

let server: TestServer;
let admin: { readonly url: string; readonly key: string };

beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_MAX_COST: '10000000', LAPWING_API_KEY: ADMIN } });
  admin = { url: server.url, key: ADMIN };
  await fillWithFifty(server, admin);
});

afterAll(() => server[Symbol.asyncDispose]());

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

test('every type that leads to a thing is among those counted', () => {
  const nodes = new Set(Object.values(schema.getTypeMap()).filter(isObjectType).filter(isNode));
  const leading = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(
      ({ name }) => !/^(Query|Mutation|Subscription)$|(Connection|Edge|Payload|Error|Result)$/.test(name),
    )
    .filter(
      (type) => nodes.has(type) || Object.values(type.getFields()).some((field) => leadsTo(nodes, field)),
    )
    .map(({ name }) => name);
  expect(leading.filter((name) => !(name in LISTS) && !SINGLE.has(name) && !COMPARED.has(name))).toEqual([]);
});

function isNode(type: GraphQLObjectType): boolean {
  return type.getInterfaces().some(({ name }) => name === 'Node');
}

function leadsTo(nodes: ReadonlySet<unknown>, { type }: GraphQLField<unknown, unknown>): boolean {
  return nodes.has(getNamedType(type));
}

test('50 things by their ids cost at most 8 statements, whatever they are', async () => {
  const lines: string[] = [];
  for (const [name, wrap] of Object.entries(LISTS)) {
    const type = schema.getType(name);
    if (!isObjectType(type) || !isNode(type)) continue;
    const { text } = await ask(admin, `{ ${wrap('id')} }`);
    const ids = [...text.matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id).slice(0, ROWS);
    expect(ids.length, name).toBe(ROWS);
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on ${name} { ${writeBelow(type, 0)} } } }`;
    const work = async () => {
      const { nodes } = await read<{ nodes: readonly unknown[] }>(admin, query, { ids });
      expect(nodes.filter((node) => node !== null)).toHaveLength(ROWS);
    };
    const statements = await countStatements(work, MAX_STATEMENTS);
    lines.push(`${String(statements).padStart(4)}  nodes of ${name}`);
    expect(statements, name).toBeLessThanOrEqual(MAX_STATEMENTS);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
});

test('every field of every list costs at most 8 statements at 50 rows', async () => {
  const table: { field: string; statements: number }[] = [];
  for (const [name, wrap] of Object.entries(LISTS)) {
    const plain = `{ ${wrap('__typename')} }`;
    const { text } = await ask(admin, plain);
    expect(text.split(`"${name}"`).length - 1, name).toBeGreaterThanOrEqual(name === 'AuditEntry' ? 1 : ROWS);
    for (const { field, selection } of listFields(name)) {
      const query = `{ ${wrap(selection)} }`;
      const work = async () => {
        const { errors } = await ask(admin, query);
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
    admin,
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
  const statements = await countStatements(() => read(admin, DASHBOARD + ROW), MAX_STATEMENTS);
  process.stdout.write(`statements of the dashboard: ${statements}\n`);
  expect(statements).toBeLessThanOrEqual(MAX_STATEMENTS);
});

test('a page the registry answers is the one the database answers, through nodes and edges', async () => {
  const known = await read<Page>(admin, PAGES);
  const stored = await read<Page>(admin, PAGES.replaceAll('...Row', '...Row createdAt'));
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
