import { describe, expect, it } from 'vitest';
import { fillLabel, isDynamic } from '../../../../src/core/cloudwatch-service/metrics/labels.ts';
import type { TimeSeries } from '../../../../src/core/cloudwatch-service/math/values.ts';

const NOON_MS = Date.parse('2026-11-20T12:00:00Z');
const SERIES: TimeSeries = {
  label: 'i-1 CPU',
  periodSeconds: 60,
  points: new Map([
    [NOON_MS, 2],
    [NOON_MS + 60_000, 7.25],
    [NOON_MS + 120_000, 1],
  ]),
  metric: {
    namespace: 'AWS/EC2',
    metricName: 'CPU',
    stat: 'p99',
    dimensions: [{ name: 'Cluster Name', value: 'dev' }],
  },
};
const CONTEXT = {
  account: '000000000001',
  region: 'eu-west-1',
  offsetMinutes: 90,
  nowMs: NOON_MS + 7_380_000,
};

describe('A label', () => {
  it.each([
    ["${LABEL}|&|${PROP('Dim.Cluster Name')}", 'i-1 CPU|&|dev'],
    ["${PROP('MetricName')} ${PROP('Namespace')} ${PROP('Stat')}", 'CPU AWS/EC2 p99'],
    ["${PROP('Region')}/${PROP('AccountId')}/${PROP('Period')}", 'eu-west-1/000000000001/60'],
    ["[${PROP('Dim.Other')}]", '[]'],
    ["[${PROP('Unknown')}${PROP('constructor')}${PROP('__proto__')}${PROP('toString')}]", '[]'],
    ['${MAX} ${MIN} ${FIRST} ${LAST}', '7.25 1 2 1'],
    ['${SUM} ${AVG} ${DATAPOINT_COUNT}', '10.25 3.41667 3'],
    ['${MAX_TIME}', '2026-11-20 13:31:00'],
    ['${LAST_TIME_RELATIVE}', '2h 1m ago'],
    ['${MIN_MAX_TIME_RANGE}', '2026-11-20 13:32:00 - 2026-11-20 13:31:00'],
    ['${MIN_MAX_RANGE} ${FIRST_LAST_RANGE}', '6.25 1'],
    ['${FIRST_LAST_TIME_RANGE}', '2026-11-20 13:30:00 - 2026-11-20 13:32:00'],
    ['${FIRST_MAX_RANGE} ${MIN_LAST_TIME_RANGE}', '${FIRST_MAX_RANGE} ${MIN_LAST_TIME_RANGE}'],
    ['${WHAT} ${PROP(', '${WHAT} ${PROP('],
    ["LB: ${PROP('Dim.LoadBalancer')|&|${LABEL}", "LB: ${PROP('Dim.LoadBalancer')|&|i-1 CPU"],
  ])('%s becomes %s', (label, expected) => {
    expect(isDynamic(label) ? fillLabel(label, SERIES, CONTEXT) : label).toBe(expected);
  });

  it('says of a series without points that there are none', () => {
    expect(
      fillLabel(
        '${MAX} ${AVG} ${DATAPOINT_COUNT} ${MIN_MAX_RANGE}',
        { ...SERIES, points: new Map() },
        CONTEXT,
      ),
    ).toBe('-- -- 0 --');
  });
});
