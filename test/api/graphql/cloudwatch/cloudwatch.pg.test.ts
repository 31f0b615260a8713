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
    [{ value: 1e300 }, /^The value 1e\+300 for parameter data\.0\.value is invalid/],
    [{ value: 1, values: [1] }, /^The parameters data\.0\.value and data\.0\.values are mutually exclusive/],
    [{ value: 1, dimensions: [{ name: 'a' }] }, /^The parameter data\.0\.dimensions\.0\.value is required/],
    [{ counts: [1] }, /^The parameter data\.0\.counts needs data\.0\.values\./],
    [{}, /^At least one of the parameters data\.0\.value, data\.0\.statisticValues, data\.0\.values must/],
    [
      { statisticValues: { sampleCount: 1, sum: 1, minimum: 2, maximum: 1 } },
      /^The value 1 for parameter data\.0\.statisticValues\.maximum is invalid\. It must not be below minimum, 2/,
    ],
    [{ value: 1, unit: 'Miles' }, /^The parameter data\.0\.unit must be a value in the set \[ Seconds, /],
    [
      { value: 1, timestamp: '2999-01-01T00:00:00Z' },
      /^The parameter data\.0\.timestamp must specify a time no more than two hours in the future/,
    ],
  ])('refuses the data %j by the names of its fields', async (datum, message) => {
    const { errors } = await ask(server, PUT, {
      input: { namespace: 'App', data: [{ name: 'm', ...datum }] },
    });
    expect(errors).toMatchObject([
      { extensions: { code: 'INVALID_INPUT' }, message: expect.stringMatching(message) as string },
    ]);
  });

  it.each([
    [{ to: '2026-02-01T00:00:00Z' }, /^The parameter from must be less than the parameter to\.$/],
    [{ periodSeconds: 7 }, /^The parameter periodSeconds must be 1, 5, 10/],
    [{ namespace: '' }, /^The parameter namespace is required/],
    [{ dimensions: [{ name: 'a', value: '' }] }, /^The parameter dimensions\.0\.value is required/],
    [{ percentiles: [101] }, /^The value p101 for parameter percentiles.* is not a valid statistic/],
  ])('refuses the question %j by the names of its fields', async (wrong, message) => {
    const question = {
      namespace: 'App',
      name: 'm',
      from: '2026-03-01T00:00:00Z',
      to: '2026-03-01T01:00:00Z',
    };
    const { errors } = await ask(
      server,
      'query ($input: CloudwatchStatisticsInput!) { cloudwatchStatistics(input: $input) { __typename } }',
      { input: { ...question, ...wrong } },
    );
    expect(errors).toMatchObject([
      { extensions: { code: 'INVALID_INPUT' }, message: expect.stringMatching(message) as string },
    ]);
  });
});
