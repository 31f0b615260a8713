import { describe, expect, it } from 'vitest';
import { readModels } from '../../src/web/add/read-models.ts';
import { describeRarity, formatValue } from '../../src/web/parts/format-number.ts';
import { formatSpan } from '../../src/web/parts/format-time.ts';
import { keepReading, listRates, readCounters } from '../../src/web/server/rates.ts';

describe('the words of the page', () => {
  it('shorten numbers and units without changing them', () => {
    expect(formatValue(64_528)).toBe('64.53 k');
    expect(formatValue(12_345_678, 'Bytes')).toBe('12.35 MB');
    expect(formatValue(9_999, 'Milliseconds')).toBe('9,999 ms');
    expect(formatValue(-0.000_012)).toBe('-1.20e-5');
    expect(formatValue(0, 'Percent')).toBe('0 %');
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
