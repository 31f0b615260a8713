/** What PutMetricAlarm takes, and what is made of it: rules of the API reference and of the user's guide. */
import { describe, expect, it } from 'vitest';
import { checkAlarm } from '../../../../src/core/cloudwatch-service/alarms/check-alarm.ts';
import { AWS_LIMITS } from '../../../../src/core/cloudwatch-service/model/limits.ts';

const RULES = { limits: AWS_LIMITS, accountId: 1 };
const WITHOUT_METRIC = {
  AlarmName: 'a',
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
};
const METRIC = {
  ...WITHOUT_METRIC,
  Namespace: 'Shop',
  MetricName: 'latency',
  Statistic: 'Average',
  Period: 60,
};
const QUERY = {
  Id: 'm1',
  MetricStat: { Metric: { Namespace: 'Shop', MetricName: 'latency' }, Period: 60, Stat: 'Average' },
};

describe('A percentile of few samples', () => {
  const countOf = (ExtendedStatistic: string, EvaluateLowSampleCountPercentile?: string) =>
    checkAlarm(
      {
        ...METRIC,
        Statistic: undefined,
        ExtendedStatistic,
        ...(EvaluateLowSampleCountPercentile !== undefined && { EvaluateLowSampleCountPercentile }),
      },
      RULES,
    ).minSamples;

  // "Percentile-based alarms and low data samples": 10/(1-percentile) from 0.5 on, 10/percentile below.
  it.each([
    ['p99', 1_000],
    ['p99.9', 10_000],
    ['p95', 200],
    ['p50', 20],
    ['p25', 40],
    ['p1', 1_000],
    ['p0', 0],
    ['p100', 0],
    ['tm99', 0],
  ])('%s says something from %d samples on, where fewer are to be ignored', (statistic, count) => {
    expect(countOf(statistic, 'ignore')).toBe(count);
    expect([countOf(statistic, 'evaluate'), countOf(statistic)]).toEqual([0, 0]);
  });

  it('is ignored or evaluated, and nothing else', () => {
    expect(() => countOf('p99', 'sometimes')).toThrow(/EvaluateLowSampleCountPercentile is invalid/);
  });
});

describe('An alarm looks back', () => {
  it.each([
    ['a day with periods below an hour', 60, 1_440, true],
    ['no longer', 60, 1_441, false],
    ['a day with periods of ten seconds', 10, 8_640, true],
    ['no longer with those', 10, 8_641, false],
    ['a week with periods of an hour', 3_600, 168, true],
    ['no longer than a week', 3_600, 169, false],
    ['a week with periods of a day', 86_400, 7, true],
    ['no longer, with those of a day', 86_400, 8, false],
  ])('%s', (_what, Period, EvaluationPeriods, isTaken) => {
    const check = () => checkAlarm({ ...METRIC, Period, EvaluationPeriods }, RULES);
    if (isTaken) expect(check()).toMatchObject({ periodSeconds: Period });
    else expect(check).toThrow(/across more than/);
  });
});

describe('PutMetricAlarm refuses', () => {
  it.each([
    ['a period of a second', { ...METRIC, Period: 1 }, /10, 20, 30 or a multiple of 60/],
    ['a period of 90 seconds', { ...METRIC, Period: 90 }, /10, 20, 30 or a multiple of 60/],
    [
      'more breaching periods than periods',
      { ...METRIC, DatapointsToAlarm: 2 },
      /DatapointsToAlarm must be less/,
    ],
    ['two statistics', { ...METRIC, ExtendedStatistic: 'p9' }, /mutually exclusive/],
    ['no statistic', { ...METRIC, Statistic: undefined }, /Statistic is required/],
    ['no threshold', { ...METRIC, Threshold: undefined }, /Threshold is required/],
    ['a threshold that is no number', { ...METRIC, Threshold: NaN }, /Threshold is invalid/],
    ['a band without its id', { ...METRIC, ComparisonOperator: 'GreaterThanUpperThreshold' }, /Threshold/],
    ['a treatment there is not', { ...METRIC, TreatMissingData: 'drop' }, /TreatMissingData/],
    ['an action that is no ARN', { ...METRIC, OKActions: ['pager'] }, /Invalid arn syntax: pager/],
    ['a metric and queries', { ...METRIC, Metrics: [QUERY] }, /should not be set if list of Metrics is set/],
    [
      'two queries that are returned',
      { ...WITHOUT_METRIC, Metrics: [QUERY, { ...QUERY, Id: 'm2' }] },
      /Exactly one element/,
    ],
    ['no query that is', { ...WITHOUT_METRIC, Metrics: [{ ...QUERY, ReturnData: false }] }, /Exactly one/],
    [
      'a band that is none',
      {
        ...WITHOUT_METRIC,
        Threshold: undefined,
        ComparisonOperator: 'GreaterThanUpperThreshold',
        ThresholdMetricId: 'm2',
        Metrics: [QUERY, { ...QUERY, Id: 'm2' }],
      },
      /is an ANOMALY_DETECTION_BAND/,
    ],
  ])('%s', (_what, input, message) => {
    expect(() => checkAlarm(input, RULES)).toThrow(message);
  });
});

describe('An alarm on queries is evaluated by', () => {
  it.each([
    ['the longest period of its metrics', [QUERY, withPeriod('m2', 300)], 300],
    ['a minute where it has none', [{ Id: 'e1', Expression: 'TIME_SERIES(1)' }], 60],
    ['the period of its expression', [{ Id: 'e1', Expression: 'TIME_SERIES(1)', Period: 120 }], 120],
    ['five minutes of Metrics Insights', [{ Id: 'e1', Expression: 'SELECT AVG(m) FROM N' }], 300],
  ])('%s', (_what, Metrics, seconds) => {
    expect(checkAlarm({ ...WITHOUT_METRIC, Metrics }, RULES).periodSeconds).toBe(seconds);
  });

  function withPeriod(Id: string, Period: number) {
    return { Id, ReturnData: false, MetricStat: { ...QUERY.MetricStat, Period } };
  }
});
