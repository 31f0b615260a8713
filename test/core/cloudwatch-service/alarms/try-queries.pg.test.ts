/** Which expressions an alarm may be put on, and what becomes of one that fails later. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, NOON, openService, type Service } from '../service.ts';

let service: Service;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service[Symbol.asyncDispose]());

const BASE = {
  AlarmName: 'tried',
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
};
const metric = (Id: string, more: object = {}) => ({
  Id,
  ReturnData: false,
  MetricStat: { Metric: { Namespace: 'Shop', MetricName: Id }, Period: 60, Stat: 'Sum', ...more },
});
const BAND = 'ANOMALY_DETECTION_BAND';
const METRICS = [metric('m1'), metric('m2'), metric('slow', { Period: 300 })];
const put = (Expression: string, ...more: object[]) =>
  service.ask('PutMetricAlarm', { ...BASE, Metrics: [{ Id: 'e1', Expression }, ...METRICS, ...more] });

describe('An alarm is put on', () => {
  // Of "Using metric math" in the user's guide, each of which gives one series.
  it.each([
    'm1 - m2',
    'm1 / PERIOD(m1)',
    'SUM(100/[m1, m2])',
    'AVG([m1,m2]/m2)',
    'SUM(METRICS("m"))',
    'm1 - AVG(m1)',
    'SUM([m1,m2]) / AVG(m2)',
    'IF(FIRST(SORT(METRICS(), AVG, DESC)) > 100, 1, 0)',
    'LAST(ANOMALY_DETECTION_BAND(m1))',
    'm1 / METRIC_COUNT(METRICS())',
    'IF(DAY(m1) < 6, m1)',
    'TIME_SERIES(MAX(m1))',
    'FILL(m1, REPEAT)',
    'FILL(m1, MIN(m1))',
    'FIRST(REMOVE_EMPTY(METRICS()))',
    'SLICE(SORT(METRICS(), SUM, DESC), 0, 1)',
    'm1 + slow',
    'RATE(m1)',
    'm1 > 1 AND m2 > 1',
    'SELECT SUM(orders) FROM Shop',
    'SELECT SUM(orders) FROM Shop GROUP BY host ORDER BY SUM() DESC LIMIT 1',
  ])('%s, with no data yet', async (expression) => {
    expect(await put(expression)).toEqual({});
  });

  it('an expression of an expression', async () => {
    expect(await put('e2 * 2', { Id: 'e2', Expression: 'm1 + m2', ReturnData: false })).toEqual({});
  });

  // Tried anew wherever it is named, the first would be tried 2 to the power of 60 times.
  it('expressions that name each other twice, sixty deep', async () => {
    const chain = Array.from({ length: 60 }, (_, i) => ({
      Id: `d${i + 1}`,
      Expression: i === 0 ? 'm1 + m1' : `d${i} + d${i}`,
      ReturnData: false,
    }));
    expect(await put('d60 / 2', ...chain)).toEqual({});
  });

  it('a metric beside an empty list of queries', async () => {
    const Metric = { Namespace: 'Shop', MetricName: 'orders', Statistic: 'Sum', Period: 60 };
    expect(await service.ask('PutMetricAlarm', { ...BASE, ...Metric, Metrics: [] })).toEqual({});
    const { MetricAlarms: alarms } = await service.ask('DescribeAlarms', { AlarmNames: ['tried'] });
    expect(alarms).toEqual([expect.objectContaining(Metric)]);
    expect(alarms).toEqual([expect.not.objectContaining({ Metrics: [] })]);
  });
});

describe('An alarm whose queries stop to fit their data', () => {
  const find = async () => {
    const { MetricAlarms: alarms } = await service.ask('DescribeAlarms', { AlarmNames: ['fitting'] });
    const [{ StateValue: state, StateReason: reason } = { StateValue: '', StateReason: '' }] = alarms as {
      StateValue: string;
      StateReason: string;
    }[];
    return { state, reason };
  };
  const push = (host: string, minutes: number) =>
    service.ask('PutMetricData', {
      Namespace: 'Fitting',
      MetricData: [
        { MetricName: 'load', Dimensions: [{ Name: 'host', Value: host }], Value: 5, Timestamp: at(minutes) },
      ],
    });

  it('has insufficient data, says why, and is evaluated again once they fit', async () => {
    const Metrics = [{ Id: 'q1', Expression: 'SELECT SUM(load) FROM Fitting GROUP BY host', Period: 60 }];
    await service.ask('PutMetricAlarm', { ...BASE, AlarmName: 'fitting', Metrics });
    await push('a', -1);
    await service.cloudwatch.evaluateAlarms();
    expect(await find()).toMatchObject({ state: 'ALARM' });

    await push('b', -1);
    await service.cloudwatch.evaluateAlarms();
    await service.cloudwatch.evaluateAlarms();
    expect(await find()).toEqual({
      state: 'INSUFFICIENT_DATA',
      reason:
        'Insufficient Data: the alarm could not be evaluated. The query q1 must give one series, not 2.',
    });
    const { AlarmHistoryItems: items } = await service.ask('DescribeAlarmHistory', {
      AlarmName: 'fitting',
      HistoryItemType: 'StateUpdate',
    });
    expect((items as object[]).length).toBe(2);

    const only = {
      ...BASE,
      AlarmName: 'fitting',
      Metrics: [{ ...Metrics[0], Expression: 'SELECT SUM(load) FROM Fitting' }],
    };
    await service.ask('PutMetricAlarm', only);
    await service.cloudwatch.evaluateAlarms();
    expect(await find()).toMatchObject({ state: 'ALARM' });
  });

  it('treats the first of no series as missing data', async () => {
    const Metrics = [{ Id: 'e1', Expression: 'FIRST(REMOVE_EMPTY(METRICS()))' }, metric('empty')];
    await service.ask('PutMetricAlarm', {
      ...BASE,
      AlarmName: 'fitting',
      Metrics,
      TreatMissingData: 'notBreaching',
    });
    service.setNow(at(30));
    await service.cloudwatch.evaluateAlarms();
    service.setNow(NOON);
    expect((await find()).reason).toMatch(/no datapoints were received/);
  });
});

describe('An alarm is refused on', () => {
  it.each([
    [`SEARCH('{Shop,host} orders', 'Sum', 60)`, 'SEARCH is not supported on Metric Alarms.'],
    [`SUM(SEARCH('{Shop,host} orders', 'Sum', 60))`, 'SEARCH is not supported on Metric Alarms.'],
    ['SUM(m1)', /a number; a series is needed/],
    ['5', /a number; a series is needed/],
    ['METRICS()', /3 series; an alarm takes one/],
    ['[m1, m2]', /2 series; an alarm takes one/],
    ['ANOMALY_DETECTION_BAND(m1)', /2 series; an alarm takes one/],
    [`FIRST(${BAND}(FIRST(${BAND}(m1))))`, /a band of a band/],
    ['SLICE([m1], 1)', /0 series; an alarm takes one/],
    ['MEDIAN(m1)', /there is no function MEDIAN/],
    ['FILL(m1, LAST)', /FILL knows REPEAT and LINEAR/],
    ['RATE(m1, m2)', /RATE takes 1 arguments/],
    ['INSIGHT_RULE_METRIC("rule", "Sum")', /there is no function INSIGHT_RULE_METRIC/],
    ['[m1, m2] + [m1, m2]', /two lists/],
    ['m1 + ', 'Invalid metrics list'],
    ['m1 + m9', 'Invalid metrics list'],
  ])('%s', async (expression, message) => {
    await expect(put(expression)).rejects.toMatchObject({ code: 'ValidationError' });
    await expect(put(expression)).rejects.toThrow(message);
  });
});
