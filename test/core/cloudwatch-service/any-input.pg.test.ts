/** Every operation on whatever its input's shape lets through: it answers, or refuses as AWS does, and never fails. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CloudwatchError } from '../../../src/core/cloudwatch-service/model/cloudwatch-error.ts';
import type { Shape } from '../../../src/core/cloudwatch-service/model/shape.ts';
import { refuseUnstorable } from '../../../src/core/cloudwatch-service/model/storable-text.ts';
import type { ServiceName } from '../../../src/core/cloudwatch-service/operations.ts';
import { fc } from '../../helpers/property.ts';
import { at, openService, type Service } from './service.ts';

const OPERATIONS: Readonly<Record<ServiceName, readonly string[]>> = {
  cloudwatch: [
    'DeleteAlarms',
    'DeleteAnomalyDetector',
    'DeleteDashboards',
    'DescribeAlarmHistory',
    'DescribeAlarms',
    'DescribeAlarmsForMetric',
    'DescribeAnomalyDetectors',
    'DisableAlarmActions',
    'EnableAlarmActions',
    'GetDashboard',
    'GetMetricData',
    'GetMetricStatistics',
    'GetMetricWidgetImage',
    'ListDashboards',
    'ListMetrics',
    'ListTagsForResource',
    'PutAnomalyDetector',
    'PutCompositeAlarm',
    'PutDashboard',
    'PutMetricAlarm',
    'PutMetricData',
    'SetAlarmState',
    'TagResource',
    'UntagResource',
  ],
  ec2: ['DescribeInstances', 'DescribeRegions', 'DescribeTags', 'DescribeVolumes'],
  sts: ['GetCallerIdentity'],
};

/** What members of this name mostly are, beside what nobody would send. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  Id: ['m1', 'e1', 'q1'],
  Expression: [
    'm1 * 2',
    'SEARCH(\'{Shop,host} load\', "Sum", 60)',
    'SELECT AVG(load) FROM Shop GROUP BY host',
    'm1 +',
  ],
  Stat: ['Sum', 'p99', 'TM(10%:90%)', 'PR(:5)'],
  Statistic: ['Sum', 'SampleCount'],
  Statistics: ['Average'],
  ExtendedStatistics: ['p50', 'IQM'],
  ExtendedStatistic: ['p90'],
  Namespace: ['Shop', 'AWS/EC2', 'Lapwing/Host'],
  MetricName: ['load', 'none'],
  AlarmName: ['alarm', 'top'],
  AlarmNames: ['alarm', 'top'],
  AlarmRule: ['ALARM(alarm)', 'NOT OK("top")', 'AT_LEAST(1, ALARM, (alarm, top))', '(', 'TRUE'],
  ActionsSuppressor: ['alarm'],
  ComparisonOperator: ['GreaterThanThreshold', 'LessThanLowerThreshold'],
  ThresholdMetricId: ['e1'],
  TreatMissingData: ['missing', 'ignore'],
  StateValue: ['OK', 'ALARM'],
  StateReasonData: ['{}', '{"triggeringAlarms":[null]}', '{"triggeringAlarms":[{}]}', 'null', '[1]', '{'],
  AlarmActions: ['arn:aws:sns:us-east-1:000000000001:t'],
  ResourceARN: [
    'arn:aws:cloudwatch:self:000000000001:alarm:alarm',
    'arn:aws:cloudwatch::000000000001:dashboard/d',
  ],
  DashboardName: ['d'],
  DashboardBody: ['{"widgets":[]}', '{"widgets":[null,{"type":"metric"}]}', '[]'],
  MetricWidget: ['{"metrics":[["Shop","load"]],"width":50,"height":50}', '{"metrics":[["..."]]}', '{}'],
  ScanBy: ['TimestampAscending'],
  Unit: ['Percent', 'None'],
  Timezone: ['+0130', '-2359'],
  MetricTimezone: ['Europe/Berlin', 'Mars/Base'],
  NextToken: ['AAAA', 'x'.repeat(5_000)],
};
const HOSTILE = [
  '',
  ' ',
  'a',
  '__proto__',
  'constructor',
  "'",
  '%_\\',
  'x'.repeat(300),
  'é😀',
  '\u0001',
  '\ufffe',
];
const NUMBERS = [0, -1, 1, 2, 60, 300, 86_400, 2 ** 31 - 1, 2 ** 31, 2 ** 53, -(2 ** 31) - 1];
const DOUBLES = [0, -0, 1.5, -1, 1e308, 2 ** 360, 2 ** 361, NaN, Infinity, Number.MIN_VALUE];
const TIMES = [at(0), at(-5), at(-60), new Date(0), new Date('0001-01-01'), new Date('9999-12-31')];

function makeTree(shape: Shape, name: string): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'string': {
      const usual = [...(shape.oneOf ?? []), ...(USUAL[name] ?? [])];
      const hostile = fc.constantFrom(...HOSTILE);
      return usual.length === 0
        ? hostile
        : fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...usual) }, hostile);
    }
    case 'integer':
      return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(60, 1, 3) }, fc.constantFrom(...NUMBERS));
    case 'double':
      return fc.constantFrom(...DOUBLES);
    case 'boolean':
      return fc.boolean();
    case 'timestamp':
      return fc.constantFrom(...TIMES);
    case 'blob':
      return fc.constant(new Uint8Array([0, 255]));
    case 'list':
      return fc.array(makeTree(shape.of, name), { maxLength: 3 });
    case 'map':
      return fc.dictionary(fc.constantFrom('a', '__proto__'), makeTree(shape.of, name));
    case 'structure': {
      const members = Object.entries(shape.members).map(
        ([member, of]) => [member, fc.option(makeTree(of, member), { nil: undefined, freq: 3 })] as const,
      );
      return fc.record(Object.fromEntries(members), { noNullPrototype: true });
    }
  }
}

const STAT = { Metric: { Namespace: 'Shop', MetricName: 'load' }, Period: 60, Stat: 'Sum' };
const RANGE = { StartTime: at(-60), EndTime: at(0) };
/** What an operation takes: of it some members are others in each case. */
const GOOD: Readonly<Record<string, object>> = {
  GetMetricData: { MetricDataQueries: [{ Id: 'm1', MetricStat: STAT }], ...RANGE },
  GetMetricStatistics: { Namespace: 'Shop', MetricName: 'load', Period: 60, Statistics: ['Sum'], ...RANGE },
  PutMetricData: { Namespace: 'Shop', MetricData: [{ MetricName: 'load', Value: 1 }] },
  PutMetricAlarm: {
    AlarmName: 'alarm',
    Namespace: 'Shop',
    MetricName: 'load',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
  },
  PutCompositeAlarm: { AlarmName: 'top', AlarmRule: 'ALARM(alarm)' },
  SetAlarmState: { AlarmName: 'alarm', StateValue: 'OK', StateReason: 'a drill' },
  PutDashboard: { DashboardName: 'd', DashboardBody: '{"widgets":[]}' },
  TagResource: {
    ResourceARN: 'arn:aws:cloudwatch:self:000000000001:alarm:alarm',
    Tags: [{ Key: 'k', Value: 'v' }],
  },
};

let service: Service;
beforeAll(async () => {
  service = await openService({ limits: { requestsPerSecond: 1e9, requestBurst: 1e9 } });
  await service.ask('PutMetricData', {
    Namespace: 'Shop',
    MetricData: ['a', 'b'].map((Value) => ({
      MetricName: 'load',
      Dimensions: [{ Name: 'host', Value }],
      Value: 1,
      Timestamp: at(-5),
    })),
  });
});
afterAll(() => service[Symbol.asyncDispose]());

const cases = Object.entries(OPERATIONS).flatMap(([name, operations]) =>
  operations.map((operation) => [operation, name as ServiceName] as const),
);

describe('Whatever is asked, an answer or a refusal comes of', () => {
  it.each(cases)('%s', async (name, serviceName) => {
    const { cloudwatch, accountId } = service;
    const operation = cloudwatch.find(name, serviceName);
    const caller = { accountId, accessKeyId: 'AKIDTEST', region: 'us-east-1' };
    await fc.assert(
      fc.asyncProperty(
        makeTree(operation.input, name),
        fc.boolean(),
        fc.nat(255),
        async (tree, isWild, mask) => {
          const given = Object.entries(tree as object).filter(([, value]) => value !== undefined); // a structure
          const input = isWild
            ? tree
            : { ...GOOD[name], ...Object.fromEntries(given.filter((_, i) => ((mask >> (i % 8)) & 1) === 1)) };
          try {
            // As the wire does before.
            refuseUnstorable(input);
            await cloudwatch.run(operation, input, caller);
          } catch (error) {
            if (!(error instanceof CloudwatchError)) throw error;
            expect(error.status).toBeLessThan(500);
            expect(error.message).not.toMatch(/undefined|\[object|native code/);
          }
        },
      ),
      { numRuns: 15 },
    );
    // Nothing that was stored keeps alarms from being evaluated.
    await cloudwatch.evaluateAlarms();
  });
});
