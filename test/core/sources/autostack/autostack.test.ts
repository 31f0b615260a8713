import { describe, expect, it } from 'vitest';
import { aggregateMean, countMembers } from '../../../../src/core/sources/autostack/autostack-aggregate.ts';
import { listStackMetrics } from '../../../../src/core/sources/autostack/autostack-metrics.ts';

const samples = (...pairs: [number, number][]) =>
  pairs.map(([timestampMs, value]) => ({ timestampMs, value }));

describe('the mean of members', () => {
  it('is taken at each time (row 41)', () => {
    expect(aggregateMean([samples([1, 100], [2, 50]), samples([1, 80], [2, 30])])).toEqual(
      samples([1, 90], [2, 40]),
    );
  });

  it('leaves out who has no value then (row 42)', () => {
    expect(aggregateMean([samples([1, 100], [2, 50]), samples([2, 80], [3, 30])])).toEqual(
      samples([1, 100], [2, 65], [3, 30]),
    );
  });

  it('goes on without a member that cannot be read, and not without most of them (row 44)', () => {
    const broken = new Error('throttled');
    expect(aggregateMean([broken, samples([1, 2]), samples([1, 4])])).toEqual(samples([1, 3]));
    expect(aggregateMean([broken, broken, samples([1, 4])])).toMatchObject({
      message: '2 of 3 members could not be read: throttled',
    });
  });

  it('is nothing where there are no members', () => {
    expect(aggregateMean([])).toEqual([]);
  });
});

describe('the number of members', () => {
  it('has one sample for each period, 0 included', () => {
    expect(countMembers(0, { fromMs: 600, toMs: 1200, periodMs: 300 })).toEqual(samples([600, 0], [900, 0]));
  });
});

describe('the metrics of a stack', () => {
  it('are those of its type, and its number of members (row 48)', () => {
    expect(listStackMetrics('AWS::EC2::Instance').map(({ metric }) => metric)).toEqual([
      'CPUUtilization',
      'DiskReadBytes',
      'DiskWriteBytes',
      'NetworkIn',
      'NetworkOut',
      'InstanceCount',
    ]);
    expect(listStackMetrics('AWS::EC2::Volume').length).toBeGreaterThan(2);
    expect(listStackMetrics('AWS::SQS::Queue')).toEqual([]);
  });
});
