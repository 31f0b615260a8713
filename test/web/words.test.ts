import { describe, expect, it } from 'vitest';
import { readModels } from '../../src/web/add/read-models.ts';
import { describeDeviation } from '../../src/web/metric/anomaly/explain.ts';
import {
  describeRarity,
  describeOutlier,
  formatTicks,
  formatExpected,
  formatValue,
} from '../../src/web/parts/format-number.ts';
import { formatSpan, formatTime } from '../../src/web/parts/format-time.ts';
import { keepReading, listRates, readCounters } from '../../src/web/server/rates.ts';

describe('the words of the page', () => {
  it('shorten numbers and units without changing them', () => {
    expect(formatValue(64_528)).toBe('64.53 k');
    expect(formatValue(12_345_678, 'Bytes')).toBe('12.35 MB');
    expect(formatValue(9_999, 'Milliseconds')).toBe('9,999 ms');
    expect(formatValue(-0.000_012)).toBe('-1.20e-5');
    expect(formatValue(0, 'Percent')).toBe('0 %');
  });

  it.each([
    [15_000, 'Milliseconds', '15 s'],
    [74_098, 'Milliseconds', '74.1 s'],
    [9_876_543, 'Microseconds', '9.877 s'],
    [12_345, 'Seconds', '12,345 s'],
    [0.000_25, 'seconds', '0.25 ms'],
    [23_456, 'Percent', '23,456 %'],
    [34_567, 'Megabytes', '34.57 GB'],
    [5_000_000, 'Kilobytes/Second', '5 GB/s'],
    [12_345_678, 'By', '12.35 MB'],
    [12_345_678, 'By/s', '12.35 MB/s'],
    [45_000, 'Count/Second', '45 k/s'],
    [45_000, 'Kilobits', '45 Mbit'],
    [45_000, 'requests', '45,000 requests'],
    [45_000_000, 'requests', '45 M requests'],
    [-497, 'Celsius', '-497 Celsius'],
    [994e15, undefined, '994 P'],
    [1e300, undefined, '1.00e+300'],
    [-1.7976931348623157e308, 'Count', '-1.80e+308'],
    [1e300, 'Percent', '1.00e+300 %'],
    [5e-324, 'Bytes', '4.94e-324 B'],
    [0, 'Bytes', '0 B'],
    [-0, undefined, '0'],
  ])('write %d %s in a unit there is, shortly', (value, unit, expected) => {
    expect(formatValue(value, unit)).toBe(expected);
  });

  it('tell numbers apart that differ by little, and write those beside each other in one unit', () => {
    expect(formatTicks([12_345_676, 12_345_678, 12_345_680], 'Count', 2)).toEqual([
      '12.345676 M',
      '12.345678 M',
      '12.34568 M',
    ]);
    expect(new Set(formatTicks([9.925e-13, 9.95e-13, 9.975e-13], null, 2.5e-15)).size).toBe(3);
    expect(formatTicks([0, 5_000, 10_000, 15_000], 'Milliseconds', 5_000)).toEqual([
      '0 s',
      '5 s',
      '10 s',
      '15 s',
    ]);
    expect(formatTicks([0, 20_000, 40_000], 'Count', 20_000)).toEqual(['0', '20 k', '40 k']);
    expect(formatExpected(14_460, { low: 13_950, high: 14_530 }, 'Milliseconds')).toEqual({
      value: '14.46 s',
      range: '13.95 s to 14.53 s',
    });
    // However far off a value is, what was expected is told.
    expect(formatExpected(900_000, { low: 34.19, high: 37.38 }, 'Count')).toEqual({
      value: '900 k',
      range: '34.19 to 37.38',
    });
    expect(describeOutlier(12_345_690, 12_345_678)).toBe('12.34569 M, others alike 12.345678 M');
    expect(formatExpected(7, { low: 7, high: 7 }, 'Count')).toEqual({ value: '7', range: '7 to 7' });
    expect(formatExpected(12_345_678, { low: 12_345_674, high: 12_345_681 }).range).toBe(
      '12.345674 M to 12.345681 M',
    );
  });

  it('say of a deviation how large it is, as a share only where that says something', () => {
    expect(describeDeviation(110, 100, 'Percent')).toBe('+10 % (+10 %)');
    expect(describeDeviation(90, 100, null)).toBe('−10 (−10 %)');
    expect(describeDeviation(7, 7, null)).toBe('0');
    expect(describeDeviation(5, 0, null)).toBe('+5');
    expect(describeDeviation(5, 1e-9, null)).toBe('+5');
    expect(describeDeviation(12_345_678, 12_345_677.984, null)).toBe('+0.016');
  });

  it('say how seldom a score is', () => {
    expect(describeRarity(0.99999)).toBe('1 in 100,000');
    expect(describeRarity(0.2)).toBe('normal');
    expect(describeRarity(0.99, 50)).toBe('less than 1 in 50');
    expect(describeRarity(0.99, 100)).toBe('1 in 100');
    expect(describeRarity(1 - 5e-10, 4_032)).toBe('less than 1 in 4,000');
    expect(describeRarity(1)).toBe('less than 1 in 1,000,000');
    expect(describeRarity(1 - 1e-9, Number.POSITIVE_INFINITY)).toBe('1 in 1,000,000,000');
  });

  it('say the year of a time that is not of this one', () => {
    const nowMs = Date.parse('2026-01-01T00:30:00Z');
    expect(formatTime('2026-01-01T00:10:00Z', 'UTC', 'minute', nowMs)).not.toContain('2026');
    expect(formatTime('2025-12-31T23:50:00Z', 'UTC', 'minute', nowMs)).toContain('2025');
    expect(formatTime('2025-12-31T23:50:00Z', 'UTC', 'day', nowMs)).toContain('2025');
    expect(formatTime('2027-01-01T00:00:00Z', 'UTC', 'day', nowMs)).toContain('2027');
  });

  it('say how long something was', () => {
    expect([40_000, 300_000, 5 * 3_600_000, 3 * 86_400_000].map(formatSpan)).toEqual([
      '40 s',
      '5 min',
      '5 h',
      '3 d',
    ]);
  });

  it('name the models of a file, whatever form it has', () => {
    expect(readModels('[{"metric":"a"},{"metricSpec":{"metric":"b"}},{}]').map(({ title }) => title)).toEqual(
      ['a', 'b', 'model 3'],
    );
    expect(readModels('{"metric":"a"}\n{"metric":"b"}\n')).toHaveLength(2);
    expect(() => readModels('metric: a')).toThrow('not JSON');
    expect(() => readModels('[]')).toThrow('no models');
  });

  it('say how fast counters rise, and begin anew with a server that was started again', () => {
    const at = (timeMs: number, value: number) =>
      readCounters([{ name: 'points_accepted', type: 'COUNTER', help: '', reason: null, value }], timeMs);
    const readings = keepReading(keepReading([], at(0, 10)), at(2000, 30));
    expect(listRates(readings, 'points_accepted')).toEqual([10]);
    expect(keepReading(readings, at(4000, 3))).toHaveLength(1);
  });
});
