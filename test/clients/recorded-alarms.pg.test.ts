/**
 * Alarms, their tags and history, and anomaly detectors, as recorded from AWS by the validated tests of localstack/localstack
 * (tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json and resources/), each in three protocols. Constraints are
 * those of the service model in the form AWS words them.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { RecordedAnswers, type Refusal } from './recorded-answers.ts';
import { PROTOCOLS, speakAws } from './speak-aws.ts';

let server: TestServer;
let recorded: RecordedAnswers;
beforeAll(async () => {
  server = await startServer({
    settings: {
      LAPWING_AWS_ENDPOINT: 'self',
      LAPWING_CLOUDWATCH_ACCEPT_ANY_SIGNATURE: 'on',
      LAPWING_CLOUDWATCH_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY: 'secret',
    },
  });
  recorded = new RecordedAnswers(`${server.url}/aws`);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  process.stdout.write(recorded.report());
});

const ask = (operation: string, input: object) => speakAws(`${server.url}/aws`, 'json', operation, input);
const arnOf = (name: string) => `arn:aws:cloudwatch:us-east-1:000000000001:alarm:${name}`;
const TOPIC = 'arn:aws:sns:us-east-1:000000000001:topic';
const isNull = (member: string) =>
  `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`;
const isNoneOf = (value: string, member: string, values: string) =>
  `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must satisfy enum value set: [${values}]`;

const REFUSALS: readonly Refusal[] = [
  [
    'DescribeAlarmHistory',
    { MaxRecords: 101 },
    'ValidationError',
    "1 validation error detected: Value '101' at 'maxRecords' failed to satisfy constraint: Member must have value less than or equal to 100",
  ],
  [
    'DescribeAlarmHistory',
    { HistoryItemType: 'Foo' },
    'ValidationError',
    '…[ConfigurationUpdate, StateUpdate, Action…',
  ],
  ['DescribeAlarmHistory', { NextToken: 'made up' }, 'InvalidNextToken', ''],
  ['DescribeAlarms', { NextToken: 'made up' }, 'InvalidNextToken', ''],
  [
    'DescribeAlarms',
    { StateValue: 'Foo' },
    'ValidationError',
    isNoneOf('Foo', 'stateValue', 'INSUFFICIENT_DATA, ALARM, OK'),
  ],
  ['DescribeAlarmsForMetric', { Namespace: 'ns' }, 'ValidationError', isNull('metricName')],
  ['DescribeAlarmsForMetric', { MetricName: 'm' }, 'ValidationError', isNull('namespace')],
  ['EnableAlarmActions', {}, 'ValidationError', isNull('alarmNames')],
  ['DisableAlarmActions', {}, 'ValidationError', isNull('alarmNames')],
  ['DeleteAlarms', {}, 'ValidationError', isNull('alarmNames')],
  ['SetAlarmState', { AlarmName: 'x', StateValue: 'OK' }, 'ValidationError', isNull('stateReason')],
  ['PutCompositeAlarm', { AlarmName: 'x' }, 'ValidationError', isNull('alarmRule')],
  ['ListTagsForResource', {}, 'ValidationError', isNull('resourceARN')],
  ['TagResource', { ResourceARN: arnOf('unknown') }, 'ValidationError', isNull('tags')],
  ['GetDashboard', {}, 'ValidationError', isNull('dashboardName')],
  ['DeleteDashboards', {}, 'ValidationError', isNull('dashboardNames')],
  ['ListDashboards', { NextToken: 'made up' }, 'InvalidParameterValue', ''],
  ['GetMetricWidgetImage', {}, 'ValidationError', isNull('metricWidget')],
  ['PutAnomalyDetector', { Namespace: 'ns', MetricName: 'm' }, 'MissingParameter', ''],
  [
    'DeleteAnomalyDetector',
    { Namespace: 'ns', MetricName: 'm', Stat: 'Sum' },
    'ResourceNotFoundException',
    '',
    404,
  ],
  ['DescribeAnomalyDetectors', { NextToken: 'made up' }, 'InvalidNextToken', ''],
  ['ListMetrics', { RecentlyActive: 'PT1H' }, 'InvalidParameterValue', '…RecentlyActive…'],
  [
    'GetMetricStatistics',
    {
      Namespace: 'ns',
      MetricName: 'm',
      StartTime: new Date(0),
      EndTime: new Date(60_000),
      Statistics: ['Sum'],
    },
    'MissingParameter',
    'The parameter Period is required.',
  ],
];

describe('A refusal', () => {
  it.each(REFUSALS.map((refusal, i) => ({ i, operation: refusal[0], code: refusal[2], refusal })))(
    '$i: $operation answers $code',
    async ({ refusal }) => {
      await recorded.expectRefusal(refusal);
    },
  );
});

/** As put, less its tags, and what AWS adds. */
const show = (alarm: { readonly Tags?: unknown; readonly AlarmName: string }, state: object = {}) => {
  const put = Object.entries(alarm).filter(([name]) => name !== 'Tags');
  return {
    AlarmArn: arnOf(alarm.AlarmName),
    ActionsEnabled: true,
    OKActions: [],
    AlarmActions: [],
    InsufficientDataActions: [],
    Dimensions: [],
    AlarmConfigurationUpdatedTimestamp: 'time',
    StateValue: 'INSUFFICIENT_DATA',
    StateReason: 'Unchecked: Initial alarm creation',
    StateUpdatedTimestamp: 'time',
    StateTransitionedTimestamp: 'time',
    ...Object.fromEntries(put),
    ...state,
  };
};
const expectShown = (alarm: Parameters<typeof show>[0], state: object = {}) =>
  recorded.expectAnswer(
    'DescribeAlarms',
    { AlarmNames: [alarm.AlarmName] },
    { MetricAlarms: [show(alarm, state)], CompositeAlarms: [] },
  );

describe('An answer', () => {
  it('shows an alarm put, set by hand, and its actions switched off and on', async () => {
    const alarm = {
      AlarmName: 'switched',
      AlarmDescription: 'testing cloudwatch alarms',
      MetricName: 'my-metric101',
      Namespace: 'recorded',
      ActionsEnabled: true,
      Period: 10,
      Threshold: 2,
      Dimensions: [{ Name: 'InstanceId', Value: 'abc' }],
      Unit: 'Seconds',
      Statistic: 'Average',
      OKActions: [TOPIC],
      AlarmActions: [TOPIC],
      EvaluationPeriods: 2,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
    };
    await recorded.expectAnswer('PutMetricAlarm', alarm, {});
    await expectShown(alarm);
    const set = (StateValue: string, StateReason: string) =>
      recorded.expectAnswer('SetAlarmState', { AlarmName: 'switched', StateValue, StateReason }, {});
    await set('ALARM', 'testing alarm');
    await expectShown(alarm, { StateValue: 'ALARM', StateReason: 'testing alarm' });
    await recorded.expectAnswer('DisableAlarmActions', { AlarmNames: ['switched'] }, {});
    await set('OK', 'testing OK state');
    const ok = { StateValue: 'OK', StateReason: 'testing OK state' };
    await expectShown(alarm, { ...ok, ActionsEnabled: false });
    await recorded.expectAnswer('EnableAlarmActions', { AlarmNames: ['switched'] }, {});
    await expectShown(alarm, ok);
    const { MetricName, Namespace, Dimensions } = alarm;
    await recorded.expectAnswer(
      'DescribeAlarmsForMetric',
      { MetricName, Namespace, Dimensions, Statistic: 'Average', Period: 10, Unit: 'Seconds' },
      { MetricAlarms: [show(alarm, ok)] },
    );
    await recorded.expectAnswer(
      'DescribeAlarmHistory',
      { AlarmName: 'switched', HistoryItemType: 'StateUpdate', MaxRecords: 1, ScanBy: 'TimestampAscending' },
      {
        AlarmHistoryItems: [
          {
            AlarmName: 'switched',
            AlarmType: 'MetricAlarm',
            Timestamp: 'time',
            HistoryItemType: 'StateUpdate',
            HistorySummary: 'Alarm updated from INSUFFICIENT_DATA to ALARM',
            HistoryData: {
              version: '1.0',
              oldState: { stateValue: 'INSUFFICIENT_DATA', stateReason: 'Unchecked: Initial alarm creation' },
              newState: { stateValue: 'ALARM', stateReason: 'testing alarm' },
            },
          },
        ],
      },
      readFirstItem,
    );
  });

  it('keeps the tags of a new alarm, and those left of it', async () => {
    const Tags = [
      { Key: 'tag1', Value: 'foo' },
      { Key: 'tag2', Value: 'bar' },
    ];
    const alarm = {
      AlarmName: 'tagged',
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      MetricName: 'store_tags',
      Namespace: 'recorded',
      Period: 60,
      Statistic: 'Sum',
      Threshold: 30,
      Tags,
    };
    await recorded.expectAnswer('PutMetricAlarm', alarm, {});
    await expectShown(alarm);
    const ResourceARN = arnOf('tagged');
    await recorded.expectAnswer('ListTagsForResource', { ResourceARN }, { Tags });
    await recorded.expectAnswer('UntagResource', { ResourceARN, TagKeys: ['tag1'] }, {});
    await recorded.expectAnswer('ListTagsForResource', { ResourceARN }, { Tags: Tags.slice(1) });
  });

  it('shows an alarm on a percentile, with points out of periods', async () => {
    const alarm = {
      AlarmName: 'extended',
      AlarmDescription: 'uses extended statistic',
      MetricName: 'Duration',
      Namespace: 'recorded',
      ExtendedStatistic: 'p99',
      Dimensions: [{ Name: 'FunctionName', Value: 'my-function' }],
      Period: 300,
      Unit: 'Count',
      EvaluationPeriods: 3,
      DatapointsToAlarm: 3,
      Threshold: 10,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'ignore',
    };
    await recorded.expectAnswer('PutMetricAlarm', alarm, {});
    await expectShown(alarm);
  });

  it('shows a composite alarm as it was created, with the alarms its state comes from', async () => {
    for (const [AlarmName, MetricName] of [
      ['HighCPUUsage', 'CPUUsage'],
      ['HighMemoryUsage', 'MemoryUsage'],
    ] as const) {
      await ask('PutMetricAlarm', {
        AlarmName,
        MetricName,
        Namespace: 'CustomNamespace',
        Statistic: 'Average',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 65,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'ignore',
      });
    }
    const composite = {
      AlarmName: 'HighResourceUsage',
      AlarmDescription: 'Indicates that the system resource usage is high',
      AlarmRule: '(ALARM(HighCPUUsage) OR ALARM(HighMemoryUsage))',
      ActionsEnabled: true,
      AlarmActions: [TOPIC],
    };
    expect(await ask('PutCompositeAlarm', composite)).toMatchObject({ status: 200 });
    const asked = { AlarmNames: [composite.AlarmName], AlarmTypes: ['CompositeAlarm'] };
    await until(async () => {
      const { body } = await ask('DescribeAlarms', asked);
      expect(body).toMatchObject({ CompositeAlarms: [{ StateValue: 'OK' }] });
    });
    const triggering = ['HighCPUUsage', 'HighMemoryUsage'].map((name) => ({
      arn: arnOf(name),
      state: { value: 'INSUFFICIENT_DATA', timestamp: 'date' },
    }));
    await recorded.expectAnswer(
      'DescribeAlarms',
      asked,
      {
        MetricAlarms: [],
        CompositeAlarms: [
          {
            ...composite,
            AlarmArn: arnOf(composite.AlarmName),
            AlarmConfigurationUpdatedTimestamp: 'time',
            InsufficientDataActions: [],
            OKActions: [],
            StateReason: `${arnOf(composite.AlarmName)} was created and its alarm rule evaluates to OK`,
            StateReasonData: { triggeringAlarms: triggering },
            StateUpdatedTimestamp: 'time',
            StateValue: 'OK',
            StateTransitionedTimestamp: 'time',
          },
        ],
      },
      readReasonData,
    );
  });

  it('puts, describes and deletes an anomaly detector', async () => {
    const detector = {
      Namespace: 'MyNamespace',
      MetricName: 'MyMetric',
      Dimensions: [{ Name: 'DimensionName', Value: 'DimensionValue' }],
      Stat: 'Sum',
    };
    const SingleMetricAnomalyDetector = detector;
    const { MetricName, Dimensions } = detector;
    await ask('PutMetricData', {
      Namespace: 'MyNamespace',
      MetricData: [{ MetricName, Dimensions, Value: 1 }],
    });
    for (const protocol of PROTOCOLS) {
      const input = { SingleMetricAnomalyDetector };
      expect(await speakAws(`${server.url}/aws`, protocol, 'PutAnomalyDetector', input)).toMatchObject({
        status: 200,
      });
    }
    recorded.count('PutAnomalyDetector');
    const asked = { Namespace: 'MyNamespace' };
    await recorded.expectAnswer('DescribeAnomalyDetectors', asked, {
      AnomalyDetectors: [
        {
          ...detector,
          Configuration: { ExcludedTimeRanges: [] },
          SingleMetricAnomalyDetector,
          StateValue: 'PENDING_TRAINING',
        },
      ],
    });
    for (const protocol of PROTOCOLS) {
      await ask('PutAnomalyDetector', { SingleMetricAnomalyDetector });
      const input = { SingleMetricAnomalyDetector };
      expect(await speakAws(`${server.url}/aws`, protocol, 'DeleteAnomalyDetector', input)).toMatchObject({
        status: 200,
      });
    }
    recorded.count('DeleteAnomalyDetector');
    await recorded.expectAnswer('DescribeAnomalyDetectors', asked, { AnomalyDetectors: [] });
  });
});

/** The data of a history item is JSON; a token for the rest is none of what is compared. */
function readFirstItem(body: unknown): unknown {
  const { AlarmHistoryItems: [item] = [] } = body as { AlarmHistoryItems?: { HistoryData: string }[] };
  return { AlarmHistoryItems: [{ ...item, HistoryData: JSON.parse(item?.HistoryData ?? '') as unknown }] };
}

/** The data of a reason is JSON, its times are masked, and the order of its alarms is any. */
function readReasonData(body: unknown): unknown {
  const { CompositeAlarms = [], ...rest } = body as { CompositeAlarms?: { StateReasonData: string }[] };
  const read = (json: string) => {
    const { triggeringAlarms } = JSON.parse(json) as { triggeringAlarms: { arn: string; state: object }[] };
    const masked = triggeringAlarms.map(({ arn, state }) => ({
      arn,
      state: { ...state, timestamp: 'date' },
    }));
    return { triggeringAlarms: masked.toSorted((a, b) => a.arn.localeCompare(b.arn)) };
  };
  return {
    ...rest,
    CompositeAlarms: CompositeAlarms.map((alarm) => ({
      ...alarm,
      StateReasonData: read(alarm.StateReasonData),
    })),
  };
}
