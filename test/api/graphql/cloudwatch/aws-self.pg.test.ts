import { describe, expect, it } from 'vitest';
import { read } from '../../../helpers/ask.ts';
import { startServer } from '../../../helpers/start-server.ts';

const PERIOD_MS = 300_000;
const PERIODS = 24;
const END = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS - 3 * PERIOD_MS;

const timeOf = (period: number) => new Date(END - (PERIODS - period) * PERIOD_MS).toISOString();

describe("the server's own CloudWatch service", () => {
  it('is monitored by the same code as AWS: what is put there is read, averaged and scored', async () => {
    await using server = await startServer({
      settings: {
        LAPWING_AWS_ENDPOINT: 'self',
        LAPWING_AWS_HISTORY_DAYS: '1',
        LAPWING_AWS_SETTLE_SECONDS: '0',
        LAPWING_CLOUDWATCH_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY: 'example-secret-of-this-test',
      },
    });
    const dimensions = [{ name: 'host', value: 'web-1' }];
    // Two values in each period: 10 + n and 20 + n.
    const data = Array.from({ length: 2 * PERIODS }, (_, index) => ({
      name: 'load',
      dimensions,
      value: 10 * (1 + (index % 2)) + Math.floor(index / 2),
      timestamp: timeOf(Math.floor(index / 2)),
    }));
    const put = await read<{ putCloudwatchMetricData: unknown }>(
      server,
      `mutation ($input: PutCloudwatchMetricDataInput!) { putCloudwatchMetricData(input: $input) { stored } }`,
      { input: { namespace: 'Shop', data } },
    );
    expect(put.putCloudwatchMetricData).toEqual({ stored: 2 * PERIODS });
    const events = server.engine.live.subscribe({
      filter: {},
      after: null,
      maxBatch: 2 * PERIODS,
      lingerMs: 0,
    });
    const { monitorMetric } = await read<{ monitorMetric: { id: string } }>(
      server,
      `mutation ($spec: MetricSpecInput!) { monitorMetric(input: { spec: $spec, model: { min: 0, max: 100 } }) {
        __typename ... on Metric { id server } ... on Error { message } } }`,
      { spec: { cloudwatch: { region: 'eu-west-1', namespace: 'Shop', metric: 'load', dimensions } } },
    );
    expect(monitorMetric).toMatchObject({ __typename: 'Metric', server: 'eu-west-1/Shop/web-1' });
    const event = await events.next();
    await events.return?.();
    const scores = (event.value as { scores: { timestampMs: number; value: number; score: number }[] })
      .scores;
    expect(scores.map(({ timestampMs }) => new Date(timestampMs).toISOString())).toEqual(
      Array.from({ length: PERIODS }, (_, period) => timeOf(period)),
    );
    expect(scores.map(({ value }) => value)).toEqual(
      Array.from({ length: PERIODS }, (_, period) => 15 + period),
    );
  });
});
