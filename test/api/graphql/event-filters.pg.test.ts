/** Filters of annotations, the audit log, incidents, messages and CloudWatch metrics. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../helpers/ask.ts';
import { type Keyed, type KeyedServer, startKeyedServer } from './keyed-server.ts';

let keyed: KeyedServer;
let writer: Keyed;

const NOTES = [
  ['ann', 'a', '50% off'],
  ['ann', 'b', 'sale_began'],
  ['bob', 'b', 'Sale ended'],
] as const;
const MINUTE_MS = 60_000;
const START_MS = Date.parse('2026-01-01T00:00:00Z');

beforeAll(async () => {
  keyed = await startKeyedServer();
  writer = await keyed.createKey('writer', ['WRITE']);
  const points = ['a', 'b'].map((metric) => ({ metric, timestamp: new Date(START_MS), value: 1 }));
  await read(
    writer,
    'mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }',
    {
      points,
    },
  );
  for (const [place, [user, server, message]] of NOTES.entries()) {
    await read(
      writer,
      'mutation ($input: CreateAnnotationInput!) { createAnnotation(input: $input) { ... on Annotation { id } } }',
      { input: { user, server, device: server, message, timestamp: new Date(START_MS + place * MINUTE_MS) } },
    );
  }
  await read(
    keyed.admin,
    `mutation { putCloudwatchMetricData(input: { namespace: "Shop", data: [
      { name: "orders_1", value: 1, dimensions: [{ name: "shop", value: "eu" }] }, { name: "orders1", value: 1 }
    ] }) { stored } }`,
  );
});

afterAll(() => keyed[Symbol.asyncDispose]());

async function count(field: string, type: string, filter: Record<string, unknown>): Promise<number> {
  const data = await read<Record<string, { totalCount: number; edges: unknown[] }>>(
    keyed.admin,
    `query ($filter: ${type}) { ${field}(filter: $filter) { totalCount edges { cursor } } }`,
    { filter },
  );
  const { totalCount, edges } = data[field] ?? { totalCount: -1, edges: [] };
  expect(edges).toHaveLength(totalCount);
  return totalCount;
}

describe('a filter', () => {
  it.each<[Record<string, unknown>, number]>([
    [{}, 3],
    [{ users: ['ann', 'eve'] }, 2],
    [{ servers: ['b'], users: ['ann'] }, 1],
    [{ devices: [] }, 0],
    [{ messageContains: 'SALE' }, 2],
    [{ messageContains: '_' }, 1],
    [{ messageContains: '%' }, 1],
    [{ from: new Date(START_MS + MINUTE_MS) }, 2],
    [{ to: new Date(START_MS + MINUTE_MS), users: ['bob'] }, 0],
  ])('of annotations %j finds %i', async (filter, found) => {
    expect(await count('annotations', 'AnnotationFilter', filter)).toBe(found);
  });

  it('of the audit log takes mutations, keys, results and times', async () => {
    const found = (filter: Record<string, unknown>) => count('auditLog', 'AuditLogFilter', filter);
    expect(await found({ fields: ['createAnnotation'], apiKeyIds: [writer.id] })).toBe(3);
    expect(await found({ fields: ['createAnnotation', 'createApiKey'] })).toBe(4);
    expect(await found({ results: ['Annotation'] })).toBe(3);
    expect(await found({ results: ['Annotation'], to: new Date(START_MS) })).toBe(0);
    expect(await found({ apiKeyIds: [] })).toBe(0);
  });

  it.each<[Record<string, unknown>, number]>([
    [{ namespaces: ['Shop'] }, 2],
    [{ names: ['orders1'] }, 1],
    [{ nameContains: 'S_1' }, 1],
    [{ dimensions: [{ name: 'shop' }] }, 1],
    [{ dimensions: [{ name: 'shop', value: 'us' }] }, 0],
    [{ lastSeenFrom: new Date(START_MS) }, 2],
    [{ lastSeenFrom: '2200-01-01T00:00:00Z' }, 0],
  ])('of CloudWatch metrics %j finds %i', async (filter, found) => {
    expect(await count('cloudwatchMetrics', 'CloudwatchMetricFilter', filter)).toBe(found);
  });

  it.each([
    [
      'incidents',
      'IncidentFilter',
      { ids: ['Metric:x'] },
      'filter.ids.0: "Metric:x" is not the id of anything',
    ],
    ['incidents', 'IncidentFilter', { ruleIds: ['x'] }, 'filter.ruleIds.0: "x" is not the id of anything'],
    ['notifications', 'NotificationFilter', { ids: ['x'] }, 'filter.ids.0: "x" is not the id of anything'],
    [
      'annotations',
      'AnnotationFilter',
      { users: Array.from({ length: 1001 }, () => 'x') },
      'filter.users: expected at most 1000 values, got 1001',
    ],
  ])('of %s that cannot be read is refused at its field', async (field, type, filter, message) => {
    const { errors } = await ask(
      keyed.admin,
      `query ($filter: ${type}) { ${field}(filter: $filter) { totalCount } }`,
      { filter },
    );
    expect(errors[0]).toMatchObject({ message, extensions: { code: 'INVALID_INPUT' } });
  });

  it('of incidents and messages takes every field at once', async () => {
    const at = { from: new Date(START_MS), to: new Date(START_MS) };
    const incident = {
      ids: [],
      states: ['FIRING'],
      metricIds: [],
      metricNameContains: '%',
      servers: ['a'],
      sources: ['CUSTOM'],
      ruleIds: [],
      seen: false,
      acknowledged: true,
      ...at,
    };
    expect(await count('incidents', 'IncidentFilter', incident)).toBe(0);
    const message = { ids: [], states: ['FAILED'], kinds: ['END'], ruleIds: [], channels: ['EMAIL'], ...at };
    expect(await count('notifications', 'NotificationFilter', message)).toBe(0);
  });
});
