/**
 * Terraform's provider aws: what internal/service/cloudwatch/{metric_alarm,composite_alarm,dashboard,tags_gen}.go of
 * hashicorp/terraform-provider-aws send for the configurations of their acceptance tests ({…}_test.go beside them). What is
 * read back must be what was put: else every plan shows a change. An import reads by the name alone, as a refresh does.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloudwatch, type CloudwatchServer } from '../api/http/aws/cloudwatch-server.ts';
import { flatten, speakAws } from './speak-aws.ts';

let server: CloudwatchServer;
beforeAll(async () => {
  server = await startCloudwatch({ acceptAnySignature: true, limits: { awsNamespaces: true } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const ACCOUNT = '000000000001';
const TOPICS = [0, 1, 2].map((i) => `arn:aws:sns:us-east-1:${ACCOUNT}:tf-acc-test-${i}`);
const Dimensions = [{ Name: 'InstanceId', Value: 'i-abc123' }];
/** What the provider always sends; members it has no value for are left out. */
const ALWAYS = {
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  EvaluationPeriods: 2,
  TreatMissingData: 'missing',
  ActionsEnabled: true,
  AlarmDescription: 'This metric monitors ec2 cpu utilization',
};
const METRIC = { MetricName: 'CPUUtilization', Namespace: 'AWS/EC2', Period: 120, Dimensions };
const BASIC = { ...ALWAYS, ...METRIC, Statistic: 'Average', Threshold: 80 };
const percentile = (ExtendedStatistic: string, more = {}) => ({
  ...ALWAYS,
  ...METRIC,
  ExtendedStatistic,
  Threshold: 80,
  ...more,
});
const stat = (Id: string, Stat: string, more = {}) => ({
  Id,
  ReturnData: false,
  MetricStat: {
    Metric: { MetricName: 'CPUUtilization', Namespace: 'AWS/EC2', Dimensions },
    Period: 120,
    Stat,
    Unit: 'Count',
  },
  ...more,
});
const expression = (Id: string, Expression: string, Label: string, ReturnData: boolean) => ({
  Id,
  Expression,
  Label,
  ReturnData,
});

/** Configuration of the acceptance test, and the request made of it. */
const ALARMS: readonly (readonly [config: string, alarm: object])[] = [
  ['basic', BASIC],
  ['datapointsTo', { ...BASIC, DatapointsToAlarm: 2 }],
  ['treatMissingDataUpdate', { ...BASIC, TreatMissingData: 'breaching' }],
  [
    'treatEvaluateLowSampleCountPercentiles',
    percentile('p88.0', { EvaluateLowSampleCountPercentile: 'evaluate' }),
  ],
  [
    'treatEvaluateLowSampleCountPercentilesUpdated',
    percentile('p88.0', { EvaluateLowSampleCountPercentile: 'ignore' }),
  ],
  ...[
    ...['p0.0', 'p100', 'p95', 'tm90', 'TM(2%:98%)', 'TM(150:1000)', 'IQM', 'wm98', 'PR(:300)'],
    ...['PR(100:2000)', 'tc90', 'TC(0.005:0.030)', 'TS(80%:)', 'TC(:0.5)'],
  ].map((statistic) => [`extendedStatistic ${statistic}`, percentile(statistic)] as const),
  [
    'metricQueryExpressionReference',
    { ...ALWAYS, Threshold: 80, Metrics: [expression('e1', 'm1', 'cat', true), stat('m1', 'Average')] },
  ],
  [
    'metricQueryExpressionReferenceUpdated',
    {
      ...ALWAYS,
      Threshold: 80,
      Metrics: [
        expression('e1', 'm1', 'cat', false),
        expression('e2', 'e1', 'bug', true),
        stat('m1', 'p95.45'),
      ],
    },
  ],
  [
    'metricQueryCrossAccount',
    { ...ALWAYS, Threshold: 80, Metrics: [stat('m1', 'Average', { AccountId: ACCOUNT, ReturnData: true })] },
  ],
  [
    'anomalyDetectionExpression',
    {
      ...ALWAYS,
      ComparisonOperator: 'GreaterThanUpperThreshold',
      ThresholdMetricId: 'e1',
      Metrics: [
        expression('e1', 'ANOMALY_DETECTION_BAND(m1)', 'CPUUtilization (Expected)', true),
        stat('m1', 'Average', { ReturnData: true }),
      ],
    },
  ],
  ['actionsSNSTopic', { ...BASIC, Period: 60, Unit: 'Count', Threshold: 0, AlarmActions: [TOPICS[0]] }],
  ...['recover', 'stop', 'terminate', 'reboot'].map(
    (action) =>
      [
        `actionsEC2Automate ${action}`,
        { ...BASIC, Unit: 'Count', AlarmActions: [`arn:aws:automate:us-east-1:ec2:${action}`] },
      ] as const,
  ),
  [
    'actionsSWFAction',
    {
      ...BASIC,
      AlarmActions: [`arn:aws:swf:us-east-1:${ACCOUNT}:action/actions/AWS_EC2.InstanceId.Reboot/1.0`],
    },
  ],
];

describe.each(['cbor', 'query', 'json'] as const)('In %s the provider', (protocol) => {
  const speak = (operation: string, input: object) => speakAws(server.endpoint, protocol, operation, input);
  const ask = async (operation: string, input: object) => {
    const answer = await speak(operation, input);
    expect({ operation, input, code: answer.code, message: answer.message }).toMatchObject({
      code: null,
      message: null,
    });
    return answer.body as Readonly<Record<string, unknown>>;
  };
  /** findMetricAlarmByName, findCompositeAlarmByName; one of any other type is none of it. */
  const find = async (name: string, type: 'MetricAlarm' | 'CompositeAlarm') => {
    const found = await ask('DescribeAlarms', { AlarmNames: [name], AlarmTypes: [type] });
    const list = found[`${type}s`];
    return (Array.isArray(list) ? list : []) as readonly Readonly<Record<string, unknown>>[];
  };
  /** listTags: Query has no element for an empty list but itself. */
  const readTags = async (ResourceARN: unknown) => {
    const { Tags } = await ask('ListTagsForResource', { ResourceARN });
    return Array.isArray(Tags) ? (Tags as readonly unknown[]) : [];
  };

  it.each(ALARMS)('reads the alarm %s as it was put, and no attribute besides', async (config, alarm) => {
    const AlarmName = `tf-${protocol}-${config}`;
    // Newer versions look first whether there is one already.
    expect(await find(AlarmName, 'MetricAlarm')).toEqual([]);
    await ask('PutMetricAlarm', { AlarmName, ...alarm });
    const [read = {}] = await find(AlarmName, 'MetricAlarm');
    const settings = Object.fromEntries(SETTINGS.map((name) => [name, read[name]]));
    const expected = {
      ...Object.fromEntries(SETTINGS.map((name) => [name, undefined])),
      ...NO_LISTS,
      ...alarm,
    };
    expect(flattenLists(settings)).toEqual(flattenLists(expected));
    expect(await readTags(read.AlarmArn)).toEqual([]);
    await ask('DeleteAlarms', { AlarmNames: [AlarmName] });
    expect(await find(AlarmName, 'MetricAlarm')).toEqual([]);
  });

  it('changes tags: removed ones first, then those that are new or differ', async () => {
    const AlarmName = `tf-${protocol}-tags`;
    await ask('PutMetricAlarm', { AlarmName, ...BASIC, Tags: [{ Key: 'key1', Value: 'value1' }] });
    const [{ AlarmArn: ResourceARN } = {}] = await find(AlarmName, 'MetricAlarm');
    expect(await readTags(ResourceARN)).toEqual([{ Key: 'key1', Value: 'value1' }]);
    await ask('TagResource', {
      ResourceARN,
      Tags: [
        { Key: 'key1', Value: 'value1updated' },
        { Key: 'key2', Value: 'value2' },
      ],
    });
    // An update sends the tags again, which AWS ignores for an alarm that is there.
    await ask('PutMetricAlarm', {
      AlarmName,
      ...BASIC,
      Threshold: 90,
      Tags: [{ Key: 'key1', Value: 'value1updated' }],
    });
    await ask('UntagResource', { ResourceARN, TagKeys: ['key1'] });
    expect(await readTags(ResourceARN)).toEqual([{ Key: 'key2', Value: 'value2' }]);
    await ask('DeleteAlarms', { AlarmNames: [AlarmName] });
  });

  it('creates, changes, imports and deletes a composite alarm over two alarms', async () => {
    const names = [0, 1].map((i) => `tf-${protocol}-composite-${i}`);
    for (const AlarmName of names) await ask('PutMetricAlarm', { AlarmName, ...BASIC });
    const AlarmName = `tf-${protocol}-composite`;
    const both = names.map((name) => `ALARM(${name})`).join(' OR ');
    const [alarmTopic, dataTopic, okTopic] = TOPICS;
    const one = `ALARM(${names[0] ?? ''})`;
    const suppressor = {
      ActionsSuppressor: names[0],
      ActionsSuppressorExtensionPeriod: 10,
      ActionsSuppressorWaitPeriod: 20,
    };
    const configs: readonly object[] = [
      { AlarmRule: both },
      { AlarmRule: both, AlarmDescription: 'Test 1' },
      { AlarmRule: one, AlarmActions: [alarmTopic] },
      { AlarmRule: one, InsufficientDataActions: [dataTopic] },
      {
        AlarmRule: one,
        AlarmActions: [alarmTopic],
        InsufficientDataActions: [dataTopic],
        OKActions: [okTopic],
      },
      { AlarmRule: one, AlarmActions: [alarmTopic], ...suppressor },
      { AlarmRule: both, ActionsEnabled: false },
    ];
    for (const config of configs) {
      const put = { ActionsEnabled: true, AlarmName, ...config };
      await ask('PutCompositeAlarm', put);
      const [read = {}] = await find(AlarmName, 'CompositeAlarm');
      const shown = Object.fromEntries(COMPOSITE_SETTINGS.map((name) => [name, read[name]]));
      const none = Object.fromEntries(COMPOSITE_SETTINGS.map((name) => [name, undefined]));
      expect(flattenLists(shown)).toEqual(flattenLists({ ...none, ...NO_LISTS, ...put }));
    }
    // It is none of the other type, and cannot be deleted after what it looks at.
    expect(await find(AlarmName, 'MetricAlarm')).toEqual([]);
    expect(await speak('DeleteAlarms', { AlarmNames: [names[0]] })).toMatchObject({
      code: 'ValidationError',
    });
    await ask('DeleteAlarms', { AlarmNames: [AlarmName] });
    for (const name of names) await ask('DeleteAlarms', { AlarmNames: [name] });
    expect(await find(AlarmName, 'CompositeAlarm')).toEqual([]);
  });

  it('puts, reads, changes and deletes a dashboard, and finds by code and words that it is gone', async () => {
    const DashboardName = `tf-${protocol}`;
    const text = (markdown: string) =>
      JSON.stringify({
        widgets: [{ type: 'text', x: 0, y: 7, width: 3, height: 3, properties: { markdown } }],
      });
    for (const DashboardBody of [text('Hello world'), text('Hello world, updated')]) {
      await ask('PutDashboard', { DashboardName, DashboardBody });
      expect(await ask('GetDashboard', { DashboardName })).toMatchObject({
        DashboardArn: `arn:aws:cloudwatch::${ACCOUNT}:dashboard/${DashboardName}`,
        DashboardName,
        DashboardBody,
      });
    }
    await ask('DeleteDashboards', { DashboardNames: [DashboardName] });
    const gone = await speak('GetDashboard', { DashboardName });
    // Older versions ask for the words, too.
    expect(gone).toMatchObject({
      code: 'ResourceNotFound',
      message: expect.stringContaining('does not exist') as string,
    });
  });
});

/** What the provider keeps in its state of an alarm. */
const SETTINGS = [
  ...['ActionsEnabled', 'AlarmActions', 'AlarmDescription', 'ComparisonOperator', 'DatapointsToAlarm'],
  ...['Dimensions', 'EvaluateLowSampleCountPercentile', 'EvaluationPeriods', 'ExtendedStatistic'],
  ...['InsufficientDataActions', 'MetricName', 'Metrics', 'Namespace', 'OKActions', 'Period', 'Statistic'],
  ...['Threshold', 'ThresholdMetricId', 'TreatMissingData', 'Unit'],
];
const COMPOSITE_SETTINGS = [
  ...[
    'ActionsEnabled',
    'AlarmActions',
    'AlarmDescription',
    'AlarmName',
    'AlarmRule',
    'InsufficientDataActions',
  ],
  ...['OKActions', 'ActionsSuppressor', 'ActionsSuppressorExtensionPeriod', 'ActionsSuppressorWaitPeriod'],
];
/** Empty in an answer, left out of a request. */
const NO_LISTS = { AlarmActions: '', InsufficientDataActions: '', OKActions: '' };

/** As `flatten`; an empty list, an empty text and nothing are the same to the provider. */
function flattenLists(settings: Readonly<Record<string, unknown>>): unknown {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const flat = flatten(Object.fromEntries(given)) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(flat).filter(([, value]) => value !== ''));
}
