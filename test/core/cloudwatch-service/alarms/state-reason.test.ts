import { describe, expect, it } from 'vitest';
import { checkAlarm, type AlarmRule } from '../../../../src/core/cloudwatch-service/alarms/check-alarm.ts';
import type { EvaluatedPoint } from '../../../../src/core/cloudwatch-service/alarms/judge-alarm.ts';
import { explainState } from '../../../../src/core/cloudwatch-service/alarms/state-reason.ts';
import { AWS_LIMITS } from '../../../../src/core/cloudwatch-service/model/limits.ts';

const AT_MS = Date.parse('2023-10-26T16:42:00Z');
const NOW = new Date('2023-10-26T16:43:36.123Z');
const spec = {
  AlarmName: 'a',
  Namespace: 'ns',
  MetricName: 'm',
  Statistic: 'Average',
  Period: 30,
  Unit: 'Seconds',
  EvaluationPeriods: 1,
  Threshold: 2,
  ComparisonOperator: 'GreaterThanThreshold',
};
type Change = Parameters<typeof checkAlarm>[0];
const ruleOf = (change: Change): AlarmRule =>
  checkAlarm({ ...spec, ...change }, { limits: AWS_LIMITS, accountId: 1 });
/** Newest last, a period apart. */
const points = (...values: readonly (number | null)[]): EvaluatedPoint[] =>
  values.map((value, i) => ({
    timeMs: AT_MS + (i + 1 - values.length) * 30_000,
    value,
    sampleCount: value === null ? undefined : 2,
  }));
const explain = (
  state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA',
  values: readonly (number | null)[],
  change: Change = {},
) => explainState(state, points(...values), ruleOf(change), { ...spec, ...change }, NOW);

const BAND = {
  AlarmName: 'a',
  ComparisonOperator: 'LessThanLowerOrGreaterThanUpperThreshold',
  ThresholdMetricId: 'ad1',
  Metrics: [
    {
      Id: 'm1',
      MetricStat: { Metric: { Namespace: 'ns', MetricName: 'm' }, Period: 60, Stat: 'Average' },
    },
    { Id: 'ad1', Expression: 'ANOMALY_DETECTION_BAND(m1, 2)' },
  ],
};
const explainBand = (state: 'OK' | 'ALARM', values: readonly number[]) => {
  const change = { ...BAND, EvaluationPeriods: values.length };
  const rule = checkAlarm(change, { limits: AWS_LIMITS, accountId: 1 });
  const window = points(...values).map((point) => ({ ...point, lower: 0.02, upper: 0.3 }));
  return explainState(state, window, rule, change, NOW);
};

describe('The reason of a state, as AWS gives it,', () => {
  it.each([
    [
      'ALARM',
      [21.5],
      {},
      'Threshold Crossed: 1 datapoint [21.5 (26/10/23 16:42:00)] was greater than the threshold (2.0).',
    ],
    [
      'OK',
      [1],
      {},
      'Threshold Crossed: 1 datapoint [1.0 (26/10/23 16:42:00)] was not greater than the threshold (2.0).',
    ],
    [
      'ALARM',
      [null, null],
      { EvaluationPeriods: 2, TreatMissingData: 'breaching' },
      'Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].',
    ],
    [
      'OK',
      [null],
      { TreatMissingData: 'notBreaching' },
      'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
    ],
    [
      'ALARM',
      [1, 5, 6],
      { EvaluationPeriods: 3, DatapointsToAlarm: 2 },
      'Threshold Crossed: 2 out of the last 3 datapoints [6.0 (26/10/23 16:42:00), 5.0 (26/10/23 16:41:30)] were greater than the threshold (2.0) (minimum 2 datapoints for OK -> ALARM transition).',
    ],
    [
      'OK',
      [1],
      { DatapointsToAlarm: 1 },
      'Threshold Crossed: 1 out of the last 1 datapoints [1.0 (26/10/23 16:42:00)] was not greater than the threshold (2.0) (minimum 1 datapoint for ALARM -> OK transition).',
    ],
    ['INSUFFICIENT_DATA', [null], {}, 'Insufficient Data: 1 datapoint was unknown.'],
    [
      'INSUFFICIENT_DATA',
      [null, null],
      { EvaluationPeriods: 2 },
      'Insufficient Data: 2 datapoints were unknown.',
    ],
    [
      'ALARM',
      [1],
      { ComparisonOperator: 'LessThanOrEqualToThreshold' },
      'Threshold Crossed: 1 datapoint [1.0 (26/10/23 16:42:00)] was less than or equal to the threshold (2.0).',
    ],
  ] as const)('of %s with %j and %j', (state, values, change, reason) => {
    expect(explain(state, values, change).reason).toBe(reason);
  });

  it.each([
    [
      'ALARM',
      0,
      'Thresholds Crossed: 1 out of the last 1 datapoints [0.0 (26/10/23 16:42:00)] was less than the lower thresholds [0.02] or greater than the upper thresholds [0.3] (minimum 1 datapoint for OK -> ALARM transition).',
    ],
    [
      'OK',
      0.16,
      'Thresholds Crossed: 1 out of the last 1 datapoints [0.16 (26/10/23 16:42:00)] was not less than the lower thresholds [0.02] or not greater than the upper thresholds [0.3] (minimum 1 datapoint for ALARM -> OK transition).',
    ],
  ] as const)('names the band: %s', (state, value, reason) => {
    expect(explainBand(state, [value]).reason).toBe(reason);
  });

  // As Java's Double.toString, by its documentation; the second and third are of a notice of AWS.
  it.each([
    [1, '1.0'],
    [860604416, '8.60604416E8'],
    [1e9, '1.0E9'],
    [9_999_999, '9999999.0'],
    [1e7, '1.0E7'],
    [12_345_678.9, '1.23456789E7'],
    [0.001, '0.001'],
    [0.00099, '9.9E-4'],
    [-2.5e-7, '-2.5E-7'],
    [-0, '0.0'],
    [2 ** 360, '2.3485425827738332E108'],
  ])('writes %d as %s', (value, written) => {
    const { reason } = explain('ALARM', [value], {
      Threshold: value,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
    expect(reason).toBe(
      `Threshold Crossed: 1 datapoint [${written} (26/10/23 16:42:00)] was greater than or equal to the threshold (${written}).`,
    );
  });
});

describe('The data of a state', () => {
  it('holds what AWS puts there', () => {
    expect(JSON.parse(explain('ALARM', [21.5]).data)).toEqual({
      version: '1.0',
      queryDate: '2023-10-26T16:43:36.123+0000',
      startDate: '2023-10-26T16:42:00.000+0000',
      unit: 'Seconds',
      statistic: 'Average',
      period: 30,
      recentDatapoints: [21.5],
      threshold: 2,
      evaluatedDatapoints: [{ timestamp: '2023-10-26T16:42:00.000+0000', sampleCount: 2, value: 21.5 }],
    });
    expect(JSON.parse(explain('OK', [null], { TreatMissingData: 'notBreaching' }).data)).toEqual({
      version: '1.0',
      queryDate: '2023-10-26T16:43:36.123+0000',
      unit: 'Seconds',
      statistic: 'Average',
      period: 30,
      recentDatapoints: [],
      threshold: 2,
      evaluatedDatapoints: [{ timestamp: '2023-10-26T16:42:00.000+0000' }],
    });
  });

  it('stays within 4,000 characters', () => {
    const values = Array.from({ length: 200 }, (_, i) => i + 0.123456789);
    const { data } = explain('ALARM', values, { EvaluationPeriods: 200 });
    expect(data.length).toBeLessThanOrEqual(4_000);
    expect(JSON.parse(data)).toMatchObject({ recentDatapoints: values.slice(-10), threshold: 2 });
  });

  it('of a band stays so too, which has an edge on each side of each value', () => {
    const { data, reason } = explainBand('ALARM', Array<number>(1_440).fill(5.123456789));
    expect(data.length).toBeLessThanOrEqual(4_000);
    expect(JSON.parse(data)).toMatchObject({
      recentDatapoints: Array<number>(10).fill(5.123456789),
      recentLowerThresholds: Array<number>(10).fill(0.02),
      recentUpperThresholds: Array<number>(10).fill(0.3),
    });
    expect(reason.length).toBeLessThanOrEqual(1_023);
  });
});
