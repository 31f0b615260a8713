import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_CLOUDWATCH_ACCEPT_ANY_SIGNATURE: 'on' } });
});
afterAll(() => server[Symbol.asyncDispose]());

const MINUTE_MS = 60_000;
const START_MS = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;
const at = (minutes: number) => new Date(START_MS + minutes * MINUTE_MS).toISOString();
const PUT =
  'mutation ($input: PutCloudwatchMetricDataInput!) { putCloudwatchMetricData(input: $input) { stored } }';
const LIST = `query ($namespace: String, $dimensions: [DimensionInput!], $first: Int, $after: String) {
  cloudwatchMetrics(namespace: $namespace, dimensions: $dimensions, first: $first, after: $after) {
    nodes { name dimensions { name value } } pageInfo { hasNextPage endCursor } } }`;
const STATISTICS = `query ($input: CloudwatchStatisticsInput!) { cloudwatchStatistics(input: $input) {
  datapoints { timestamp unit sampleCount average sum minimum maximum percentiles } } }`;

interface Listed {
  cloudwatchMetrics: {
    nodes: { name: string; dimensions: { name: string; value: string }[] }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  };
}

describe('The CloudWatch service in GraphQL', () => {
  it('puts, lists and reads what the wire sees too', async () => {
    const dimensions = [{ name: 'host', value: 'web-1' }];
    const data = [
      { name: 'load', dimensions, timestamp: at(0), value: 1, unit: 'Count' },
      { name: 'load', dimensions, timestamp: at(1), values: [2, 4], counts: [3, 1], unit: 'Count' },
      { name: 'idle', timestamp: at(0), statisticValues: { sampleCount: 2, sum: 3, minimum: 1, maximum: 2 } },
    ];
    expect(await read(server, PUT, { input: { namespace: 'App', data } })).toEqual({
      putCloudwatchMetricData: { stored: 3 },
    });
    const first = await read<Listed>(server, LIST, { namespace: 'App', first: 1 });
    expect(first.cloudwatchMetrics.pageInfo.hasNextPage).toBe(true);
    const after = first.cloudwatchMetrics.pageInfo.endCursor;
    const second = await read<Listed>(server, LIST, { namespace: 'App', first: 1, after });
    const names = [...first.cloudwatchMetrics.nodes, ...second.cloudwatchMetrics.nodes].map(
      ({ name }) => name,
    );
    expect(new Set(names)).toEqual(new Set(['load', 'idle']));
    const filtered = await read<Listed>(server, LIST, { dimensions: [{ name: 'host' }] });
    expect(filtered.cloudwatchMetrics.nodes).toEqual([{ name: 'load', dimensions }]);

    const input = { namespace: 'App', name: 'load', dimensions, from: at(0), to: at(5), periodSeconds: 300 };
    expect(await read(server, STATISTICS, { input: { ...input, percentiles: [50, 100] } })).toEqual({
      cloudwatchStatistics: {
        datapoints: [
          {
            timestamp: new Date(START_MS).toISOString(),
            unit: 'Count',
            sampleCount: 5,
            average: 2.2,
            sum: 11,
            minimum: 1,
            maximum: 4,
            percentiles: [2, 4],
          },
        ],
      },
    });
    const wire = await fetch(`${server.url}/aws`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'GraniteServiceVersion20100801.ListMetrics',
      },
      body: JSON.stringify({ Namespace: 'App' }),
    });
    expect(await wire.json()).toMatchObject({ Metrics: [{ Namespace: 'App' }, { Namespace: 'App' }] });
  });

  it.each([
    ['a value too large', { name: 'm', value: 1e300 }, 'MetricData.member.1.Value'],
    ['two kinds of value', { name: 'm', value: 1, values: [1] }, 'mutually exclusive'],
    [
      'a dimension without a value',
      { name: 'm', value: 1, dimensions: [{ name: 'a' }] },
      'Dimensions.member.1.Value',
    ],
  ])('refuses %s as INVALID_INPUT, naming it', async (_what, datum, text) => {
    const { errors } = await ask(server, PUT, { input: { namespace: 'App', data: [datum] } });
    expect(errors).toMatchObject([
      { extensions: { code: 'INVALID_INPUT' }, message: expect.stringContaining(text) as string },
    ]);
  });
});
