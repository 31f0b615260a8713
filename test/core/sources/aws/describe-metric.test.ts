import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InvalidInputError, NotSupportedError } from '../../../../src/errors.ts';
import { CATALOGUE, listSupportedTypes } from '../../../../src/core/sources/aws/catalogue.ts';
import { describeCloudwatchMetric, toSeriesQuery } from '../../../../src/core/sources/aws/describe-metric.ts';
import { REGIONS } from '../../../../src/core/sources/aws/regions.ts';
import { parseCloudwatchSpec } from '../../../../src/core/sources/aws/spec.ts';

const CPU = {
  region: 'us-west-2',
  namespace: 'AWS/EC2',
  metric: 'CPUUtilization',
  dimensions: [{ name: 'InstanceId', value: 'i-0123' }],
};

describe('a CloudWatch metric', () => {
  it('has the names, bounds and resource the catalogue gives it', () => {
    expect(describeCloudwatchMetric(CPU)).toMatchObject({
      name: 'AWS/EC2/CPUUtilization',
      description: 'CPUUtilization of EC2 instance i-0123 in us-west-2',
      unit: 'Percent',
      server: 'us-west-2/AWS/EC2/i-0123',
      location: 'us-west-2',
      periodSeconds: 300,
      modelParams: { min: 0, max: 100 },
      resource: { type: 'AWS::EC2::Instance', resourceId: 'i-0123' },
    });
  });

  it('is the same metric however its dimensions are written and ordered', () => {
    const identity = (dimensions: unknown) =>
      describeCloudwatchMetric({ ...CPU, namespace: 'Shop', dimensions }).identity;
    const both = identity([
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ]);
    expect(identity({ b: '2', a: '1' })).toBe(both);
    expect(identity({ a: '1|b|2' })).not.toBe(both);
    expect(describeCloudwatchMetric({ ...CPU, statistic: 'Average', periodSeconds: 300 }).identity).toBe(
      describeCloudwatchMetric(CPU).identity,
    );
    expect(describeCloudwatchMetric({ ...CPU, statistic: 'Maximum' }).identity).not.toBe(
      describeCloudwatchMetric(CPU).identity,
    );
  });

  it('belongs to the group that scales, not to an instance, when its dimension says so', () => {
    const dimensions = { AutoScalingGroupName: 'web' };
    expect(describeCloudwatchMetric({ ...CPU, dimensions })).toMatchObject({
      server: 'us-west-2/AWS/AutoScaling/web',
      resource: { type: 'AWS::AutoScaling::AutoScalingGroup' },
    });
  });

  it('may be one nobody listed: its bounds are learned', () => {
    expect(describeCloudwatchMetric({ ...CPU, namespace: 'Shop', metric: 'orders' })).toMatchObject({
      name: 'Shop/orders',
      modelParams: {},
      resource: null,
      server: 'us-west-2/Shop/i-0123',
    });
    expect(describeCloudwatchMetric({ ...CPU, metric: 'StatusCheckFailed' })).toMatchObject({
      modelParams: {},
      resource: { type: 'AWS::EC2::Instance' },
    });
  });

  it('takes two dimensions where a metric has two', () => {
    expect(
      describeCloudwatchMetric({
        region: 'eu-west-1',
        namespace: 'AWS/DynamoDB',
        metric: 'SuccessfulRequestLatency',
        dimensions: { TableName: 'carts', Operation: 'GetItem' },
      }),
    ).toMatchObject({ server: 'eu-west-1/AWS/DynamoDB/carts', modelParams: { min: 0, max: 1000 } });
  });

  it.each([
    [null, 'expected'],
    [{ ...CPU, region: 'fake-region' }, 'region'],
    [{ ...CPU, region: '' }, 'region'],
    [{ ...CPU, region: undefined }, 'region'],
    [{ ...CPU, namespace: '' }, 'namespace'],
    [{ ...CPU, namespace: ':x' }, 'namespace'],
    [{ ...CPU, metric: '' }, 'metric'],
    [{ ...CPU, metric: 'größe' }, 'metric'],
    [{ ...CPU, dimensions: [] }, 'dimensions'],
    [{ ...CPU, dimensions: {} }, 'dimensions'],
    [{ ...CPU, dimensions: { '': 'x' } }, 'dimensions'],
    [{ ...CPU, dimensions: { InstanceId: '' } }, 'dimensions'],
    [{ ...CPU, dimensions: { InstanceId: 'web-1' } }, 'dimensions.InstanceId'],
    [
      { ...CPU, namespace: 'AWS/EBS', dimensions: { VolumeId: 'fsvol-0123456789abcdef0' } },
      'dimensions.VolumeId',
    ],
    [{ ...CPU, dimensions: [...CPU.dimensions, ...CPU.dimensions] }, 'dimensions'],
    [{ ...CPU, statistic: 'Mean' }, 'statistic'],
    [{ ...CPU, periodSeconds: 45 }, 'periodSeconds'],
    [{ ...CPU, colour: 'red' }, 'colour'],
  ])('is refused with the name of the field: %j (row 56)', (spec, field) => {
    expect(() => describeCloudwatchMetric(spec)).toThrow(InvalidInputError);
    expect(() => describeCloudwatchMetric(spec)).toThrow(field);
  });

  it.each([
    ['AWS/Lambda', 'ConcurrentExecutions'],
    ['AWS/Logs', 'IncomingBytes'],
    ['AWS/DynamoDB', 'AccountProvisionedReadCapacityUtilization'],
    ['Shop', 'orders'],
  ])('of a whole account needs no dimensions: %s %s', (namespace, metric) => {
    expect(
      describeCloudwatchMetric({ region: 'us-west-2', namespace, metric, dimensions: [] }),
    ).toMatchObject({
      name: `${namespace}/${metric}`,
      resource: null,
    });
  });

  it('takes 30 dimensions and not 31', () => {
    const dimensions = (length: number) =>
      Array.from({ length }, (_, index) => ({ name: `d${index}`, value: 'x' }));
    const describing = (length: number) => () =>
      describeCloudwatchMetric({ ...CPU, namespace: 'Shop', dimensions: dimensions(length) });
    expect(describing(30)).not.toThrow();
    expect(describing(31)).toThrow('at most 30');
  });

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
  it.each([
    ...['p95', 'p99.9', 'p100', 'p0.0000000001', 'tm90', 'wm98', 'tc90', 'ts90', 'IQM'],
    ...['TM(2%:98%)', 'TM(150:1000)', 'WM(10%:90%)', 'PR(:300)', 'PR(100:2000)', 'TC(0.005:0.030)'],
    ...['TM(:80%)', 'TC(80%:)', 'TS(:90%)', 'TS(100:)'],
  ])('takes the statistic %s', (statistic) => {
    const asked = toSeriesQuery(parseCloudwatchSpec({ ...CPU, statistic }));
    expect(asked.statistic).toBe(statistic);
  });

  it.each([
    ...['average', 'p', 'p101', 'p-1', 'P99', 'p99%', 'TM', 'TM()', 'TM(:)', 'TM(10%)', 'TM(10%:200)'],
    ...[
      'TM(10%:101%)',
      'PR(10%:90%)',
      'tm(10%:90%)',
      'IQM90',
      ' p99',
      'p99 ',
      'p99\n',
      'TM(1:2',
      'Sum|Average',
    ],
  ])('refuses the statistic %j', (statistic) => {
    expect(() => describeCloudwatchMetric({ ...CPU, statistic })).toThrow(/^statistic: expected Average/);
  });

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html
  it.each([1, 5, 10, 20, 30, 60, 120, 3600, 86_400])('takes periods of %d seconds', (periodSeconds) => {
    expect(describeCloudwatchMetric({ ...CPU, periodSeconds })).toMatchObject({ periodSeconds });
  });

  it.each([0, -60, 2, 15, 40, 61, 90, 0.5])('refuses periods of %d seconds', (periodSeconds) => {
    expect(() => describeCloudwatchMetric({ ...CPU, periodSeconds })).toThrow(/^periodSeconds: expected/);
  });

  it.each([
    [
      'AWS/FSx',
      'DataReadBytes',
      { FileSystemId: 'fs-0123456789abcdef0', VolumeId: 'fsvol-0123456789abcdef0' },
    ],
    [
      'AWS/Connect',
      'ConcurrentCalls',
      { InstanceId: '1d6a0b2c-4f5e-4a7b-8c9d-0e1f2a3b4c5d', MetricGroup: 'VoiceCalls' },
    ],
    // A machine outside AWS, managed by Systems Manager.
    ['CWAgent', 'mem_used_percent', { InstanceId: 'mi-0123456789abcdef0' }],
    ['Shop', 'orders', { InstanceId: 'web-1' }],
  ])('takes ids of %s that are not those of EC2', (namespace, metric, dimensions) => {
    const spec = { region: 'us-west-2', namespace, metric, dimensions };
    expect(describeCloudwatchMetric(spec)).toMatchObject({ name: `${namespace}/${metric}` });
  });

  it.each([
    [{ ...CPU, namespace: 'aws/ec2' }, 'AWS/EC2'],
    [{ ...CPU, metric: 'CpuUtilization' }, 'CPUUtilization'],
    [{ ...CPU, dimensions: { instanceid: 'i-0123' } }, 'InstanceId'],
    [{ ...CPU, namespace: 'Autostacks', metric: 'InstanceCount' }, 'autostack'],
  ])('is refused when it is a known name misspelt: %j', (spec, meant) => {
    expect(() => describeCloudwatchMetric(spec)).toThrow(NotSupportedError);
    expect(() => describeCloudwatchMetric(spec)).toThrow(meant);
  });
});

describe('the catalogue', () => {
  it('has the ten first types and ten later ones, each metric described whole (row 39)', () => {
    const types = listSupportedTypes();
    expect(types).toHaveLength(20);
    expect(new Set(types.map(({ name }) => name)).size).toBe(20);
    for (const { metrics } of types) {
      expect(metrics.length).toBeGreaterThan(0);
      for (const metric of metrics) {
        expect(metric.periodSeconds).toBe(300);
        expect(metric.dimensions.length).toBeGreaterThan(0);
        expect(metric.defaultMin ?? 0).toBeGreaterThanOrEqual(0);
        expect(metric.defaultMax ?? 1).toBeGreaterThan(metric.defaultMin ?? 0);
      }
      expect(metrics.some(({ isDefault }) => isDefault)).toBe(true);
    }
  });

  it('describes each of its metrics as its own type says', () => {
    for (const type of CATALOGUE) {
      for (const row of type.metrics) {
        const names = [...type.dimensions, ...(row.extraDimensions ?? [])];
        const description = describeCloudwatchMetric({
          region: 'us-east-1',
          namespace: row.namespace ?? type.namespace,
          metric: row.metric,
          dimensions: names.map((name) => ({
            name,
            value: name === 'InstanceId' ? 'i-0abc' : name === 'VolumeId' ? 'vol-0abc' : 'x',
          })),
        });
        expect(description.resource?.type).toBe(type.name);
        expect(description.modelParams).toEqual(row.max === null ? {} : { min: 0, max: row.max });
      }
    }
  });

  it('knows the regions the SDK knows', () => {
    const list = readFileSync(
      new URL(
        '../../../../node_modules/@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js',
        import.meta.url,
      ),
      'utf8',
    );
    const known = [...list.matchAll(/"([a-z]+(?:-[a-z]+)+-\d+)": \{/g)].map(([, region]) => region);
    expect(known.length).toBeGreaterThan(30);
    expect(Object.keys(REGIONS).toSorted()).toEqual(known.toSorted());
  });
});
