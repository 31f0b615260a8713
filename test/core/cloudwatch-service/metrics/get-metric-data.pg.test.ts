/** GetMetricData: labels, searches and Metrics Insights over stored data. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, openService, type Service } from '../service.ts';

let service: Service;
beforeAll(async () => {
  service = await openService({ limits: { searchedSeries: 3 } });
  const datum = (host: string, Value: number, minutes: number, az = 'a') => ({
    MetricName: 'cpu',
    Timestamp: at(minutes),
    Value,
    Dimensions: [
      { Name: 'host', Value: host },
      { Name: 'az', Value: az },
    ],
  });
  await service.ask('PutMetricData', {
    Namespace: 'Fleet',
    MetricData: [
      datum('one', 1, -5),
      datum('one', 3, -4),
      datum('two', 10, -5),
      datum("it's", 5, -5, 'b'),
      { MetricName: 'cpu', Timestamp: at(-5), Value: 99 },
      { MetricName: 'seen', Timestamp: at(-5), Values: [0, 2, 7, 100], Unit: 'Seconds' },
    ],
  });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

const ask = async (MetricDataQueries: object[], change: object = {}) => {
  const range = { StartTime: at(-10), EndTime: at(0), ScanBy: 'TimestampAscending' };
  const answer = await service.ask('GetMetricData', { MetricDataQueries, ...range, ...change });
  return answer as {
    MetricDataResults: { Id: string; Label: string; Values: number[] }[];
    Messages: object[];
  };
};
const show = async (...queries: object[]) =>
  (await ask(queries)).MetricDataResults.map(({ Label, Values }) => [Label, Values]);
const stat = (Id: string, Stat: string, Period: number, change: object = {}) => ({
  Id,
  MetricStat: { Metric: { Namespace: 'Fleet', MetricName: 'seen' }, Period, Stat, ...change },
});

describe('Default labels', () => {
  it.each([
    [
      [stat('a', 'Sum', 60), stat('b', 'Minimum', 30)],
      ['seen Sum 60', 'seen Minimum 30'],
    ],
    [
      [stat('a', 'Sum', 60), stat('b', 'Minimum', 60)],
      ['seen Sum', 'seen Minimum'],
    ],
    [
      [stat('a', 'Sum', 60), stat('b', 'Sum', 30)],
      ['seen 60', 'seen 30'],
    ],
    [
      [stat('a', 'Sum', 60), stat('b', 'Sum', 60, { Unit: 'Milliseconds' })],
      ['seen', 'seen'],
    ],
    [[stat('a', 'Sum', 172_800)], ['seen']],
    [
      [
        { ...stat('a', 'Sum', 60), Label: "${LABEL} ${PROP('Stat')}" },
        { Id: 'e', Expression: 'a * 2' },
      ],
      ['seen Sum', 'e'],
    ],
  ])('%# name what differs', async (queries, labels) => {
    expect((await show(...queries)).map(([label]) => label)).toEqual(labels);
  });
});

describe('SEARCH', () => {
  const search = (terms: string, Label?: string) => ({
    Id: 's',
    Expression: `REMOVE_EMPTY(SEARCH('${terms}', 'Sum', 300))`,
    ...(Label !== undefined && { Label }),
  });

  it.each([
    ['{"Fleet","az","host"} MetricName="cpu" "host"=("one" OR "two")', ['one', 'two']],
    [`Namespace="Fleet" MetricName="cpu" "host"=("it\\'s")`, ["it's"]],
    ['Namespace="Fleet" "az"="a" :aws.AccountId="000000000001"', ['one', 'two']],
    ['Namespace="Fleet" "az"="a" :aws.AccountId="000000000002"', []],
  ])('%s', async (terms, hosts) => {
    const found = await show(search(terms, "${PROP('Dim.host')}"));
    expect(found.map(([label]) => label)).toEqual(hosts);
  });

  it('gives no more series than the limit, and says so', async () => {
    const { MetricDataResults: found, Messages } = await ask([search('Namespace="Fleet"', 'all')]);
    expect(found.map(({ Label }) => Label.slice(0, 4))).toEqual(['all ', 'all ', 'all ']);
    expect(Messages).toMatchObject([{ Code: 'MaxMetricsExceeded' }]);
  });
});

describe('Metrics Insights', () => {
  it.each([
    ['SELECT SUM(cpu) FROM "Fleet"', [['q', [118]]]],
    ['SELECT SUM(cpu) FROM SCHEMA("Fleet", host, az)', [['q', [19]]]],
    [
      'SELECT AVG(cpu) FROM SCHEMA(Fleet, az, host) GROUP BY az',
      [
        ['a', [14 / 3]],
        ['b', [5]],
      ],
    ],
    ["SELECT MAX(cpu) FROM Fleet WHERE host = 'one'", [['q', [3]]]],
    ["SELECT MIN(cpu) FROM Fleet WHERE host != 'one' AND az = 'a'", [['q', [10]]]],
    [
      "SELECT COUNT(cpu) FROM Fleet WHERE host = 'it''s' OR (az = 'a' AND AWS.AccountId = '000000000001')",
      [['q', [4]]],
    ],
    [
      'SELECT SUM(cpu) FROM SCHEMA(Fleet, az, host) GROUP BY host, az ORDER BY MAX() DESC LIMIT 2',
      [
        ['two a', [10]],
        ["it's b", [5]],
      ],
    ],
    ['select sum(cpu) from "Fleet" group by "host" order by avg() asc limit 1', [['one', [4]]]],
    ['SELECT SUM(other) FROM "Fleet"', []],
  ])('%s', async (Expression, expected) => {
    expect(await show({ Id: 'q', Expression, Period: 300 })).toEqual(
      expected.map(([label, values]) => [label === 'q' ? 'cpu' : label, values]),
    );
  });

  it.each([
    'SELECT FIRST(a) FROM b',
    'SELECT SUM(a FROM b',
    'SELECT SUM(a) FROM b WHERE c = d',
    'SELECT SUM(a) FROM b LIMIT 0',
  ])('refuses %s', async (Expression) => {
    await expect(ask([{ Id: 'q', Expression }])).rejects.toThrow("Error in expression 'q': Invalid syntax");
  });

  it('can be computed with', async () => {
    const q = { Id: 'q', Expression: 'SELECT SUM(cpu) FROM "Fleet"', Period: 300, ReturnData: false };
    expect(await show(q, { Id: 'e', Expression: 'q * 2' })).toEqual([['e', [236]]]);
  });
});
