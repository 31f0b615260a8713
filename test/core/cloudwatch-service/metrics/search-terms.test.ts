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
    ['web', true],
    ['host=web', true],
    ['host="web"', false],
    ['host="WEB-1"', false],
    ['host=("web-2" OR "web-1")', true],
    ['"host"=("web-2" OR "web-3")', false],
    ['Namespace="App/Web" MetricName="Latency" "host"', true],
    ['Namespace="App/Other" "host"', false],
    [':aws.AccountId="000000000001"', true],
    [':aws.AccountId="000000000002" Latency', false],
    ['az="e \\"1"', false],
    ['', true],
  ])('%s: %s', (text, expected) => {
    expect(parseSearch(text).matches(METRIC, '000000000001')).toBe(expected);
  });

  it.each([
    ['Namespace="App" MetricName="m"', 'App', 'm'],
    ['{X,d} MetricName="m"', null, 'm'],
    ['MetricName="m" OR host="a"', null, null],
    ['NOT MetricName="m"', null, null],
    ['MetricName=m', null, null],
  ])('%s narrows what is read to namespace %s and name %s', (text, namespace, metricName) => {
    expect(parseSearch(text)).toMatchObject({ namespace, metricName });
  });

  it.each([
    ['CPU', 'CPUUtilization', true],
    ['utilization', 'CPUUtilization', true],
    ['network in', 'NetworkIn', true],
    ['Net', 'NetworkIn', false],
    ['i-0abc', 'i-0abc', true],
    ['5xx', 'HTTPCode_ELB_5XX_Count', true],
  ])('without quotes finds the words %s in %s: %s', (text, metricName, expected) => {
    expect(parseSearch(text).matches({ ...METRIC, metricName }, '1')).toBe(expected);
  });

  it.each(['{App', '{}', 'a =', 'a=(', 'a=("b" OR', '(a', '"open', 'NOT', 'a )', 'x'.repeat(1025)])(
    'refuses %j',
    (text) => {
      expect(() => parseSearch(text)).toThrow(SearchSyntaxError);
    },
  );
});
