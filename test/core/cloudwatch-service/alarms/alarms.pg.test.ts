import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';
import { at, openService, type Service } from '../service.ts';

const TOPIC = 'arn:aws:sns:self:000000000001:pager';
const NOWHERE = 'arn:aws:sns:self:000000000001:nowhere';

interface Notice {
  AlarmName: string;
  OldStateValue: string;
  NewStateValue: string;
}
const notices: Notice[] = [];
let status = 200;
const webhook = createServer(KEPT_OPEN, (request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    if (status === 200) notices.push(JSON.parse(body) as Notice);
    response.writeHead(status).end();
  });
});

let service: Service;
beforeAll(async () => {
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  const { port } = webhook.address() as AddressInfo;
  service = await openService({
    webhooks: new Map([['pager', new URL(`http://127.0.0.1:${port}/hook`)]]),
    limits: { alarmsPerAccount: 7 },
  });
});
afterAll(async () => {
  webhook.closeAllConnections();
  webhook.close();
  await service[Symbol.asyncDispose]();
});

const alarm = (change: object = {}) => ({
  AlarmName: 'hot',
  Namespace: 'App',
  MetricName: 'heat',
  Statistic: 'Average',
  Period: 60,
  EvaluationPeriods: 2,
  Threshold: 10,
  ComparisonOperator: 'GreaterThanThreshold',
  AlarmActions: [TOPIC],
  OKActions: [TOPIC],
  ...change,
});
const put = (minutes: number, Value: number, MetricName = 'heat') =>
  service.ask('PutMetricData', {
    Namespace: 'App',
    MetricData: [{ MetricName, Value, Timestamp: at(minutes) }],
  });
const watchAt = async (minutes: number) => {
  service.setNow(at(minutes));
  await service.cloudwatch.evaluateAlarms();
};
interface Shown {
  AlarmName: string;
  StateValue: string;
  StateReason: string;
}
const describeAlarms = async (input: object = {}) =>
  (await service.ask('DescribeAlarms', input)) as { MetricAlarms: Shown[]; NextToken?: string };
const stateOf = async (name: string) =>
  (await describeAlarms({ AlarmNames: [name] })).MetricAlarms[0]?.StateValue;
const history = async (input: object) => {
  const answer = await service.ask('DescribeAlarmHistory', { ScanBy: 'TimestampAscending', ...input });
  return (answer.AlarmHistoryItems as { HistoryItemType: string; HistorySummary: string }[]).map(
    ({ HistorySummary }) => HistorySummary,
  );
};

describe('An alarm', () => {
  it('goes from INSUFFICIENT_DATA to OK to ALARM and back over real data, with history and notices', async () => {
    await service.ask('PutMetricAlarm', alarm());
    expect(await stateOf('hot')).toBe('INSUFFICIENT_DATA');
    await put(0, 5);
    await put(1, 5);
    await watchAt(2);
    expect(await stateOf('hot')).toBe('OK');
    await put(2, 11);
    await watchAt(3);
    expect(await stateOf('hot')).toBe('OK');
    await put(3, 12);
    await watchAt(4);
    expect(await stateOf('hot')).toBe('ALARM');
    await watchAt(4.5);
    await put(4, 1);
    await watchAt(5);
    expect(await stateOf('hot')).toBe('OK');
    expect(notices.map(({ OldStateValue, NewStateValue }) => [OldStateValue, NewStateValue])).toEqual([
      ['INSUFFICIENT_DATA', 'OK'],
      ['OK', 'ALARM'],
      ['ALARM', 'OK'],
    ]);
    const delivered = `Successfully executed action ${TOPIC}`;
    expect(await history({ AlarmName: 'hot' })).toEqual([
      'Alarm "hot" created',
      'Alarm updated from INSUFFICIENT_DATA to OK',
      delivered,
      'Alarm updated from OK to ALARM',
      delivered,
      'Alarm updated from ALARM to OK',
      delivered,
    ]);
    expect(await history({ AlarmName: 'hot', HistoryItemType: 'StateUpdate' })).toHaveLength(3);
  });

  it('keeps its state when it is put again, and its name when others look for its metric', async () => {
    await service.ask('PutMetricAlarm', alarm({ Threshold: 100 }));
    expect(await stateOf('hot')).toBe('OK');
    const found = (await service.ask('DescribeAlarmsForMetric', {
      Namespace: 'App',
      MetricName: 'heat',
    })) as {
      MetricAlarms: Shown[];
    };
    expect(found.MetricAlarms).toMatchObject([{ AlarmName: 'hot', Threshold: 100 }]);
  });

  it('tells again later when the webhook fails, and gives up on a topic nobody set', async () => {
    notices.length = 0;
    await service.ask('PutMetricAlarm', alarm({ AlarmName: 'retry', AlarmActions: [TOPIC, NOWHERE] }));
    status = 500;
    await service.ask('SetAlarmState', { AlarmName: 'retry', StateValue: 'ALARM', StateReason: 'a drill' });
    await service.cloudwatch.evaluateAlarms();
    expect(notices).toEqual([]);
    expect(await history({ AlarmName: 'retry', HistoryItemType: 'Action' })).toEqual([
      `Failed to execute action ${NOWHERE}`,
    ]);
    status = 200;
    service.setNow(new Date(service.now().getTime() + 61_000));
    await service.cloudwatch.evaluateAlarms();
    const states = notices.flatMap(({ AlarmName, NewStateValue }) =>
      AlarmName === 'retry' ? [NewStateValue] : [],
    );
    // What is due at once is posted side by side, and comes in any order.
    expect(states.toSorted()).toEqual(['ALARM', 'OK']);
  });

  it('with its actions disabled changes its state and tells nobody', async () => {
    notices.length = 0;
    await service.ask('PutMetricAlarm', alarm({ AlarmName: 'quiet', MetricName: 'quiet' }));
    await service.ask('DisableAlarmActions', { AlarmNames: ['quiet'] });
    await service.ask('SetAlarmState', { AlarmName: 'quiet', StateValue: 'ALARM', StateReason: 'a drill' });
    await service.cloudwatch.evaluateAlarms();
    expect(notices).toEqual([]);
    await service.ask('EnableAlarmActions', { AlarmNames: ['quiet'] });
    await service.ask('SetAlarmState', {
      AlarmName: 'quiet',
      StateValue: 'OK',
      StateReason: 'over',
      StateReasonData: '{"a":1}',
    });
    await service.cloudwatch.evaluateAlarms();
    expect(notices.map(({ NewStateValue }) => NewStateValue)).toContain('OK');
  });

  it('on an expression looks at what the expression gives', async () => {
    await service.ask('PutMetricAlarm', {
      AlarmName: 'sum',
      EvaluationPeriods: 1,
      Threshold: 10,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Metrics: [
        {
          Id: 'm1',
          ReturnData: false,
          MetricStat: { Metric: { Namespace: 'App', MetricName: 'x' }, Period: 60, Stat: 'Sum' },
        },
        { Id: 'e1', Expression: 'm1 * 2' },
      ],
    });
    await put(10, 5, 'x');
    await watchAt(11);
    expect(await stateOf('sum')).toBe('ALARM');
  });

  it('on a band goes to ALARM when a value leaves what the detector expects', async () => {
    for (let start = -600; start < 20; start += 310) {
      const MetricData = Array.from({ length: 310 }, (_, i) => ({
        MetricName: 'steady',
        Timestamp: at(start + i),
        Value: 50 + (i % 7),
      }));
      await service.ask('PutMetricData', { Namespace: 'App', MetricData });
    }
    await service.ask('PutMetricAlarm', {
      AlarmName: 'odd',
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanUpperThreshold',
      ThresholdMetricId: 'band',
      Metrics: [
        {
          Id: 'm1',
          MetricStat: { Metric: { Namespace: 'App', MetricName: 'steady' }, Period: 60, Stat: 'Average' },
        },
        { Id: 'band', Expression: 'ANOMALY_DETECTION_BAND(m1, 2)' },
      ],
    });
    await watchAt(20);
    expect(await stateOf('odd')).toBe('OK');
    await put(20, 5000, 'steady');
    await watchAt(21);
    expect(await stateOf('odd')).toBe('ALARM');
  });

  it('is found by prefix and state, page by page', async () => {
    await service.ask('PutMetricAlarm', alarm({ AlarmName: 'hot-2', MetricName: 'none' }));
    const first = await describeAlarms({ AlarmNamePrefix: 'hot', MaxRecords: 1 });
    expect(first.MetricAlarms.map(({ AlarmName }) => AlarmName)).toEqual(['hot']);
    const second = await describeAlarms({
      AlarmNamePrefix: 'hot',
      MaxRecords: 1,
      NextToken: first.NextToken,
    });
    expect(second.MetricAlarms.map(({ AlarmName }) => AlarmName)).toEqual(['hot-2']);
    expect(second.NextToken).toBeUndefined();
    const found = await describeAlarms({ StateValue: 'INSUFFICIENT_DATA' });
    expect(found.MetricAlarms.map(({ AlarmName }) => AlarmName)).toContain('hot-2');
    await expect(describeAlarms({ AlarmNamePrefix: 'x', NextToken: first.NextToken })).rejects.toMatchObject({
      code: 'InvalidNextToken',
    });
  });

  it('is deleted among names nobody has, with its history kept', async () => {
    await service.ask('DeleteAlarms', { AlarmNames: ['nobody', 'quiet'] });
    expect(await stateOf('quiet')).toBeUndefined();
    expect((await history({ AlarmName: 'quiet' })).at(-1)).toBe('Alarm "quiet" deleted');
    await service.ask('DeleteAlarms', { AlarmNames: ['nobody'] });
  });

  it('takes each state that is set, however many are set at once', async () => {
    const states = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 'ALARM' : 'OK'));
    const set = (StateValue: string) =>
      service.ask('SetAlarmState', { AlarmName: 'hot', StateValue, StateReason: 'tried' });
    expect(await Promise.all(states.map(set))).toHaveLength(60);
  });

  it('beyond the limit of the account is refused, while those there can still be changed', async () => {
    const names = ['sixth', 'seventh', 'eighth', 'ninth', 'tenth'];
    const puts = names.map((AlarmName) => service.ask('PutMetricAlarm', alarm({ AlarmName })));
    const results = await Promise.allSettled(puts);
    expect(results.map(({ status: how }) => how)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
    ]);
    await expect(service.ask('PutMetricAlarm', alarm({ AlarmName: 'eighth' }))).rejects.toMatchObject({
      code: 'LimitExceeded',
    });
    await service.ask('PutMetricAlarm', alarm({ AlarmName: 'seventh', Threshold: 3 }));
  });
});

const NO_METRIC = { MetricName: undefined, Namespace: undefined, Statistic: undefined, Period: undefined };

describe('PutMetricAlarm refuses', () => {
  it.each([
    [
      'no name',
      { AlarmName: undefined },
      "1 validation error detected: Value null at 'alarmName' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a name of 256 characters and no periods',
      { AlarmName: 'n'.repeat(256), EvaluationPeriods: 0 },
      "2 validation errors detected: Value 'n",
    ],
    [
      'an unknown comparison',
      { ComparisonOperator: 'Foo' },
      "1 validation error detected: Value 'Foo' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set:",
    ],
    ['no comparison', { ComparisonOperator: undefined }, "Value null at 'comparisonOperator'"],
    ['no threshold', { Threshold: undefined }, 'Threshold'],
    ['a threshold that is no number', { Threshold: NaN }, 'Threshold'],
    ['no EvaluationPeriods', { EvaluationPeriods: undefined }, "Value null at 'evaluationPeriods'"],
    [
      'EvaluationPeriods 0',
      { EvaluationPeriods: 0 },
      "1 validation error detected: Value '0' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      'more datapoints than periods',
      { DatapointsToAlarm: 3 },
      'DatapointsToAlarm must be less than or equal to EvaluationPeriods',
    ],
    ['more than a day', { EvaluationPeriods: 1441 }, '86400'],
    ['a period of five seconds', { Period: 5 }, 'Period must be 10, 20, 30 or a multiple of 60'],
    ['no metric', { MetricName: undefined }, 'MetricName must not be null'],
    ['two statistics', { ExtendedStatistic: 'p90' }, 'ExtendedStatistic'],
    ['no statistic', { Statistic: undefined }, 'Statistic'],
    ['an unknown treatment', { TreatMissingData: 'drop' }, 'TreatMissingData'],
    ['six actions', { AlarmActions: Array<string>(6).fill(TOPIC) }, "at 'alarmActions'"],
    ['an action that is no ARN', { OKActions: ['pager'] }, 'Invalid arn syntax: pager'],
    ['a band operator without a band', { ComparisonOperator: 'LessThanLowerThreshold' }, 'Threshold'],
    ['a tag without a key', { Tags: [{ Value: 'b' }] }, "Value null at 'tags.1.member.key'"],
    [
      'a metric and queries',
      { Metrics: [{ Id: 'm1' }] },
      'MetricName should not be set if list of Metrics is set.',
    ],
    [
      'queries that cannot be read',
      { ...NO_METRIC, Metrics: [{ Id: '5xx', Expression: '1' }] },
      'Invalid metrics list',
    ],
    [
      'no query that returns data',
      { ...NO_METRIC, Metrics: [{ Id: 'e', Expression: 'SELECT SUM(a) FROM b', ReturnData: false }] },
      'Exactly one element of the metrics list should return data.',
    ],
  ])('%s', async (_what, change, text) => {
    const failure = service.ask('PutMetricAlarm', alarm(change));
    await expect(failure).rejects.toMatchObject({ code: 'ValidationError' });
    await expect(failure).rejects.toThrow(text);
  });
});

describe('SetAlarmState refuses', () => {
  it.each([
    ['an unknown alarm', { AlarmName: 'nobody' }, 'ResourceNotFound'],
    ['an unknown state', { StateValue: 'FINE' }, 'ValidationError'],
    ['no reason', { StateReason: undefined }, 'ValidationError'],
    ['data that is not JSON', { StateReasonData: '{' }, 'InvalidFormat'],
  ])('%s', async (_what, change, code) => {
    const input = { AlarmName: 'hot', StateValue: 'OK', StateReason: 'a drill', ...change };
    await expect(service.ask('SetAlarmState', input)).rejects.toMatchObject({ code });
  });
});
