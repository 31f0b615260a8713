import { describe, expect, it } from 'vitest';
import { checkDimensions, hashSeries } from '../../../../src/core/cloudwatch-service/model/metric-name.ts';

const name = (dimensions: Record<string, string>, metricName = 'm', namespace = 'n') => ({
  namespace,
  metricName,
  dimensions: checkDimensions(
    Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    'Dimensions',
    30,
  ),
});
const hash = (...args: Parameters<typeof name>) => hashSeries(1, name(...args)).toString('hex');

describe('The hash of a series', () => {
  it('does not depend on the order of the dimensions', () => {
    expect(hash({ host: 'web-1', az: 'e1' })).toBe(hash({ az: 'e1', host: 'web-1' }));
  });

  it('tells apart what only a separator would join', () => {
    expect(hash({ a: 'b|c|d' })).not.toBe(hash({ a: 'b', c: 'd' }));
    expect(hash({}, 'ab', 'c')).not.toBe(hash({}, 'b', 'ca'));
  });

  it('is of one account', () => {
    expect(hashSeries(1, name({}))).not.toEqual(hashSeries(2, name({})));
  });

  it('stays what it is for a series without dimensions', () => {
    expect(hash({})).toBe('e0d01aec52b9566506cb0ba35d40c6a4eb50ffdaac372e6f9cdecd7bd25b0161');
  });
});
