/** Queries a front end would write: what one of them asks wrongly costs nothing of the rest of its answer. */
import { getNullableType, isListType, isNonNullType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSchema } from '../../../src/api/graphql/schema.ts';
import { ask, read } from '../../helpers/ask.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';
import { until } from '../../helpers/until.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

let server: TestServer;
let metricId: string;

beforeAll(async () => {
  server = await startServer();
  const points = Array.from({ length: 300 }, (_, i) => ({
    metric: 'shop.orders',
    timestamp: new Date(START_MS + i * 60_000),
    value: (i % 7) + (i === 290 ? 1_000 : 0),
  }));
  await read(
    server,
    'mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }',
    { points },
  );
  const { monitorMetric } = await read<{ monitorMetric: { id: string } }>(
    server,
    'mutation { monitorMetric(input: { spec: { custom: { name: "shop.orders" } } }) { ... on Metric { id } } }',
  );
  metricId = monitorMetric.id;
  await until(async () =>
    expect(await read(server, '{ metrics(filter: { statuses: [ACTIVE] }) { totalCount } }')).toEqual({
      metrics: { totalCount: 1 },
    }),
  );
});

afterAll(() => server[Symbol.asyncDispose]());

describe('the schema', () => {
  it('lets no field be refused for its arguments together with its siblings', () => {
    // What may be refused: pages, filters, ranges, ids.
    const refusable = new Set(['first', 'after', 'filter', 'from', 'id', 'ids', 'region', 'maxPoints']);
    const strict = Object.values(createSchema().getTypeMap())
      .filter(isObjectType)
      .filter(({ name }) => !name.startsWith('__') && name !== 'Subscription')
      .flatMap((type) =>
        Object.values(type.getFields())
          .filter(({ args }) => args.some(({ name }) => refusable.has(name)))
          .filter(({ type: given }) => isNonNullType(given) && !isListOfNullables(given))
          .map(({ name }) => `${type.name}.${name}`),
      );
    expect(strict).toEqual([]);
  });

  function isListOfNullables(type: unknown): boolean {
    const list = isNonNullType(type) ? getNullableType(type) : type;
    return isListType(list) && !isNonNullType(list.ofType);
  }
});

describe('nodes', () => {
  it('is null for each id that is malformed or unknown, and errs for none', async () => {
    const ids = [metricId, 'nonsense', `Metric:${UNKNOWN}`, '', `Incident:${UNKNOWN}`, metricId];
    const { data, errors } = await ask(
      server,
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }',
      {
        ids,
      },
    );
    const metric = { id: metricId, __typename: 'Metric' };
    expect(errors).toEqual([]);
    expect(data).toEqual({ nodes: [metric, null, null, null, null, metric] });
  });

  it('says of one malformed id what an id is', async () => {
    const { data, errors } = await ask(server, '{ serverInfo { version } node(id: "nonsense") { id } }');
    expect(data).toMatchObject({ serverInfo: { version: expect.any(String) as string }, node: null });
    expect(errors).toMatchObject([{ message: 'id: "nonsense" is not the id of anything', path: ['node'] }]);
  });
});

describe('a part that fails leaves its siblings', () => {
  it.each([
    ['exportModels(ids: ["unknown"])', 'exportModels', 'INVALID_INPUT'],
    [`exportMetricArchive(id: "Metric:${UNKNOWN}") { url }`, 'exportMetricArchive', 'NOT_FOUND'],
    ['metrics(filter: { ids: ["x"] }) { totalCount }', 'metrics', 'INVALID_INPUT'],
    ['metrics(after: "x") { totalCount }', 'metrics', 'INVALID_INPUT'],
    [
      'resources(filter: { sources: [CLOUDWATCH], regions: ["us-west-2"] }) { totalCount }',
      'resources',
      'SOURCE_UNAVAILABLE',
    ],
    ['suggestedResources(region: "us-west-2") { id }', 'suggestedResources', 'SOURCE_UNAVAILABLE'],
    [
      'previewAutostack(region: "us-west-2", filters: [{ key: "env", values: ["x"] }]) { totalCount }',
      'previewAutostack',
      'SOURCE_UNAVAILABLE',
    ],
    [
      'incidents(filter: { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }) { totalCount }',
      'incidents',
      'INVALID_INPUT',
    ],
    ['wall(first: -1) { totalCount }', 'wall', 'INVALID_INPUT'],
  ])('%s', async (field, name, code) => {
    const { data, errors } = await ask(server, `{ serverInfo { version } ${field} }`);
    expect(data).toEqual({ serverInfo: { version: expect.any(String) as string }, [name]: null });
    expect(errors).toMatchObject([{ path: [name], extensions: { code } }]);
  });

  it.each([
    'data(after: "x") { totalCount }',
    'data(first: 5000) { nodes { value } }',
    'series(from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z") { values }',
    'incidents(before: "x") { totalCount }',
    'annotations(from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z") { id }',
  ])('metrics { nodes { id %s } }', async (field) => {
    const { data, errors } = await ask(server, `{ metrics(first: 2) { nodes { id ${field} } } }`);
    const name = field.slice(0, field.indexOf('('));
    expect(data).toEqual({ metrics: { nodes: [{ id: metricId, [name]: null }] } });
    expect(errors).toMatchObject([
      { path: ['metrics', 'nodes', 0, name], extensions: { code: 'INVALID_INPUT' } },
    ]);
  });
});

describe('counts by alias', () => {
  it('come beside each other', async () => {
    expect(
      await read(
        server,
        `{ red: metrics(filter: { minClass: RED }, window: WEEKS) { totalCount }
           error: metrics(filter: { statuses: [ERROR] }) { totalCount }
           firing: incidents(filter: { states: [FIRING] }) { totalCount } }`,
      ),
    ).toEqual({ red: { totalCount: 0 }, error: { totalCount: 0 }, firing: { totalCount: 0 } });
  });
});

describe('the series of a metric', () => {
  const series = async (from: string, to: string) => {
    const { data, errors } = await ask(
      server,
      'query ($id: ID!, $from: DateTime, $to: DateTime) { metric(id: $id) { series(from: $from, to: $to) { values } } }',
      { id: metricId, from, to },
    );
    return { metric: data?.metric, messages: errors.map(({ message }) => message) };
  };

  it('is empty where there is nothing, one point long where there is one, and refused the wrong way round', async () => {
    expect(await series('2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z')).toEqual({
      metric: { series: { values: [] } },
      messages: [],
    });
    expect(await series('2026-01-01T00:01:00Z', '2026-01-01T00:01:00Z')).toEqual({
      metric: { series: { values: [1] } },
      messages: [],
    });
    expect(await series('2026-01-01T00:01:00Z', '2026-01-01T00:00:00Z')).toEqual({
      metric: { series: null },
      messages: [
        'to: expected 2026-01-01T00:01:00.000Z, which is from, or later, got 2026-01-01T00:00:00.000Z',
      ],
    });
  });
});

describe('a history to be scored', () => {
  it.each(['2026-01-01T00:00:00Z', '2025-12-31T23:59:59.999Z'])(
    'is refused at the first point that is not after the one before: %s',
    async (second) => {
      const { scoreSeries } = await read<{ scoreSeries: unknown }>(
        server,
        `query ($points: [SeriesPointInput!]!) { scoreSeries(input: { points: $points }) {
          __typename ... on InvalidInputError { code message path } } }`,
        {
          points: ['2026-01-01T00:00:00Z', second, second].map((timestamp) => ({ timestamp, value: 1 })),
        },
      );
      expect(scoreSeries).toEqual({
        __typename: 'InvalidInputError',
        code: 'INVALID_INPUT',
        message: `input.points.1.timestamp: expected a time after 2026-01-01T00:00:00.000Z, that of the point before, got ${new Date(second).toISOString()}`,
        path: ['input', 'points', '1', 'timestamp'],
      });
    },
  );
});

describe('counters by name', () => {
  it('are those that are known, and the others are named', async () => {
    const { serverInfo } = await read<{
      serverInfo: { counters: { name: string }[]; unknownCounters: string[] };
    }>(
      server,
      `query ($names: [String!]!) { serverInfo { counters(names: $names) { name } unknownCounters(names: $names) } }`,
      { names: ['nope', 'points_accepted', 'points'] },
    );
    expect(new Set(serverInfo.counters.map(({ name }) => name))).toEqual(new Set(['points_accepted']));
    expect(serverInfo.unknownCounters).toEqual(['nope', 'points']);
  });
});
