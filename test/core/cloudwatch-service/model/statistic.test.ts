import { describe, expect, it } from 'vitest';
import { aggregatePairs } from '../../../../src/core/cloudwatch-service/model/aggregate.ts';
import { computeStatistic, parseStatistic } from '../../../../src/core/cloudwatch-service/model/statistic.ts';

/** 1 to 10, each once. */
const TEN = aggregatePairs(Array.from({ length: 10 }, (_, i) => [i + 1, 1]).flat());

describe('A statistic of the values 1 to 10', () => {
  it.each([
    ['Average', 5.5],
    ['p90', 9],
    ['p99.9', 10],
    ['tm90', 5],
    ['tm100', 5.5],
    ['TM(10%:90%)', 5.5],
    ['TM(:50%)', 3],
    ['TM(80%:)', 9.5],
    ['TM(3:6)', 5],
    ['TM(3.5:)', 7],
    ['IQM', 5.5],
    ['tc90', 9],
    ['TC(10%:90%)', 8],
    ['TC(2:4)', 2],
    ['TC(20:30)', 0],
    ['ts90', 45],
    ['TS(:3)', 6],
    ['wm90', 5.4],
    ['WM(10%:90%)', 5.5],
    ['WM(2:9)', 5.7],
    ['PR(:3)', 30],
    ['PR(3:)', 70],
    ['PR(2:4)', 20],
  ])('%s is %d', (text, expected) => {
    expect(computeStatistic(TEN, parseStatistic(text, 'Stat'))).toBeCloseTo(expected, 10);
  });

  it.each([
    'Min',
    'P90',
    'p101',
    'TM(:)',
    'TM(90%:10%)',
    'TM(10%:90)',
    'PR(10%:20%)',
    'pm90',
    'tm',
    '',
    'IQM2',
  ])('%j is none', (text) => {
    expect(() => parseStatistic(text, 'Stat')).toThrow('is not a valid statistic.');
  });
});

describe('A statistic over values', () => {
  it('of one sample is that sample, however much is trimmed', () => {
    const one = aggregatePairs([7, 1]);
    for (const text of ['tm99', 'p99', 'wm99', 'ts99']) {
      expect(computeStatistic(one, parseStatistic(text, 'Stat'))).toBe(7);
    }
  });

  it('is not known of a summary, and not of nothing', () => {
    const summary = { sum: 55, sampleCount: 10, minimum: 1, maximum: 10, pairs: null };
    expect(computeStatistic(summary, parseStatistic('tm90', 'Stat'))).toBeNull();
    expect(computeStatistic(TEN, parseStatistic('TM(20:30)', 'Stat'))).toBeNull();
  });

  it('is of the values of a distribution, whose summary may count more samples', () => {
    const distribution = { sum: 60, sampleCount: 12, minimum: 1, maximum: 10, pairs: TEN.pairs };
    expect(computeStatistic(distribution, parseStatistic('p90', 'Stat'))).toBe(9);
    expect(computeStatistic(distribution, parseStatistic('Average', 'Stat'))).toBe(5);
  });
});
