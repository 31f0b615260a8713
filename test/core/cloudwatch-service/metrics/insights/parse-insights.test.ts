/** The grammar of "Metrics Insights query components and syntax" in the user's guide. */
import { describe, expect, it } from 'vitest';
import {
  isInsights,
  parseInsights,
} from '../../../../../src/core/cloudwatch-service/metrics/insights/parse-insights.ts';
import { MathSyntaxError } from '../../../../../src/core/cloudwatch-service/math/tokens.ts';

const PLAIN = { labels: null, groupBy: [], orderBy: null, limit: null };

describe('A query of Metrics Insights', () => {
  it.each([
    [
      'SELECT AVG(CPUUtilization) FROM "AWS/EC2"',
      { ...PLAIN, function: 'AVG', metricName: 'CPUUtilization', namespace: 'AWS/EC2' },
    ],
    ['SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2")', { namespace: 'AWS/EC2', labels: [] }],
    ['SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId)', { labels: ['InstanceId'] }],
    [
      'SELECT SUM(RequestCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, AvailabilityZone)',
      { function: 'SUM', labels: ['LoadBalancer', 'AvailabilityZone'] },
    ],
    ['select count(a) from b group by c, d', { function: 'COUNT', groupBy: ['c', 'd'] }],
    ['SELECT MIN(a) FROM b ORDER BY MAX() DESC', { orderBy: { function: 'MAX', descending: true } }],
    ['SELECT MIN(a) FROM b ORDER BY SUM() ASC', { orderBy: { function: 'SUM', descending: false } }],
    [
      'SELECT MIN(a) FROM b ORDER BY COUNT() LIMIT 5',
      { orderBy: { function: 'COUNT', descending: false }, limit: 5 },
    ],
    ['SELECT MAX("My.Metric") FROM b', { metricName: 'My.Metric' }],
    [String.raw`SELECT AVG("Bytes\"Input\"") FROM b`, { metricName: 'Bytes"Input"' }],
    [
      'SELECT AVG("LIMIT") FROM "GROUP" GROUP BY "ORDER"',
      { metricName: 'LIMIT', namespace: 'GROUP', groupBy: ['ORDER'] },
    ],
    [
      `SELECT SUM(RequestCount)
       FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, AvailabilityZone)
       WHERE LoadBalancer = 'app/load-balancer-1'
       GROUP BY AvailabilityZone
       ORDER BY MAX() DESC
       LIMIT 5`,
      { groupBy: ['AvailabilityZone'], orderBy: { function: 'MAX', descending: true }, limit: 5 },
    ],
  ])('%s is read', (text, select) => {
    expect(isInsights(text)).toBe(true);
    expect(parseInsights(text)).toMatchObject(select);
  });

  it.each([
    [`InstanceType = 'c3.4xlarge'`, { InstanceType: 'c3.4xlarge' }, true],
    [`InstanceType = 'c3.4xlarge'`, { InstanceType: 'c3.4XLARGE' }, false],
    [`InstanceType != 'c3.4xlarge'`, { InstanceType: 'm5.large' }, true],
    [`InstanceType != 'c3.4xlarge'`, {}, false],
    [`a = '1' AND b = '2'`, { a: '1', b: '2' }, true],
    [`a = '1' AND b = '2'`, { a: '1', b: '3' }, false],
    [`a = '1' AND b = '2' OR c = '3'`, { c: '3' }, true],
    [`a = '1' AND (b = '2' OR c = '3')`, { c: '3' }, false],
    [`"a b" = 'it''s'`, { 'a b': "it's" }, true],
    [String.raw`a = 'it\'s'`, { a: "it's" }, true],
    [`a=''`, { a: '' }, true],
  ])('WHERE %s of %j: %s', (where, labels: Readonly<Record<string, string>>, expected) => {
    expect(parseInsights(`SELECT AVG(m) FROM n WHERE ${where}`).where((label) => labels[label])).toBe(
      expected,
    );
  });

  it.each([
    'SELECT AVG(m)',
    'SELECT MEDIAN(m) FROM n',
    'SELECT AVG m FROM n',
    'SELECT AVG() FROM n',
    'SELECT AVG(m) FROM',
    'SELECT AVG(m) FROM SCHEMA()',
    'SELECT AVG(m) FROM n WHERE',
    'SELECT AVG(m) FROM n WHERE a = b',
    'SELECT AVG(m) FROM n WHERE a = "b"',
    `SELECT AVG(m) FROM n WHERE a > 'b'`,
    'SELECT AVG(m) FROM n GROUP a',
    'SELECT AVG(m) FROM n ORDER BY MAX',
    'SELECT AVG(m) FROM n LIMIT 0',
    'SELECT AVG(m) FROM n LIMIT many',
    'SELECT AVG(m) FROM n LIMIT 5 LIMIT 5',
    `SELECT AVG(m) FROM n WHERE a = 'b`,
    `SELECT AVG(m) FROM n WHERE ${'('.repeat(40)}a = 'b'${')'.repeat(40)}`,
  ])('%s is refused', (text) => {
    expect(() => parseInsights(text)).toThrow(MathSyntaxError);
  });

  it.each(['m1 + m2', 'SELECTED', 'select', 'SUM(METRICS())'])('is not what %j is', (text) => {
    expect(isInsights(text)).toBe(false);
  });
});
