/** `totalCount` of every connection: how many there are on all pages, counted only when it is selected. */
import { getNamedType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSchema } from '../../../src/api/graphql/schema.ts';
import { read } from '../../helpers/ask.ts';
import { until } from '../../helpers/until.ts';
import { type KeyedServer, startKeyedServer } from './keyed-server.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const SAMPLES = 300;

let keyed: KeyedServer;
const ask = <T>(query: string, variables: Record<string, unknown> = {}) =>
  read<T>(keyed.admin, query, variables);

beforeAll(async () => {
  keyed = await startKeyedServer();
  const points = ['a', 'b', 'c'].flatMap((metric) =>
    Array.from({ length: SAMPLES }, (_, i) => ({
      metric,
      timestamp: new Date(START_MS + i * 60_000),
      value: i % 7,
    })),
  );
  await ask(
    'mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }',
    {
      points,
    },
  );
  for (const name of ['a', 'b']) {
    await ask(
      `mutation { monitorMetric(input: { spec: { custom: { name: "${name}" } } }) { __typename } }`,
      {},
    );
  }
  await until(async () =>
    expect(await ask('{ metrics(filter: { status: ACTIVE }) { totalCount } }')).toEqual({
      metrics: { totalCount: 2 },
    }),
  );
  for (const user of ['ann', 'ann', 'bob']) {
    await ask(
      `mutation { createAnnotation(input: { server: "a", device: "a", user: "${user}", message: "m", timestamp: "2026-01-01T00:00:00Z" }) { __typename } }`,
    );
  }
});

afterAll(() => keyed[Symbol.asyncDispose]());

describe('totalCount', () => {
  it('is a field of every connection', () => {
    const lacking = Object.values(createSchema().getTypeMap())
      .filter((type) => isObjectType(type) && type.name.endsWith('Connection'))
      .filter((type) => isObjectType(type) && type.getFields().totalCount === undefined);
    expect(lacking).toEqual([]);
  });

  it('counts what the filter lets through, whatever the page holds', async () => {
    const names = Object.values(createSchema().getQueryType()?.getFields() ?? {})
      .filter(({ type }) => getNamedType(type).name.endsWith('Connection'))
      .map(({ name }) => name)
      .sort();
    expect(names).toEqual([
      'annotations',
      'auditLog',
      'autostacks',
      'cloudwatchMetrics',
      'incidents',
      'metricData',
      'metrics',
      'monitoringPolicies',
      'notifications',
      'panelLinks',
      'previewAutostack',
      'resources',
      'silences',
    ]);
    const data = await ask<Record<string, unknown>>(`{
      annotations(first: 1) { totalCount nodes { user } }
      byAnn: annotations(first: 0, user: "ann") { totalCount }
      auditLog(first: 1, field: "monitorMetric") { totalCount nodes { field } }
      autostacks { totalCount }
      cloudwatchMetrics { totalCount }
      incidents { totalCount }
      metricData(first: 1, filter: { from: "2026-01-01T00:30:00Z" }) { totalCount nodes { rowId } }
      metrics(first: 1) { totalCount nodes { name } }
      ranked: metrics(first: 1, orderBy: ANOMALY, filter: { nameContains: "B" }) { totalCount nodes { name } }
      notifications { totalCount }
      resources { totalCount }
      panelLinks { totalCount }
      silences { totalCount }
    }`);
    expect(data).toMatchObject({
      annotations: { totalCount: 3, nodes: [{ user: 'bob' }] },
      byAnn: { totalCount: 2 },
      auditLog: { totalCount: 2, nodes: [{ field: 'monitorMetric' }] },
      autostacks: { totalCount: 0 },
      cloudwatchMetrics: { totalCount: 0 },
      incidents: { totalCount: 0 },
      metricData: { totalCount: 2 * (SAMPLES - 30), nodes: [{ rowId: 31 }] },
      metrics: { totalCount: 3, nodes: [{ name: 'a' }] },
      ranked: { totalCount: 1, nodes: [{ name: 'b' }] },
      notifications: { totalCount: 0 },
      panelLinks: { totalCount: 0 },
      silences: { totalCount: 0 },
    });
  });

  it('of lists within a list is each one’s own', async () => {
    const { metrics } = await ask<{ metrics: { nodes: unknown } }>(`{ metrics { nodes {
      name
      data(first: 1, from: "2026-01-01T00:10:00Z") { totalCount }
      scored: data(first: 1, minAnomalyScore: 0) { totalCount }
      incidents { totalCount }
    } } }`);
    const ofOne = (name: string, scored: number) => ({
      name,
      data: { totalCount: SAMPLES - 10 },
      scored: { totalCount: scored },
      incidents: { totalCount: 0 },
    });
    expect(metrics.nodes).toEqual([ofOne('a', SAMPLES), ofOne('b', SAMPLES), ofOne('c', 0)]);
  });
});
