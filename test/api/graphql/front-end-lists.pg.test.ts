/** Lists a front end shows: resources of pushed metrics, incidents, samples; each asked for as its page would. */
import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSchema } from '../../../src/api/graphql/schema.ts';
import { ask, read } from '../../helpers/ask.ts';
import { listStatements } from '../../helpers/list-statements.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';
import { until } from '../../helpers/until.ts';

const ROWS = 400;
const PERIOD_MS = 300_000;
const SERIES = ['web-1', 'web-2', 'web-3', 'db-1'].flatMap((host) =>
  ['cpu', 'memory'].map((metric) => ({ host, metric, env: host === 'web-3' ? 'test' : 'production' })),
);

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await read(
    server,
    'mutation { createNotificationRule(input: { name: "all", channels: [] }) { __typename } }',
  );
  const metrics = SERIES.map(({ host, metric, env }) => ({
    spec: { custom: { name: `${metric};env=${env};host=${host}` } },
    model: { min: 0, max: 1000 },
  }));
  await read(
    server,
    'mutation ($metrics: [MonitorMetricInput!]!) { monitorMetrics(input: { metrics: $metrics }) { results { error { message } } } }',
    { metrics },
  );
  const start = Date.now() - ROWS * PERIOD_MS;
  await server.engine.accept.acceptNamed(
    SERIES.flatMap(({ host, metric, env }) =>
      Array.from({ length: ROWS }, (_, row) => ({
        metric: `${metric};env=${env};host=${host}`,
        timestampMs: start + row * PERIOD_MS,
        value:
          row === ROWS - 1 && host === 'web-1' ? 900 : 50 + 10 * Math.sin(row / 20) + ((row * 7919) % 13) / 4,
      })),
    ),
  );
  // Incidents and bars are made of what is scored.
  await until(async () =>
    expect(
      await read(
        server,
        '{ incidents(filter: { states: [FIRING] }) { totalCount } metrics(filter: { minClass: RED }) { totalCount } }',
      ),
    ).toEqual({ incidents: { totalCount: 2 }, metrics: { totalCount: 2 } }),
  );
});

afterAll(() => server[Symbol.asyncDispose]());

describe('resources', () => {
  it('of pushed metrics are found by name, tag and source, with their metrics, bars and group score', async () => {
    const { resources } = await read<{
      resources: {
        totalCount: number;
        nodes: readonly {
          readonly name: string;
          readonly bars: readonly { readonly anomalyClass: string }[];
        }[];
      };
    }>(
      server,
      `{ resources(first: 50, filter: {
           nameContains: "web", tags: [{ key: "env", values: ["prod*"] }], sources: [CUSTOM]
         }) { totalCount nodes {
           name type tags { key value } metrics { name status }
           bars(window: HOURS) { height anomalyClass } anomaly { anomalyScore metricCount strongest { name } }
      } } }`,
    );
    expect(resources.totalCount).toBe(2);
    expect(resources.nodes).toMatchObject(
      ['web-1', 'web-2'].map((host) => ({
        name: host,
        tags: [
          { key: 'env', value: 'production' },
          { key: 'host', value: host },
        ],
        metrics: ['cpu', 'memory'].map((metric) => ({
          name: `${metric};env=production;host=${host}`,
          status: 'ACTIVE',
        })),
        anomaly: { metricCount: 2 },
      })),
    );
    const isRed = resources.nodes.map(({ bars }) => bars.some(({ anomalyClass }) => anomalyClass === 'RED'));
    expect(isRed).toEqual([true, false]);
  });
});

describe('counts by alias', () => {
  it('cost one statement each', async () => {
    const counts = `{ red: metrics(filter: { minClass: RED }) { totalCount }
      error: metrics(filter: { statuses: [ERROR] }) { totalCount } }`;
    await until(async () => {
      expect(await listStatements(() => ask(server, counts))).toHaveLength(2);
    });
    expect(await read(server, counts)).toEqual({ red: { totalCount: 2 }, error: { totalCount: 0 } });
  });
});

describe('incidents', () => {
  it('that fire are counted, and lead to their metric and their resource', async () => {
    const { incidents } = await read<{ incidents: { totalCount: number; nodes: readonly object[] } }>(
      server,
      '{ incidents(filter: { states: [FIRING] }) { totalCount nodes { metric { name } resource { name } } } }',
    );
    expect(incidents.totalCount).toBe(2);
    const named = ['cpu', 'memory'].map((metric) => ({
      metric: { name: `${metric};env=production;host=web-1` },
      resource: { name: 'web-1' },
    }));
    expect(incidents.nodes).toHaveLength(2);
    expect(incidents.nodes).toEqual(expect.arrayContaining(named));
  });
});

describe('a mutation', () => {
  it('is a valid document with the fields of its thing beside those of a failure', async () => {
    const document = `mutation ($id: ID!) { updateMetric(input: { id: $id, unit: "%" }) {
      ... on Metric { id statusReason } ... on Error { code message } } }`;
    expect(validate(createSchema(), parse(document))).toEqual([]);
    const { metrics } = await read<{ metrics: { nodes: [{ id: string }] } }>(
      server,
      '{ metrics(first: 1) { nodes { id } } }',
    );
    const { id } = metrics.nodes[0];
    expect(await read(server, document, { id })).toEqual({ updateMetric: { id, statusReason: null } });
    const unknown = 'Metric:00000000-0000-4000-8000-000000000000';
    expect(await read(server, document, { id: unknown })).toEqual({
      updateMetric: { code: 'NOT_FOUND', message: expect.stringContaining('no metric has the id') as string },
    });
  });
});

describe('samples of several metrics', () => {
  interface Samples {
    readonly metricData: {
      readonly totalCount: number;
      readonly nodes: readonly {
        readonly rowId: number;
        readonly anomalyScore: number;
        readonly anomalyClass: string;
        readonly metric: { readonly name: string };
      }[];
    };
  }
  const list = (args: string, ids: readonly string[], variables: object) =>
    read<Samples>(
      server,
      `query ($ids: [ID!]!, $from: DateTime, $to: DateTime) { metricData(${args}) {
        totalCount nodes { rowId anomalyScore anomalyClass timestamp metric { name } } } }`,
      { ids, ...variables },
    );
  const readIds = async () => {
    const { metrics } = await read<{ metrics: { nodes: readonly { id: string }[] } }>(
      server,
      '{ metrics(filter: { servers: ["web-1", "web-2"] }) { nodes { id } } }',
    );
    return metrics.nodes.map(({ id }) => id);
  };

  it('of a class and a time come the most anomalous first', async () => {
    const ids = await readIds();
    expect(ids).toHaveLength(4);
    const now = Date.now();
    const range = { from: new Date(now - 2 * PERIOD_MS), to: new Date(now) };
    const filter = 'filter: { metricIds: $ids, minClass: YELLOW, from: $from, to: $to }';
    const { metricData } = await list(`${filter}, orderBy: ANOMALY, first: 20`, ids, range);
    const names = metricData.nodes.map(({ metric }) => metric.name);
    expect(names.toSorted()).toEqual(['cpu;env=production;host=web-1', 'memory;env=production;host=web-1']);
    expect(metricData.nodes).toMatchObject(names.map(() => ({ rowId: ROWS, anomalyClass: 'RED' })));
    expect(metricData.totalCount).toBe(2);
    const scores = metricData.nodes.map(({ anomalyScore }) => anomalyScore);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  it('are found by their row ids', async () => {
    const [id = ''] = await readIds();
    const { metricData } = await read<Samples>(
      server,
      `query ($ids: [ID!]!, $rowIds: [Int!]!) {
        metricData(filter: { metricIds: $ids, rowIds: $rowIds }) { nodes { rowId } } }`,
      { ids: [id], rowIds: [7, 3, ROWS + 1] },
    );
    expect(metricData.nodes.map(({ rowId }) => rowId)).toEqual([3, 7]);
  });
});
