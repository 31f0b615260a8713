/** The parts of a widget before it is drawn: its metrics, its times, its annotations. */
import { describe, expect, it } from 'vitest';
import { AWS_LIMITS } from '../../../../src/core/cloudwatch-service/model/limits.ts';
import {
  markThreshold,
  readHorizontals,
  readVerticals,
} from '../../../../src/core/cloudwatch-service/widgets/widget-annotations.ts';
import { readMetrics } from '../../../../src/core/cloudwatch-service/widgets/widget-metrics.ts';
import {
  coarsenPeriods,
  readRange,
  readTime,
} from '../../../../src/core/cloudwatch-service/widgets/widget-range.ts';
import { parseWidget } from '../../../../src/core/cloudwatch-service/widgets/widget-shape.ts';
import { fc } from '../../../helpers/property.ts';

const NOW_MS = Date.parse('2026-11-20T12:00:00Z');
const RULES = { limits: AWS_LIMITS, accountId: 1 };
const read = (widget: object) => readMetrics(parseWidget(JSON.stringify(widget)), RULES);
/** Each row as it was meant, whole. */
const expand = (...metrics: readonly unknown[]) =>
  [...read({ metrics }).queries.values()].map((query) =>
    query.kind === 'stat'
      ? [
          query.series.namespace,
          query.series.metricName,
          ...query.series.dimensions.flatMap(({ name, value }) => [name, value]),
        ].join(' ')
      : query.kind,
  );

describe('The rows of a widget', () => {
  const EC2 = ['AWS/EC2', 'CPUUtilization', 'InstanceId', 'i-1'];

  // The shorthands of "Dashboard Body Structure and Syntax".
  it.each([
    [['.', 'DiskReadBytes', '.', '.'], 'AWS/EC2 DiskReadBytes InstanceId i-1'],
    [['...', 'i-2'], 'AWS/EC2 CPUUtilization InstanceId i-2'],
    [['...'], 'AWS/EC2 CPUUtilization InstanceId i-1'],
    [['...', { stat: 'p90' }], 'AWS/EC2 CPUUtilization InstanceId i-1'],
    [['.', 'NetworkIn', '...'], 'AWS/EC2 NetworkIn InstanceId i-1'],
    [['.', '.', 'ImageId', 'ami-1'], 'AWS/EC2 CPUUtilization ImageId ami-1'],
    [['.', '.'], 'AWS/EC2 CPUUtilization'],
    [['.', '...', 'i-3'], 'AWS/EC2 CPUUtilization InstanceId i-3'],
    [['App', 'load', '...'], 'App load InstanceId i-1'],
  ])('may repeat the one before: %j', (row, expected) => {
    expect(expand(EC2, row)).toEqual([EC2.join(' '), expected]);
  });

  it('repeat the row before, not the first, and not an expression between', () => {
    const rows = [
      EC2,
      ['...', 'i-2'],
      [{ expression: 'm1 * 2' }],
      ['.', 'NetworkIn', '.', '.'],
      ['...', 'i-3'],
    ];
    expect(expand(...rows)).toEqual([
      EC2.join(' '),
      'AWS/EC2 CPUUtilization InstanceId i-2',
      'expression',
      'AWS/EC2 NetworkIn InstanceId i-2',
      'AWS/EC2 NetworkIn InstanceId i-3',
    ]);
  });

  it.each([
    [['.', 'x']],
    [['...']],
    [['AWS/EC2', 'CPUUtilization', 'InstanceId']],
    [['AWS/EC2']],
    [['AWS/EC2', '']],
  ])('are refused where they are no metric: %j', (row) => {
    expect(() => read({ metrics: [row] })).toThrow('/metrics/0 should be a namespace, a metric name');
  });

  it('have ids of their own, or the next that is free', () => {
    const rows = [
      EC2,
      [...EC2, { id: 'm2' }],
      ['...', 'i-2'],
      [{ expression: 'm1 + m2 + m3' }],
      ['...', { id: 'e' }],
    ];
    expect([...read({ metrics: rows }).queries.keys()]).toEqual(['m1', 'm2', 'm3', 'm4', 'e']);
  });

  it('have the statistic and the period of their own, of the widget, or those of CloudWatch', () => {
    const find = (widget: object, rendering = {}) => {
      const [query] = read({ ...widget, metrics: [[...EC2, rendering]] }).queries.values();
      return query?.kind === 'stat' ? [query.stat, query.periodSeconds] : null;
    };
    expect(find({})).toEqual(['Average', 300]);
    expect(find({ stat: 'Sum', period: 60 })).toEqual(['Sum', 60]);
    expect(find({ stat: 'Sum', period: 60 }, { stat: 'p99', period: 10 })).toEqual(['p99', 10]);
  });

  it('are shown unless they are hidden, by their label', () => {
    const { queries, renderings } = read({
      metrics: [
        [...EC2, { visible: false, color: '#fff' }],
        ['...', { label: 'own', yAxis: 'right' }],
      ],
    });
    expect([...queries.values()].map(({ returned, label }) => [returned, label])).toEqual([
      [false, null],
      [true, 'own'],
    ]);
    expect(renderings.get('m2')).toEqual({ label: 'own', yAxis: 'right' });
  });
});

describe('A time of a widget', () => {
  const HOUR_MS = 3_600_000;
  it.each([
    ['-PT3H', NOW_MS - 3 * HOUR_MS],
    ['PT3H', NOW_MS - 3 * HOUR_MS],
    ['-P1D', NOW_MS - 24 * HOUR_MS],
    ['-P1DT30M', NOW_MS - 24.5 * HOUR_MS],
    ['-P2W', NOW_MS - 14 * 24 * HOUR_MS],
    ['-PT0H', NOW_MS],
    ['2026-11-20T10:00:00Z', NOW_MS - 2 * HOUR_MS],
    ['2026-11-20T10:00:00.000Z', NOW_MS - 2 * HOUR_MS],
    ['2026-11-20T12:00:00+02:00', NOW_MS - 2 * HOUR_MS],
  ])('%s', (text, expected) => {
    expect(readTime(text, 'start', NOW_MS)).toBe(expected);
  });

  it.each(['', 'now', '-P', 'P', 'PT', '3h', '-P9999999Y', '2026-13-01T00:00:00Z', '1763640000000'])(
    'is not %j',
    (text) => {
      expect(() => readTime(text, 'start', NOW_MS)).toThrow('/start should be a time as');
    },
  );

  it('is the last three hours where none is given, in whole minutes', () => {
    expect(readRange({}, NOW_MS + 1_234)).toEqual({ startMs: NOW_MS - 3 * HOUR_MS, endMs: NOW_MS + 1_234 });
  });
});

describe('Periods of a picture', () => {
  it('are as many of their own as give no more points than it can show', () => {
    const period = fc.oneof(
      fc.constantFrom(1, 5, 10, 20, 30),
      fc.integer({ min: 1, max: 1_440 }).map((n) => n * 60),
    );
    const seconds = fc.integer({ min: 1, max: 400 * 86_400 });
    fc.assert(
      fc.property(period, seconds, (periodSeconds, length) => {
        const [query] = read({ period: periodSeconds, metrics: [['a', 'b']] }).queries.values();
        if (query === undefined) throw new Error('there is one');
        const range = { startMs: NOW_MS - length * 1000, endMs: NOW_MS };
        const found = coarsenPeriods(new Map([[query.id, query]]), range).get(query.id)?.periodSeconds ?? 0;
        expect(length / found).toBeLessThanOrEqual(1_440);
        expect(found % periodSeconds).toBe(0);
        if (length / periodSeconds <= 1_440) expect(found).toBe(periodSeconds);
        // Half of it would be too short, unless a whole minute was the next that may be.
        else if (found > 120) expect(length / (found / 2)).toBeGreaterThan(1_440 / 2);
        if (found > 60) expect(found % 60).toBe(0);
      }),
    );
  });
});

describe('Annotations', () => {
  const annotate = (annotations: object) =>
    parseWidget(JSON.stringify({ metrics: [['a', 'b']], annotations }));

  it('are lines or the two edges of a shade, and those that are hidden are none', () => {
    const widget = annotate({
      horizontal: [
        { value: 1, label: 'one' },
        [
          { value: 2, color: '#abc' },
          { value: 3, label: 'three' },
        ],
        { value: 4, visible: false, fill: 'above' },
        { value: -5, fill: 'below', yAxis: 'right' },
      ],
    });
    expect(readHorizontals(widget).map(({ value, until, fill, axis }) => [value, until, fill, axis])).toEqual(
      [
        [1, null, 'none', 'left'],
        [2, 3, 'none', 'left'],
        [-5, null, 'below', 'right'],
      ],
    );
  });

  it('of times may be relative, as those of the widget', () => {
    const widget = annotate({
      vertical: [
        { value: '2026-11-20T11:00:00Z', label: 'deploy', fill: 'after' },
        [{ value: '-PT2H' }, { value: '-PT1H' }],
        { value: 'never', visible: false },
      ],
    });
    expect(readVerticals(widget, NOW_MS).map(({ timeMs, untilMs }) => [timeMs, untilMs])).toEqual([
      [NOW_MS - 3_600_000, null],
      [NOW_MS - 7_200_000, NOW_MS - 3_600_000],
    ]);
    expect(() => readVerticals(annotate({ vertical: [{ value: 'never' }] }), NOW_MS)).toThrow(
      '/annotations/vertical',
    );
  });

  it.each([
    [{ Period: 300, EvaluationPeriods: 3 }, 300, 'CPU >= 50 for 3 of 3 datapoints within 15 minutes'],
    [
      { Period: 60, EvaluationPeriods: 5, DatapointsToAlarm: 2 },
      60,
      'CPU >= 50 for 2 of 5 datapoints within 5 minutes',
    ],
    [{ Period: 10, EvaluationPeriods: 1 }, 10, 'CPU >= 50 for 1 of 1 datapoints within 0.2 minutes'],
    // On queries: what they are evaluated by counts.
    [
      { MetricName: undefined, EvaluationPeriods: 2 },
      900,
      'busy >= 50 for 2 of 2 datapoints within 30 minutes',
    ],
  ])('of an alarm say when it is raised: %j', (change, periodSeconds, label) => {
    const spec = {
      AlarmName: 'busy',
      MetricName: 'CPU',
      Threshold: 50,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      ...change,
    };
    expect(markThreshold({ spec, periodSeconds })).toMatchObject([{ value: 50, label }]);
  });

  it('of an alarm on a band are none', () => {
    const spec = { ComparisonOperator: 'GreaterThanUpperThreshold', ThresholdMetricId: 'ad1' };
    expect(markThreshold({ spec, periodSeconds: 60 })).toEqual([]);
  });
});
