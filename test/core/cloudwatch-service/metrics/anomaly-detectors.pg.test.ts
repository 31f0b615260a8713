/** Anomaly detectors over the whole server: the CloudWatch source asks the server's own service. */
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const credentials = { accessKeyId: 'AKIDOWN', secretAccessKey: 'a-secret-of-the-test' };
const METRIC = {
  Namespace: 'App',
  MetricName: 'load',
  Dimensions: [{ Name: 'host', Value: 'web-1' }],
  Stat: 'Average',
};
const keys = {
  LAPWING_CLOUDWATCH_ACCESS_KEY_ID: credentials.accessKeyId,
  LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY: credentials.secretAccessKey,
};

const createSdk = (server: TestServer) =>
  new CloudWatch({ endpoint: `${server.url}/aws`, region: 'us-east-1', credentials, maxAttempts: 1 });

let server: TestServer;
let sdk: CloudWatch;
beforeAll(async () => {
  server = await startServer({ settings: { ...keys, LAPWING_AWS_ENDPOINT: 'self' } });
  sdk = createSdk(server);
});
afterAll(async () => {
  sdk.destroy();
  await server[Symbol.asyncDispose]();
});

const findMetric = () => server.database.prisma.metric.findFirst({ where: { name: 'App/load' } });

describe('An anomaly detector', () => {
  it('is a metric Lapwing watches, put, described and deleted', async () => {
    await sdk.putMetricData({
      Namespace: 'App',
      MetricData: [{ MetricName: 'load', Dimensions: METRIC.Dimensions, Value: 1 }],
    });
    await sdk.putAnomalyDetector({ SingleMetricAnomalyDetector: METRIC });
    await sdk.putAnomalyDetector({ SingleMetricAnomalyDetector: METRIC });
    expect(await findMetric()).toMatchObject({ datasource: 'CLOUDWATCH' });
    expect((await findMetric())?.status).not.toBe('UNMONITORED');

    const { AnomalyDetectors: found = [] } = await sdk.describeAnomalyDetectors({ Namespace: 'App' });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ SingleMetricAnomalyDetector: METRIC, StateValue: 'PENDING_TRAINING' });
    expect((await sdk.describeAnomalyDetectors({ MetricName: 'other' })).AnomalyDetectors).toEqual([]);

    const countOf = async (...AnomalyDetectorTypes: ('SINGLE_METRIC' | 'METRIC_MATH')[]) =>
      (await sdk.describeAnomalyDetectors({ AnomalyDetectorTypes })).AnomalyDetectors?.length;
    expect(await countOf('METRIC_MATH')).toBe(0);
    expect(await countOf('METRIC_MATH', 'SINGLE_METRIC')).toBe(1);
    expect(await countOf()).toBe(1);

    const own = { ...METRIC, AccountId: '000000000001' };
    await sdk.deleteAnomalyDetector({ SingleMetricAnomalyDetector: own });
    expect((await sdk.describeAnomalyDetectors({})).AnomalyDetectors).toEqual([]);
    expect((await findMetric())?.status).toBe('UNMONITORED');
  });

  it('is described as long as its metric is monitored, whatever is put and deleted at once', async () => {
    await sdk.putAnomalyDetector({ SingleMetricAnomalyDetector: METRIC });
    const asked = Array.from({ length: 12 }, (_, i) => {
      const detector = { SingleMetricAnomalyDetector: METRIC };
      return i % 3 === 0 ? sdk.putAnomalyDetector(detector) : sdk.deleteAnomalyDetector(detector);
    });
    const failures = (await Promise.allSettled(asked)).flatMap((one) =>
      one.status === 'rejected' ? [one.reason as Error] : [],
    );
    expect(failures.map(({ name }) => name)).toEqual(failures.map(() => 'ResourceNotFoundException'));
    const { AnomalyDetectors: left = [] } = await sdk.describeAnomalyDetectors({ Namespace: 'App' });
    expect((await findMetric())?.status === 'UNMONITORED').toBe(left.length === 0);
    if (left.length > 0) await sdk.deleteAnomalyDetector({ SingleMetricAnomalyDetector: METRIC });
  });

  it('needs no dimensions, keeps its configuration, and makes a band that learned nothing of excluded times', async () => {
    const metric = { Namespace: 'App', MetricName: 'plain', Stat: 'Average' };
    const START_MS = Math.floor(Date.now() / 300_000) * 300_000 - 2 * 86_400_000;
    const at = (i: number) => new Date(START_MS + i * 300_000);
    const isOdd = (i: number) => i >= 250 && i < 350;
    const value = (i: number) => (isOdd(i) ? 5_000 * (i % 7) : 100 + (i % 5));
    await sdk.putMetricData({
      Namespace: 'App',
      MetricData: Array.from({ length: 500 }, (_, i) => ({
        MetricName: 'plain',
        Timestamp: at(i),
        Value: value(i),
      })),
    });
    const measure = async () => {
      const { MetricDataResults: [upper, lower] = [] } = await sdk.getMetricData({
        StartTime: at(480),
        EndTime: at(500),
        MetricDataQueries: [
          {
            Id: 'm1',
            ReturnData: false,
            MetricStat: { Metric: { Namespace: 'App', MetricName: 'plain' }, Period: 300, Stat: 'Average' },
          },
          { Id: 'band', Expression: 'ANOMALY_DETECTION_BAND(m1, 2)' },
        ],
      });
      return (upper?.Values?.[0] ?? 0) - (lower?.Values?.[0] ?? 0);
    };
    const before = await measure();
    const Configuration = {
      ExcludedTimeRanges: [{ StartTime: at(250), EndTime: at(350) }],
      MetricTimezone: 'Europe/Berlin',
    };
    await sdk.putAnomalyDetector({ SingleMetricAnomalyDetector: metric, Configuration });
    const { AnomalyDetectors } = await sdk.describeAnomalyDetectors({ MetricName: 'plain' });
    expect(AnomalyDetectors).toMatchObject([
      { Configuration, SingleMetricAnomalyDetector: { ...metric, Dimensions: [] } },
    ]);
    expect(await measure()).toBeLessThan(before / 2);
    const monitored = await server.database.prisma.metric.findFirst({ where: { name: 'App/plain' } });
    expect(monitored?.modelParams).toMatchObject({ timeZone: 'Europe/Berlin' });
    const later = { ExcludedTimeRanges: [{ StartTime: at(2), EndTime: at(1) }] };
    await expect(
      sdk.putAnomalyDetector({ SingleMetricAnomalyDetector: metric, Configuration: later }),
    ).rejects.toMatchObject({ Code: 'InvalidParameterValue' });
  });

  it.each([
    ['no statistic', { ...METRIC, Stat: undefined }, 'MissingParameter'],
    ['an unknown statistic', { ...METRIC, Stat: 'Median' }, 'InvalidParameterValue'],
    ['another account', { ...METRIC, AccountId: '1' }, 'InvalidParameterValue'],
    ['no namespace', { ...METRIC, Namespace: undefined }, 'MissingParameter'],
  ])('is refused with %s', async (_what, metric, Code) => {
    await expect(sdk.putAnomalyDetector({ SingleMetricAnomalyDetector: metric })).rejects.toMatchObject({
      Code,
    });
  });

  it('on metric math is refused in every operation, and says so', async () => {
    const MetricMathAnomalyDetector = {
      MetricDataQueries: [{ Id: 'e1', Expression: 'm1 / m2', ReturnData: true }],
    };
    const message = 'Only single metrics can be monitored';
    await expect(sdk.putAnomalyDetector({ MetricMathAnomalyDetector })).rejects.toThrow(message);
    await expect(sdk.deleteAnomalyDetector({ MetricMathAnomalyDetector })).rejects.toThrow(message);
  });

  it('that is not there cannot be deleted', async () => {
    await expect(sdk.deleteAnomalyDetector({ SingleMetricAnomalyDetector: METRIC })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('is refused where the server watches AWS itself', async () => {
    await using other = await startServer({ settings: keys });
    const elsewhere = createSdk(other);
    await expect(elsewhere.putAnomalyDetector({ SingleMetricAnomalyDetector: METRIC })).rejects.toThrow(
      'LAPWING_AWS_ENDPOINT',
    );
    elsewhere.destroy();
  });
});
