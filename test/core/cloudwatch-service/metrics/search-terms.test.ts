import { describe, expect, it } from 'vitest';
import { parseSearch } from '../../../../src/core/cloudwatch-service/metrics/search-terms.ts';
import { SearchSyntaxError } from '../../../../src/core/cloudwatch-service/metrics/search-tokens.ts';

const METRIC = {
  id: 1,
  namespace: 'App/Web',
  metricName: 'Latency',
  dimensions: [
    { name: 'host', value: 'web-1' },
    { name: 'az', value: 'e 1' },
  ],
};

describe('A search', () => {
  it.each([
    ['{App/Web,host,az}', true],
    ['{App/Web,az,host} MetricName="Latency"', true],
    ['{"App/Web","host","az"} Latency', true],
    ['{App/Web,host}', false],
    ['{App/Other,host,az}', false],
    ['host="web-1"', true],
    ['host="web-2"', false],
    ['az="e 1" AND NOT host="web-2"', true],
    ['host="web-2" OR MetricName=Latency', true],
    ['(host="web-2" OR latency) WEB-1', true],
    ['Laten', false],
    ['', true],
  ])('%s: %s', (text, expected) => {
    expect(parseSearch(text).matches(METRIC)).toBe(expected);
  });

  it.each(['{App', '{}', 'a =', '(a', '"open', 'NOT', 'a )', 'x'.repeat(1025)])('refuses %j', (text) => {
    expect(() => parseSearch(text)).toThrow(SearchSyntaxError);
  });
});
