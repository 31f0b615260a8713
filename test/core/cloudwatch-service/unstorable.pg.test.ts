/** Texts PostgreSQL cannot keep, in every place of a request of every operation: refused by name, never a failure. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CloudwatchError } from '../../../src/core/cloudwatch-service/model/cloudwatch-error.ts';
import { at, openService, type Service } from './service.ts';

let service: Service;
beforeAll(async () => {
  service = await openService();
  await service.ask('PutMetricAlarm', ALARM);
  await service.ask('PutDashboard', DASHBOARD);
});
afterAll(() => service[Symbol.asyncDispose]());

const TOPIC = 'arn:aws:sns:us-east-1:000000000001:pager';
const ARN = 'arn:aws:cloudwatch:us-east-1:000000000001:alarm:alarm';
const DIMENSIONS = [{ Name: 'host', Value: 'a' }];
const METRIC = { Namespace: 'Shop', MetricName: 'orders', Dimensions: DIMENSIONS };
const RANGE = { StartTime: at(-60), EndTime: at(0) };
const ALARM = {
  AlarmName: 'alarm',
  AlarmDescription: 'many orders',
  ...METRIC,
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
  AlarmActions: [TOPIC],
  Tags: [{ Key: 'team', Value: 'a' }],
};
const QUERIES = [
  { Id: 'm1', MetricStat: { Metric: METRIC, Period: 60, Stat: 'Sum' }, Label: 'orders' },
  { Id: 'e1', Expression: `SEARCH('{Shop,host} orders', 'Sum', 60)`, ReturnData: false },
];
const DASHBOARD = {
  DashboardName: 'dashboard',
  DashboardBody: '{"widgets":[]}',
  Tags: [{ Key: 'team', Value: 'a' }],
};

const REQUESTS: readonly (readonly [operation: string, request: object])[] = [
  [
    'PutMetricData',
    { Namespace: 'Shop', MetricData: [{ ...METRIC, Namespace: undefined, Value: 1, Unit: 'Count' }] },
  ],
  ['ListMetrics', { ...METRIC, NextToken: 'x', OwningAccount: '000000000001', RecentlyActive: 'PT3H' }],
  [
    'GetMetricStatistics',
    { ...METRIC, ...RANGE, Period: 60, Statistics: ['Sum'], ExtendedStatistics: ['p9'] },
  ],
  ['GetMetricData', { MetricDataQueries: QUERIES, ...RANGE, ScanBy: 'TimestampAscending', NextToken: 'x' }],
  ['PutMetricAlarm', ALARM],
  ['PutMetricAlarm', { ...ALARM, Metrics: QUERIES }],
  [
    'PutCompositeAlarm',
    { AlarmName: 'both', AlarmRule: 'ALARM(alarm)', OKActions: [TOPIC], Tags: ALARM.Tags },
  ],
  ['DescribeAlarms', { AlarmNames: ['alarm'], ActionPrefix: 'arn', NextToken: 'x' }],
  ['DescribeAlarms', { AlarmNamePrefix: 'al' }],
  ['DescribeAlarms', { ChildrenOfAlarmName: 'alarm' }],
  ['DescribeAlarms', { ParentsOfAlarmName: 'alarm' }],
  ['DescribeAlarmsForMetric', { ...METRIC, Unit: 'Count', ExtendedStatistic: 'p9' }],
  ['DescribeAlarmHistory', { AlarmName: 'alarm' }],
  [
    'SetAlarmState',
    { AlarmName: 'alarm', StateValue: 'OK', StateReason: 'tried out', StateReasonData: '{}' },
  ],
  ['DeleteAlarms', { AlarmNames: ['alarm'] }],
  ['EnableAlarmActions', { AlarmNames: ['alarm'] }],
  ['DisableAlarmActions', { AlarmNames: ['alarm'] }],
  ['PutDashboard', DASHBOARD],
  ['GetDashboard', { DashboardName: 'dashboard' }],
  ['ListDashboards', { DashboardNamePrefix: 'd', NextToken: 'x' }],
  ['DeleteDashboards', { DashboardNames: ['dashboard'] }],
  ['GetMetricWidgetImage', { MetricWidget: '{"metrics":[["Shop","orders"]]}', OutputFormat: 'png' }],
  ['TagResource', { ResourceARN: ARN, Tags: ALARM.Tags }],
  ['UntagResource', { ResourceARN: ARN, TagKeys: ['team'] }],
  ['ListTagsForResource', { ResourceARN: ARN }],
  ['PutAnomalyDetector', { ...METRIC, Stat: 'Sum', Configuration: { MetricTimezone: 'Europe/Berlin' } }],
  ['DeleteAnomalyDetector', { SingleMetricAnomalyDetector: { ...METRIC, Stat: 'Sum' } }],
  ['DescribeAnomalyDetectors', { ...METRIC, NextToken: 'x' }],
];

const UNSTORABLE = [
  ['U+0000', '\0'],
  ['the first half of a pair', '\ud83d'],
  ['the second half of a pair', '\ude00'],
  ['the halves in the wrong order', '\ude00\ud83d'],
] as const;

/** The request with the addition behind each of its texts in turn, and where that is. */
function* spoil(tree: unknown, addition: string, path = ''): Generator<{ path: string; tree: unknown }> {
  if (typeof tree === 'string') yield { path, tree: `${tree}${addition}` };
  if (Array.isArray(tree)) {
    for (const [i, item] of tree.entries()) {
      for (const spoilt of spoil(item, addition, `${path}.member.${i + 1}`)) {
        yield { ...spoilt, tree: tree.with(i, spoilt.tree) };
      }
    }
  } else if (typeof tree === 'object' && tree !== null && !(tree instanceof Date)) {
    for (const [name, value] of Object.entries(tree)) {
      for (const spoilt of spoil(value, addition, path === '' ? name : `${path}.${name}`)) {
        yield { ...spoilt, tree: { ...tree, [name]: spoilt.tree } };
      }
    }
  }
}

describe.each(UNSTORABLE)('%s', (_what, addition) => {
  it.each(REQUESTS)('in any text of %s is refused, by the name of the text', async (operation, request) => {
    const spoilt = [...spoil(request, addition)];
    expect(spoilt.length).toBeGreaterThan(0);
    for (const { path, tree } of spoilt) {
      const error: unknown = await service.ask(operation, tree as object).catch((cause: unknown) => cause);
      // AWS' front end names bounds and sets in its own form, with a small letter.
      const named = new RegExp(`${path.replaceAll('.', String.raw`\.`)}|failed to satisfy constraint`, 'i');
      expect(error, path).toBeInstanceOf(CloudwatchError);
      expect(error, path).toMatchObject({ status: 400, message: expect.stringMatching(named) as string });
      expect(String(error), path).not.toMatch(/\p{Cs}/u);
    }
  });

  it('in a text of a widget is refused, by its place', async () => {
    const widget = {
      metrics: [['Shop', 'orders', { label: 'a' }]],
      annotations: { alarms: [ARN] },
      title: 'orders',
    };
    for (const { path, tree } of spoil(widget, addition)) {
      const MetricWidget = JSON.stringify(tree);
      const place = path
        .replaceAll(/\.member\.(\d+)/g, (_, one: string) => `/${Number(one) - 1}`)
        .replaceAll('.', '/');
      await expect(service.ask('GetMetricWidgetImage', { MetricWidget })).rejects.toMatchObject({
        code: 'ValidationError',
        message: expect.stringContaining(`"dataPath":"/${place}"`) as string,
      });
    }
  });
});

describe('A pair of surrogates that is whole', () => {
  it('is a character like any other', async () => {
    const AlarmDescription = 'an alarm 😀';
    await service.ask('PutMetricAlarm', { ...ALARM, AlarmDescription });
    const { MetricAlarms: alarms } = await service.ask('DescribeAlarms', { AlarmNames: ['alarm'] });
    expect(alarms).toMatchObject([{ AlarmDescription }]);
  });
});
