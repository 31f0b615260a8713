/** What PutAnomalyDetector excludes, through the whole server: data put, polled, scored, held against a rule. */
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

const credentials = { accessKeyId: 'AKIDOWN', secretAccessKey: 'a-secret-of-the-test' };
const PERIOD_MS = 300_000;
const ROWS = 800;
const START_MS = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS - (ROWS + 2) * PERIOD_MS;
const at = (row: number) => new Date(START_MS + row * PERIOD_MS);
const isOutage = (row: number) => row >= 600 && row < 612;
const valueAt = (row: number) => 100 + ((row * 7919) % 13) / 4 + (isOutage(row) ? 5000 : 0);

let server: TestServer;
let sdk: CloudWatch;
beforeAll(async () => {
  server = await startServer({
    settings: {
      LAPWING_AWS_ENDPOINT: 'self',
      LAPWING_AWS_SETTLE_SECONDS: '0',
      LAPWING_CLOUDWATCH_ACCESS_KEY_ID: credentials.accessKeyId,
      LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  });
  sdk = new CloudWatch({ endpoint: `${server.url}/aws`, region: 'us-east-1', credentials, maxAttempts: 1 });
});
afterAll(async () => {
  sdk.destroy();
  await server[Symbol.asyncDispose]();
});

const describeMetric = (MetricName: string) => ({ Namespace: 'App', MetricName, Stat: 'Average' });
const detect = (name: string, Configuration: object) =>
  sdk.putAnomalyDetector({ SingleMetricAnomalyDetector: describeMetric(name), Configuration });

async function readScored(name: string) {
  const { rows } = await server.database.pool.query<{ at: Date; score: number; phase: string | null }>(
    `SELECT "timestamp" AS at, score, phase FROM sample JOIN metric ON number = metric_number
     WHERE name = $1 AND score IS NOT NULL ORDER BY "timestamp"`,
    [`App/${name}`],
  );
  return rows;
}

const untilScored = (name: string) =>
  until(async () => {
    const rows = await readScored(name);
    expect(rows).toHaveLength(ROWS);
    return rows;
  });

test('of an excluded time no incident opens, nothing is learned, and it may be changed without losing a score', async () => {
  await read(server, 'mutation { createNotificationRule(input: { name: "all" }) { __typename } }', {});
  for (const MetricName of ['quiet', 'loud']) {
    const MetricData = Array.from({ length: ROWS }, (_, row) => ({
      MetricName,
      Timestamp: at(row),
      Value: valueAt(row),
    }));
    await sdk.putMetricData({ Namespace: 'App', MetricData });
  }
  const outage = { StartTime: at(600), EndTime: at(612) };
  await detect('quiet', { ExcludedTimeRanges: [outage], MetricTimezone: 'Europe/Berlin' });
  const quiet = await untilScored('quiet');
  // Scores are held against rules in their order: with this metric's incidents, those of the first are there.
  await detect('loud', {});
  const loud = await untilScored('loud');
  const isExcluded = (row: { phase: string | null }) => row.phase === 'EXCLUDED';
  expect(quiet.filter(isExcluded).map(({ at: time }) => time)).toEqual(
    Array.from({ length: 12 }, (_, i) => at(600 + i)),
  );
  expect(loud.filter(isExcluded)).toEqual([]);
  // What was learned before the outage is the same for both.
  expect(quiet.slice(0, 200).map(({ score }) => score)).toEqual(loud.slice(0, 200).map(({ score }) => score));
  await until(async () => {
    const { incidents } = await read<{ incidents: { nodes: { metric: { name: string } }[] } }>(
      server,
      '{ incidents(first: 10) { nodes { metric { name } } } }',
      {},
    );
    expect(incidents.nodes.map(({ metric }) => metric.name)).toEqual(['App/loud']);
  });

  await detect('quiet', { ExcludedTimeRanges: [outage, { StartTime: at(100), EndTime: at(110) }] });
  const metric = await server.database.prisma.metric.findFirst({ where: { name: 'App/quiet' } });
  expect(metric?.modelParams).toEqual(
    expect.objectContaining({
      excludedTimes: [
        { startMs: at(100).getTime(), endMs: at(110).getTime() },
        { startMs: at(600).getTime(), endMs: at(612).getTime() },
      ],
    }),
  );
  expect(metric?.modelParams).not.toHaveProperty('timeZone');
  expect(await readScored('quiet')).toEqual(quiet);
});

test('a metric that is monitored already gets the configuration of its first anomaly detector', async () => {
  await sdk.putMetricData({ Namespace: 'App', MetricData: [{ MetricName: 'known', Value: 1 }] });
  const spec = {
    region: 'us-east-1',
    namespace: 'App',
    metric: 'known',
    dimensions: [],
    statistic: 'Average',
  };
  await server.engine.monitor.monitorMetric({ datasource: 'CLOUDWATCH', spec });
  await detect('known', { MetricTimezone: 'Asia/Tokyo' });
  const metric = await server.database.prisma.metric.findFirst({ where: { name: 'App/known' } });
  expect(metric?.modelParams).toMatchObject({ timeZone: 'Asia/Tokyo' });
});

test.each([
  ['an unknown zone', { MetricTimezone: 'Mars/Olympus' }],
  [
    'more times than a metric may exclude',
    { ExcludedTimeRanges: Array.from({ length: 101 }, (_, i) => ({ StartTime: at(i), EndTime: at(i + 1) })) },
  ],
])('%s is refused', async (_what, configuration) => {
  await expect(detect('quiet', configuration)).rejects.toMatchObject({ Code: 'InvalidParameterValue' });
});
