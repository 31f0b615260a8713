import { describe, expect, it } from 'vitest';
import { nameTarget } from '../../../../src/core/cloudwatch-service/alarms/action-arn.ts';
import { writeNotification } from '../../../../src/core/cloudwatch-service/alarms/notification.ts';

const AT = new Date('2023-10-26T16:42:00Z');
const TOPIC = 'arn:aws:sns:us-east-1:111111111111:topic';
const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:fn-cw';
const spec = {
  AlarmName: 'name',
  AlarmDescription: 'testing cloudwatch alarms',
  Namespace: 'ns',
  MetricName: 'my-metric101',
  Dimensions: [{ Name: 'InstanceId', Value: 'abc' }],
  Statistic: 'Average',
  Unit: 'Seconds',
  Period: 10,
  EvaluationPeriods: 2,
  Threshold: 2,
  ComparisonOperator: 'GreaterThanThreshold',
  TreatMissingData: 'ignore',
  AlarmActions: [TOPIC],
  OKActions: [TOPIC],
};
const alarm = {
  id: 1,
  accountId: 7,
  name: 'name',
  type: 'MetricAlarm',
  region: 'us-east-1',
  spec: {},
  seriesHash: null,
  periodSeconds: 10,
  actionsEnabled: true,
  state: 'INSUFFICIENT_DATA',
  stateReason: 'Unchecked: Initial alarm creation',
  stateData: null,
  stateUpdatedAt: AT,
  transitionedAt: AT,
  configuredAt: AT,
  actionsPending: false,
  suppressedBy: null,
  suppressedReason: null,
};
const change = { state: 'ALARM', reason: 'testing alarm', data: null } as const;
const write = (action: string) =>
  JSON.parse(JSON.stringify(writeNotification(action, alarm, spec, change, AT))) as object;

describe('What an alarm notifies of', () => {
  it('has the members AWS sends to a topic', () => {
    expect(write(TOPIC)).toEqual({
      AWSAccountId: '000000000007',
      AlarmActions: [TOPIC],
      AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000007:alarm:name',
      AlarmConfigurationUpdatedTimestamp: '2023-10-26T16:42:00.000+0000',
      AlarmDescription: 'testing cloudwatch alarms',
      AlarmName: 'name',
      InsufficientDataActions: [],
      NewStateReason: 'testing alarm',
      NewStateValue: 'ALARM',
      OKActions: [TOPIC],
      OldStateValue: 'INSUFFICIENT_DATA',
      Region: 'US East (N. Virginia)',
      StateChangeTime: '2023-10-26T16:42:00.000+0000',
      Trigger: {
        ComparisonOperator: 'GreaterThanThreshold',
        Dimensions: [{ name: 'InstanceId', value: 'abc' }],
        EvaluateLowSampleCountPercentile: '',
        EvaluationPeriods: 2,
        MetricName: 'my-metric101',
        Namespace: 'ns',
        Period: 10,
        Statistic: 'AVERAGE',
        StatisticType: 'Statistic',
        Threshold: 2,
        TreatMissingData: 'ignore',
        Unit: 'Seconds',
      },
    });
  });

  it('has the members AWS hands to a function', () => {
    expect(write(FUNCTION)).toEqual({
      source: 'aws.cloudwatch',
      alarmArn: 'arn:aws:cloudwatch:us-east-1:000000000007:alarm:name',
      accountId: '000000000007',
      time: '2023-10-26T16:42:00.000+0000',
      region: 'us-east-1',
      alarmData: {
        alarmName: 'name',
        state: { value: 'ALARM', reason: 'testing alarm', timestamp: '2023-10-26T16:42:00.000+0000' },
        previousState: {
          value: 'INSUFFICIENT_DATA',
          reason: 'Unchecked: Initial alarm creation',
          timestamp: '2023-10-26T16:42:00.000+0000',
        },
        configuration: {
          description: 'testing cloudwatch alarms',
          metrics: [
            {
              id: 'm1',
              metricStat: {
                metric: { namespace: 'ns', name: 'my-metric101', dimensions: { InstanceId: 'abc' } },
                period: 10,
                stat: 'Average',
              },
              returnData: true,
            },
          ],
        },
      },
    });
  });
});

/** As a topic got it from AWS for an alarm on an expression, its account and names changed. */
const TRIGGER_OF_AWS = {
  Period: 60,
  EvaluationPeriods: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  Threshold: 0,
  TreatMissingData: 'missing',
  EvaluateLowSampleCountPercentile: '',
  Metrics: [
    { Expression: 'FILL(m1, 0)', Id: 'e1', Label: 'Expression1', ReturnData: true },
    {
      Id: 'm1',
      MetricStat: {
        Metric: {
          Dimensions: [
            { value: 'API', name: 'Type' },
            { value: 'DescribeAlarms', name: 'Resource' },
          ],
          MetricName: 'CallCount',
          Namespace: 'AWS/Usage',
        },
        Period: 60,
        Stat: 'Average',
      },
      ReturnData: false,
    },
  ],
};

describe('The trigger of an alarm on an expression', () => {
  const onQueries = {
    AlarmName: 'name',
    EvaluationPeriods: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: 0,
    Metrics: [
      { Id: 'e1', Expression: 'FILL(m1, 0)', Label: 'Expression1' },
      {
        Id: 'm1',
        MetricStat: {
          Metric: {
            Namespace: 'AWS/Usage',
            MetricName: 'CallCount',
            Dimensions: [
              { Name: 'Type', Value: 'API' },
              { Name: 'Resource', Value: 'DescribeAlarms' },
            ],
          },
          Period: 60,
          Stat: 'Average',
        },
        ReturnData: false,
      },
    ],
  };

  it('names its period, its queries, and their dimensions in small letters', () => {
    const message = writeNotification(TOPIC, { ...alarm, periodSeconds: 60 }, onQueries, change, AT);
    expect(JSON.parse(JSON.stringify(message))).toMatchObject({ Trigger: TRIGGER_OF_AWS });
    expect(Object.keys(TRIGGER_OF_AWS).toSorted()).toEqual(
      Object.keys((JSON.parse(JSON.stringify(message)) as { Trigger: object }).Trigger).toSorted(),
    );
  });
});

describe('The webhook of an action', () => {
  it.each([
    [TOPIC, 'topic'],
    [FUNCTION, 'fn-cw'],
    [`${FUNCTION}:live`, 'fn-cw'],
    ['arn:aws:automate:us-east-1:ec2:stop', 'ec2-stop'],
    ['arn:aws:swf:us-east-1:111111111111:action/actions/AWS_EC2.InstanceId.Reboot/1.0', 'ec2-reboot'],
    [
      'arn:aws:autoscaling:us-east-1:111111111111:scalingPolicy:1b2c:autoScalingGroupName/web:policyName/scale-out',
      'scale-out',
    ],
    ['arn:aws:ssm:us-east-1:111111111111:opsitem:3#CATEGORY=Security', 'ssm-opsitem'],
    ['arn:aws:ssm-incidents::111111111111:response-plan/page-me', 'page-me'],
    ['arn:alarm', null],
    ['pager', null],
  ])('%s is called %s', (action, name) => {
    expect(nameTarget(action)).toBe(name);
  });
});

describe('A composite alarm that is set by hand', () => {
  const composite = { ...alarm, type: 'CompositeAlarm', periodSeconds: null };
  const writeWith = (data: string | null) =>
    JSON.parse(
      JSON.stringify(writeNotification(TOPIC, composite, { AlarmRule: 'TRUE' }, { ...change, data }, AT)),
    ) as { TriggeringChildren: object[] };

  it.each([
    [null, []],
    ['null', []],
    ['5', []],
    ['"text"', []],
    ['[]', []],
    ['{"triggeringAlarms":"none"}', []],
    [
      '{"triggeringAlarms":[null, 7, "a", {"state":"ALARM"}]}',
      [{ State: {} }, { State: {} }, { State: {} }, { State: {} }],
    ],
    [
      '{"triggeringAlarms":[{"arn":"arn:a","state":{"value":"ALARM","timestamp":"2023-10-26T16:42:00.000+0000"}}]}',
      [{ Arn: 'arn:a', State: { Value: 'ALARM', Timestamp: '2023-10-26T16:42:00.000+0000' } }],
    ],
  ])('notifies, whatever JSON its state data are: %s', (data, children) => {
    expect(writeWith(data).TriggeringChildren).toEqual(children);
  });

  it.each([
    ['us-east-1', 'US East (N. Virginia)'],
    ['self', 'self'],
    ['constructor', 'constructor'],
    ['toString', 'toString'],
  ])('names the region it is put in, %s, %s', (region, name) => {
    expect(writeNotification(TOPIC, { ...composite, region }, {}, change, AT)).toMatchObject({
      Region: name,
    });
  });
});
