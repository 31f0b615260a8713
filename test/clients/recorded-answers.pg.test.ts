/**
 * Request → answer, as recorded from AWS or quoted from it in public threads: code, message and status of each refusal,
 * members of each answer, the same in three protocols. The message may be a part of it where that is all that is known.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloudwatch, type CloudwatchServer } from '../api/http/aws/cloudwatch-server.ts';
import { RecordedAnswers, type Refusal } from './recorded-answers.ts';
import { PROTOCOLS, speakAws } from './speak-aws.ts';

let server: CloudwatchServer;
let recorded: RecordedAnswers;
beforeAll(async () => {
  server = await startCloudwatch({ acceptAnySignature: true, limits: { awsNamespaces: true } });
  recorded = new RecordedAnswers(server.endpoint);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  process.stdout.write(recorded.report());
});

const DAY_MS = 86_400_000;
const NOW = new Date();
const datum = (change: object) => ({ Namespace: 'ns', MetricData: [{ MetricName: 'm', ...change }] });
const SET = { SampleCount: 10, Sum: 55, Minimum: 1, Maximum: 10 };
const query = (change: object) => ({
  StartTime: new Date(NOW.getTime() - 60_000),
  EndTime: NOW,
  MetricDataQueries: [
    {
      Id: 'm1',
      MetricStat: { Metric: { Namespace: 'ns', MetricName: 'm' }, Period: 60, Stat: 'Sum', ...change },
    },
  ],
});
const statistics = (change: object) => ({
  Namespace: 'ns',
  MetricName: 'm',
  StartTime: NOW,
  EndTime: new Date(NOW.getTime() + DAY_MS),
  Period: 60,
  Statistics: ['SampleCount'],
  ...change,
});
const alarm = (change: object) => ({
  AlarmName: 'recorded',
  Namespace: 'ns',
  MetricName: 'm',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 30,
  ComparisonOperator: 'GreaterThanThreshold',
  ...change,
});
const UNITS = 'Seconds, Microseconds, Milliseconds, Bytes';

const REFUSALS: readonly Refusal[] = [
  [
    'PutMetricData',
    datum({ Value: 1.5, Values: [1, 10] }),
    'InvalidParameterCombination',
    'The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both.',
  ],
  [
    'PutMetricData',
    datum({ Values: [1, 10], Counts: [2, 4, 5] }),
    'InvalidParameterValue',
    'The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.',
  ],
  [
    'PutMetricData',
    datum({ Value: 1.5, StatisticValues: SET }),
    'InvalidParameterCombination',
    'The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are mutually exclusive and you have specified both.',
  ],
  [
    'PutMetricData',
    datum({ Value: NaN }),
    'InvalidParameterValue',
    'The value NaN for parameter MetricData.member.1.Value is invalid.',
  ],
  [
    'PutMetricData',
    { Namespace: 'ns', MetricData: Array.from({ length: 1001 }, () => ({ MetricName: 'm', Value: 1 })) },
    'InvalidParameterValue',
    'The collection MetricData must not have a size greater than 1000.',
  ],
  [
    'PutMetricData',
    datum({ Values: Array.from({ length: 151 }, (_, i) => i) }),
    'InvalidParameterValue',
    'The collection MetricData.member.1.Values must not have a size greater than 150.',
  ],
  [
    'PutMetricData',
    datum({ Value: 1, Unit: 'seconds' }),
    'InvalidParameterValue',
    `The parameter MetricData.member.1.Unit must be a value in the set [ ${UNITS}…`,
  ],
  [
    'PutMetricData',
    datum({ Value: 1, Timestamp: new Date(NOW.getTime() - 20 * DAY_MS) }),
    'InvalidParameterValue',
    'The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.',
  ],
  [
    'PutMetricData',
    datum({ Value: 1, Dimensions: [{ Name: 'd', Value: '' }] }),
    'MissingParameter',
    'The parameter MetricData.member.1.Dimensions.member.1.Value is required.',
  ],
  ['PutMetricData', datum({}), 'InvalidParameterCombination', 'At least one of the parameters…'],
  [
    'PutMetricData',
    datum({ Value: 1, StorageResolution: 10 }),
    'InvalidParameterValue',
    'The parameter MetricData.member.1.StorageResolution must be a value in the set [ 1, 60 ].',
  ],
  [
    'PutMetricData',
    { MetricData: [{ MetricName: 'm', Value: 1 }] },
    'MissingParameter',
    'The parameter Namespace is required.',
  ],
  [
    'PutMetricData',
    datum({ Value: 1, Dimensions: [{ Name: 'd', Value: 'é'.repeat(1025) }] }),
    'InvalidParameterValue',
    'The value for parameter MetricData.member.1.Dimensions.member.1.Value contains non-ASCII characters.\nThe parameter MetricData.member.1.Dimensions.member.1.Value must be shorter than 1025 characters.',
  ],
  [
    'GetMetricStatistics',
    statistics({ Period: 1 }),
    'InvalidParameterCombination',
    'You have requested up to 86400 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.',
  ],
  [
    'GetMetricStatistics',
    statistics({ EndTime: NOW }),
    'InvalidParameterValue',
    'The parameter StartTime must be less than the parameter EndTime.',
  ],
  [
    'GetMetricStatistics',
    statistics({ Statistics: undefined }),
    'InvalidParameterCombination',
    'Must specify either Statistics or ExtendedStatistics',
  ],
  [
    'GetMetricStatistics',
    statistics({ Statistics: ['Median'] }),
    'InvalidParameterValue',
    '…must be a value in the set…',
  ],
  [
    'GetMetricData',
    query({ Stat: 'Min' }),
    'ValidationError',
    'The value Min for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.',
  ],
  [
    'GetMetricData',
    { ...query({}), MetricDataQueries: [{ ...query({}).MetricDataQueries[0], Id: '5xx' }] },
    'ValidationError',
    'The value 5xx for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.',
  ],
  [
    'GetMetricData',
    { ...query({}), StartTime: NOW, EndTime: NOW },
    'ValidationError',
    'The parameter StartTime must…',
  ],
  [
    'GetMetricData',
    { ...query({}), MetricDataQueries: [{ Id: 'e1', Expression: '1 +' }] },
    'ValidationError',
    "Error in expression 'e1': Invalid syntax",
  ],
  [
    'GetMetricData',
    {
      ...query({}),
      MetricDataQueries: Array.from({ length: 501 }, (_, i) => ({ Id: `m${i}`, Expression: '1' })),
    },
    'ValidationError',
    'The collection MetricDataQueries must not have a size greater than 500.',
  ],
  ['ListMetrics', { NextToken: 'made up' }, 'InvalidParameterValue', 'Invalid nextToken'],
  [
    'SetAlarmState',
    { AlarmName: 'recorded', StateValue: 'INVALID', StateReason: 'test' },
    'ValidationError',
    "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]",
  ],
  [
    'SetAlarmState',
    { AlarmName: 'nobody', StateValue: 'OK', StateReason: 'test' },
    'ResourceNotFound',
    '',
    404,
  ],
  [
    'PutMetricAlarm',
    alarm({ EvaluationPeriods: 0 }),
    'ValidationError',
    "1 validation error detected: Value '0' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1",
  ],
  [
    'PutMetricAlarm',
    alarm({ ComparisonOperator: 'Foo' }),
    'ValidationError',
    "1 validation error detected: Value 'Foo' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set:…",
  ],
  ['PutMetricAlarm', alarm({ MetricName: undefined }), 'ValidationError', 'MetricName must not be null'],
  [
    'PutMetricAlarm',
    alarm({ DatapointsToAlarm: 15 }),
    'ValidationError',
    'DatapointsToAlarm must be less than or equal to EvaluationPeriods',
  ],
  [
    'PutMetricAlarm',
    alarm({ Period: 1 }),
    'ValidationError',
    'Period must be 10, 20, 30 or a multiple of 60',
  ],
  [
    'PutMetricAlarm',
    {
      AlarmName: 'x',
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Statistic: 'Sum',
      Metrics: [{ Id: 'a', Expression: '1' }],
    },
    'ValidationError',
    'Statistic should not be set if list of Metrics is set.',
  ],
  [
    'PutMetricAlarm',
    {
      AlarmName: 'x',
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Metrics: [{ Id: 'q', Expression: 'SELECT SUM(a) FROM b', ReturnData: false }],
    },
    'ValidationError',
    'Exactly one element of the metrics list should return data.',
  ],
  [
    'PutMetricAlarm',
    {
      AlarmName: 'x',
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Metrics: [{ Id: '5xx', Expression: '1' }],
    },
    'ValidationError',
    'Invalid metrics list',
  ],
  [
    'DescribeAlarms',
    { MaxRecords: 101 },
    'ValidationError',
    "1 validation error detected: Value '101' at 'maxRecords' failed to satisfy constraint: Member must have value less than or equal to 100",
  ],
  [
    'PutCompositeAlarm',
    { AlarmName: 'c', AlarmRule: '()' },
    'ValidationError',
    "Error in AlarmRule [Unsupported token ')' at char 1]",
  ],
  [
    'PutCompositeAlarm',
    { AlarmName: 'c', AlarmRule: 'ALARM(gone)' },
    'ValidationError',
    'Could not save the composite alarm as alarms [gone] in the alarm rule do not exist',
  ],
  [
    'TagResource',
    {
      ResourceARN: 'arn:aws:cloudwatch:us-east-1:000000000001:alarm:unknown',
      Tags: [{ Key: 'k', Value: 'v' }],
    },
    'ResourceNotFoundException',
    'Unknown',
    404,
  ],
  [
    'UntagResource',
    { ResourceARN: 'arn:aws:cloudwatch:us-east-1:000000000001:alarm:unknown', TagKeys: ['k'] },
    'ResourceNotFoundException',
    'Unknown',
    404,
  ],
  ['GetDashboard', { DashboardName: 'nobody' }, 'ResourceNotFound', 'Dashboard nobody does not exist', 404],
  ['DeleteDashboards', { DashboardNames: ['nobody'] }, 'ResourceNotFound', '…does not exist…', 404],
  [
    'PutDashboard',
    { DashboardName: 'd', DashboardBody: '{"widgets":[{"type":"metric","properties":{}}]}' },
    'InvalidParameterInput',
    'The dashboard body is invalid, there…',
  ],
  ['PutMetricStream', { Name: 'x' }, 'InvalidAction', '…'],
];

describe('A refusal', () => {
  it.each(REFUSALS.map((refusal, i) => ({ i, operation: refusal[0], code: refusal[2], refusal })))(
    '$i: $operation answers $code',
    async ({ refusal }) => {
      await recorded.expectRefusal(refusal);
    },
  );
});

describe('An answer', () => {
  const expectAlike = (operation: string, input: object, expected: object) =>
    recorded.expectAnswer(operation, input, expected);
  const AT = new Date(Math.floor(NOW.getTime() / 60_000) * 60_000);
  const range = { StartTime: new Date(AT.getTime() - 60_000), EndTime: new Date(AT.getTime() + 60_000) };
  const put = (Namespace: string, ...MetricData: object[]) =>
    speakAws(server.endpoint, 'json', 'PutMetricData', { Namespace, MetricData });
  const stat = (Namespace: string, Id: string, Stat: string, Period: number, Unit?: string) => ({
    Id,
    MetricStat: {
      Metric: { Namespace, MetricName: 'metric1' },
      Period,
      Stat,
      ...(Unit !== undefined && { Unit }),
    },
  });
  const result = (Id: string, Label: string, Values: number[], Messages?: object[]) => ({
    Id,
    Label,
    Timestamps: Values.length === 0 ? [] : ['time'],
    Values,
    StatusCode: 'Complete',
    ...(Messages !== undefined && { Messages }),
  });
  const data = (MetricDataQueries: object[], ...MetricDataResults: object[]) =>
    expectAlike('GetMetricData', { MetricDataQueries, ...range }, { MetricDataResults, Messages: [] });

  it('takes values with a statistic set, and counts as they say', async () => {
    for (const protocol of PROTOCOLS) {
      const both = datum({ Values: [1, 10], StatisticValues: SET, Unit: 'Count' });
      expect(await speakAws(server.endpoint, protocol, 'PutMetricData', both)).toMatchObject({ status: 200 });
    }
    recorded.count('PutMetricData');
    await put('list', {
      MetricName: 'test-metric',
      Timestamp: AT.getTime() / 1000,
      Values: [1, 10],
      Counts: [2, 4],
      Unit: 'Count',
    });
    await expectAlike(
      'GetMetricStatistics',
      {
        ...range,
        Namespace: 'list',
        MetricName: 'test-metric',
        Period: 60,
        Statistics: ['SampleCount', 'Sum', 'Maximum'],
      },
      {
        Label: 'test-metric',
        Datapoints: [{ Timestamp: 'time', SampleCount: 6, Sum: 42, Maximum: 10, Unit: 'Count' }],
      },
    );
  });

  it.each([
    ['Sum', 66],
    ['SampleCount', 11],
    ['Minimum', 1],
    ['Maximum', 11],
    ['Average', 6],
  ] as const)('is %s of a value and a set: %d', async (Stat, value) => {
    const Timestamp = AT.getTime() / 1000;
    await put(
      `stats-${Stat}`,
      { MetricName: 'metric1', Value: 11, Unit: 'Seconds', Timestamp },
      { MetricName: 'metric1', StatisticValues: SET, Unit: 'Seconds', Timestamp },
    );
    await data([stat(`stats-${Stat}`, 'result1', Stat, 60)], result('result1', 'metric1', [value]));
  });

  const LABELS: readonly (readonly [readonly (readonly [string, number, string])[], readonly string[]])[] = [
    [
      [
        ['Sum', 60, 'Seconds'],
        ['Minimum', 30, 'Seconds'],
      ],
      ['metric1 Sum 60', 'metric1 Minimum 30'],
    ],
    [
      [
        ['Sum', 60, 'Seconds'],
        ['Minimum', 60, 'Seconds'],
      ],
      ['metric1 Sum', 'metric1 Minimum'],
    ],
    [
      [
        ['Sum', 60, 'Seconds'],
        ['Sum', 30, 'Seconds'],
      ],
      ['metric1 60', 'metric1 30'],
    ],
    [
      [
        ['Sum', 60, 'Seconds'],
        ['Minimum', 30, 'Milliseconds'],
      ],
      ['metric1 Sum 60', 'metric1 Minimum 30'],
    ],
    [
      [
        ['Sum', 60, 'Seconds'],
        ['Minimum', 60, 'Milliseconds'],
      ],
      ['metric1 Sum', 'metric1 Minimum'],
    ],
    [
      [
        ['Sum', 60, 'Seconds'],
        ['Sum', 30, 'Milliseconds'],
      ],
      ['metric1 60', 'metric1 30'],
    ],
    [
      [
        ['Sum', 60, 'Seconds'],
        ['Sum', 60, 'Milliseconds'],
      ],
      ['metric1', 'metric1'],
    ],
  ];
  it.each(LABELS.map(([asked, labels], i) => ({ i, asked, labels })))(
    '$i has the labels $labels',
    async ({ asked, labels, i }) => {
      const values = [0, 2, 7, 100].map((Value) => ({
        MetricName: 'metric1',
        Value,
        Unit: 'Seconds',
        Timestamp: AT.getTime() / 1000,
      }));
      await put(`labels-${i}`, ...values);
      await data(
        asked.map(([Stat, Period, Unit], k) => stat(`labels-${i}`, `r${k}`, Stat, Period, Unit)),
        ...asked.map(([Stat, , Unit], k) =>
          result(`r${k}`, labels[k] ?? '', Unit === 'Seconds' ? [Stat === 'Sum' ? 109 : 0] : []),
        ),
      );
    },
  );

  it.each([
    [['Milliseconds', 'Seconds'], 'Milliseconds, Seconds', 60_000],
    [['Milliseconds', 'Seconds', 'Milliseconds', 'Seconds'], 'Milliseconds, Seconds', 120_000],
    [['Milliseconds', 'Seconds', 'Milliseconds', 'Seconds', 'Count'], 'Count, Milliseconds, Seconds', 5],
  ] as const)('of data in %j without a Unit shows one', async (units, named, value) => {
    const VALUES = { Milliseconds: 60_000, Seconds: 60, Count: 5 };
    const Namespace = `units-${units.length}`;
    await put(
      Namespace,
      ...units.map((Unit) => ({
        MetricName: 'metric1',
        Unit,
        Value: VALUES[Unit],
        Timestamp: AT.getTime() / 1000,
      })),
    );
    const message = { Code: 'MultipleUnits', Value: `Multiple units returned: '[${named}]'` };
    await data([stat(Namespace, 'm1', 'Sum', 60)], result('m1', 'metric1', [value], [message]));
  });

  it('is the five statistics of ten values without a unit', async () => {
    const Timestamp = AT.getTime() / 1000;
    await put(
      'ten',
      ...Array.from({ length: 10 }, (_, Value) => ({ MetricName: 'metric', Value, Timestamp })),
    );
    await expectAlike(
      'GetMetricStatistics',
      {
        ...range,
        Namespace: 'ten',
        MetricName: 'metric',
        Period: 3600,
        Statistics: ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount'],
      },
      {
        Label: 'metric',
        Datapoints: [
          { Timestamp: 'time', SampleCount: 10, Average: 4.5, Sum: 45, Minimum: 0, Maximum: 9, Unit: 'None' },
        ],
      },
    );
  });

  it('is each statistic of values one of which is 0, with the labels to tell them apart', async () => {
    const Timestamp = AT.getTime() / 1000;
    const given = [0, 2, 4, 3.5, 7, 100];
    await put(
      'zero',
      ...given.map((Value) => ({ MetricName: 'metric1', Value, Timestamp, Unit: 'Seconds' })),
    );
    const statistics = { Average: 19.416666666666668, Sum: 116.5, Minimum: 0, Maximum: 100 };
    await data(
      Object.keys(statistics).map((name) => stat('zero', `result_${name}`, name, 60, 'Seconds')),
      ...Object.entries(statistics).map(([name, value]) =>
        result(`result_${name}`, `metric1 ${name}`, [value]),
      ),
    );
  });

  it('has a result without values for a metric that has no data, also with no dimensions given', async () => {
    const query = stat('nothing', 'result', 'Sum', 60);
    const { MetricStat } = query;
    await data([query], result('result', 'metric1', []));
    const withNone = {
      ...query,
      MetricStat: { ...MetricStat, Metric: { ...MetricStat.Metric, Dimensions: [] } },
    };
    await data([withNone], result('result', 'metric1', []));
  });

  it('is one result for each metric, in the order of the queries, and keeps dimensions apart', async () => {
    const Timestamp = AT.getTime() / 1000;
    const Dimensions = [{ Name: 'InstanceId', Value: 'one' }];
    await put(
      'several',
      { MetricName: 'metric1', Value: 50, Timestamp, Unit: 'Seconds' },
      { MetricName: 'metric2', Value: 25, Timestamp, Unit: 'Seconds' },
      { MetricName: 'metric3', StatisticValues: SET, Timestamp, Unit: 'Seconds' },
      { MetricName: 'metric1', Value: 11, Timestamp, Unit: 'Seconds', Dimensions },
    );
    const query = (Id: string, MetricName: string, more = {}) => ({
      Id,
      MetricStat: { Metric: { Namespace: 'several', MetricName, ...more }, Period: 60, Stat: 'Sum' },
    });
    await data(
      [query('result1', 'metric1'), query('result2', 'metric2'), query('result3', 'metric3')],
      result('result1', 'metric1', [50]),
      result('result2', 'metric2', [25]),
      result('result3', 'metric3', [55]),
    );
    await data([query('result1', 'metric1', { Dimensions })], result('result1', 'metric1', [11]));
  });

  it('describes a minimal alarm, and none once it is deleted', async () => {
    await speakAws(server.endpoint, 'json', 'PutMetricAlarm', alarm({ AlarmName: 'minimal', Period: 10 }));
    const described = {
      AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000001:alarm:minimal',
      AlarmName: 'minimal',
      ActionsEnabled: true,
      OKActions: [],
      AlarmActions: [],
      InsufficientDataActions: [],
      MetricName: 'm',
      Namespace: 'ns',
      Statistic: 'Sum',
      Dimensions: [],
      Period: 10,
      EvaluationPeriods: 1,
      Threshold: 30,
      ComparisonOperator: 'GreaterThanThreshold',
      AlarmConfigurationUpdatedTimestamp: 'time',
      StateValue: 'INSUFFICIENT_DATA',
      StateReason: 'Unchecked: Initial alarm creation',
      StateUpdatedTimestamp: 'time',
      StateTransitionedTimestamp: 'time',
    };
    const asked = { AlarmNames: ['minimal'] };
    await expectAlike('DescribeAlarms', asked, { MetricAlarms: [described], CompositeAlarms: [] });
    await speakAws(server.endpoint, 'query', 'DeleteAlarms', asked);
    await expectAlike('DescribeAlarms', asked, { MetricAlarms: [], CompositeAlarms: [] });
    await expectAlike('DeleteAlarms', { AlarmNames: ['not-exists'] }, {});
  });

  it('shows a dashboard as it was put, and lists it with its size', async () => {
    const body = {
      widgets: [
        {
          type: 'metric',
          x: 0,
          y: 0,
          width: 6,
          height: 6,
          properties: {
            metrics: [['AWS/EC2', 'CPUUtilization', 'InstanceId', 'i-12345678']],
            region: 'us-east-1',
            view: 'timeSeries',
            stacked: false,
          },
        },
      ],
    };
    const DashboardBody = JSON.stringify(body);
    await expectAlike(
      'PutDashboard',
      { DashboardName: 'test-1', DashboardBody },
      { DashboardValidationMessages: [] },
    );
    const DashboardArn = 'arn:aws:cloudwatch::000000000001:dashboard/test-1';
    await expectAlike(
      'GetDashboard',
      { DashboardName: 'test-1' },
      { DashboardArn, DashboardBody, DashboardName: 'test-1' },
    );
    const { body: listed } = await speakAws(server.endpoint, 'json', 'ListDashboards', {
      DashboardNamePrefix: 'test',
    });
    expect(listed).toMatchObject({
      DashboardEntries: [{ DashboardArn, DashboardName: 'test-1', Size: DashboardBody.length }],
    });
    await expectAlike('ListDashboards', { DashboardNamePrefix: 'no-such' }, { DashboardEntries: [] });
    await speakAws(server.endpoint, 'cbor', 'DeleteDashboards', { DashboardNames: ['test-1'] });
    await expectAlike('ListDashboards', {}, { DashboardEntries: [] });
  });
});
