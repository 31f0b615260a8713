/** What one request may hold in memory, however it comes to its points. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AWS_LIMITS } from '../../../../src/core/cloudwatch-service/model/limits.ts';
import { at, openService, type Service } from '../service.ts';

const MINUTES = 10;
const HOSTS = ['a', 'b', 'c'];

let service: Service;
beforeAll(async () => {
  service = await openService({ limits: { ...AWS_LIMITS, heldPoints: MINUTES * 2 } });
  await service.ask('PutMetricData', {
    Namespace: 'Shop',
    MetricData: HOSTS.flatMap((Value) =>
      Array.from({ length: MINUTES }, (_, i) => ({
        MetricName: 'load',
        Dimensions: [{ Name: 'host', Value }],
        Value: 1,
        Timestamp: at(-1 - i),
      })),
    ),
  });
});
afterAll(() => service[Symbol.asyncDispose]());

const ask = async (minutes: number, ...MetricDataQueries: object[]) => {
  const range = { StartTime: at(-minutes), EndTime: at(0) };
  const { MetricDataResults: results } = await service.ask('GetMetricData', { MetricDataQueries, ...range });
  return (results as { Values: number[] }[]).map(({ Values: values }) => values.length);
};
const expression = (Expression: string) => ({ Id: 'e1', Expression, Period: 60 });
const stats = HOSTS.map((Value, i) => ({
  Id: `m${i}`,
  ReturnData: false,
  MetricStat: {
    Metric: { Namespace: 'Shop', MetricName: 'load', Dimensions: [{ Name: 'host', Value }] },
    Period: 60,
    Stat: 'Sum',
  },
}));

describe.each([
  ['a search', [expression(`SEARCH('{Shop,host} load', 'Sum', 60)`)], [6, 6, 6]],
  ['a percentile of a search', [expression(`SEARCH('{Shop,host} load', 'p50', 60)`)], [6, 6, 6]],
  ['the sum of a search', [expression(`SUM(SEARCH('{Shop,host} load', 'Sum', 60))`)], [6]],
  ['groups of Metrics Insights', [expression('SELECT SUM(load) FROM Shop GROUP BY host')], [6, 6, 6]],
  ['the sum of all metrics', [expression('SUM(METRICS())'), ...stats], [6]],
  ['an expression on three metrics', [expression('m0 + m1 + m2'), ...stats], [6]],
])('%s', (_what, queries, counts) => {
  it('is answered within the bound', async () => {
    expect(await ask(6, ...queries)).toEqual(counts);
  });

  it('is refused beyond it, by the id of a query', async () => {
    await expect(ask(MINUTES, ...queries)).rejects.toMatchObject({
      code: 'ValidationError',
      message: expect.stringMatching(/^Error in expression '[em]\d': it takes too many points/) as string,
    });
  });
});

it('Metrics Insights over all metrics hold one series', async () => {
  expect(await ask(MINUTES, expression('SELECT SUM(load) FROM Shop'))).toEqual([MINUTES]);
});

it('metrics that are returned one by one are not held together', async () => {
  const returned = stats.map((query) => ({ ...query, ReturnData: true }));
  await expect(
    service.ask('GetMetricData', {
      MetricDataQueries: returned,
      StartTime: at(-MINUTES),
      EndTime: at(0),
      MaxDatapoints: MINUTES,
    }),
  ).resolves.toMatchObject({ NextToken: expect.any(String) as string });
});

describe('Expressions that are not returned', () => {
  const hidden = (count: number, text: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => ({ Id: `h${i}`, Expression: text(i), ReturnData: false }));
  const sumOf = (count: number) =>
    expression(`MAX([${Array.from({ length: count }, (_, i) => `h${i}`).join(', ')}])`);

  // Four times as many as may be read: 80 points.
  it.each([
    ['made of nothing', (i: number) => `TIME_SERIES(${i})`],
    ['made of the clock', () => 'MINUTE(m0)'],
    ['made of a metric', (i: number) => `m0 + ${i}`],
    ['that name each other', (i: number) => (i === 0 ? '-m0' : `h${i - 1} * 2`)],
  ])('and %s are bounded together', async (_what, text) => {
    expect(await ask(MINUTES, sumOf(7), ...hidden(7, text), ...stats.slice(0, 1))).toEqual([MINUTES]);
    await expect(ask(MINUTES, sumOf(8), ...hidden(8, text), ...stats.slice(0, 1))).rejects.toMatchObject({
      code: 'ValidationError',
      message: expect.stringContaining('it computes too many points') as string,
    });
  });

  it('are evaluated once, however many ways lead to them', async () => {
    const chain = hidden(40, (i) => (i === 0 ? 'SUM(m0)' : `h${i - 1} + h${i - 1}`));
    const value = await ask(MINUTES, expression('TIME_SERIES(h39)'), ...chain, ...stats.slice(0, 1));
    expect(value).toEqual([MINUTES]);
  });
});

describe('A band', () => {
  const BAND = 'ANOMALY_DETECTION_BAND';

  it.each(['bandInput', 'band', 'e', 'm1'])('is of a query of whatever id, as %s', async (Id) => {
    const query = { ...stats[0], Id };
    expect(await ask(6, expression(`${BAND}(${Id})`), query)).toEqual([1, 1]);
    const computed = { Id, Expression: 'm0 * 2', ReturnData: false };
    expect(await ask(6, expression(`${BAND}(${Id})`), computed, ...stats.slice(0, 1))).toEqual([1, 1]);
  });

  // The detector goes over two weeks of points for each. Four times as many as may be read: 80.
  it('counts for what it learns from: there are so many of them in one request', async () => {
    const bands = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        Id: `b${i}`,
        Expression: `${BAND}(m0, ${i + 1})`,
        Period: 60,
      }));
    const some = await ask(1, ...bands(6), ...stats.slice(0, 1));
    expect(some).toHaveLength(12);
    await expect(ask(1, ...bands(9), ...stats.slice(0, 1))).rejects.toMatchObject({
      code: 'ValidationError',
      message: expect.stringContaining('it computes too many points') as string,
    });
    const inOne = Array.from({ length: 9 }, () => `FIRST(${BAND}(m0))`).join(' + ');
    await expect(ask(1, expression(inOne), ...stats.slice(0, 1))).rejects.toThrow('too many points');
  });

  // Each of them would be evaluated twice, over two weeks more.
  it('is not of another band, be it in another query', async () => {
    const chain = Array.from({ length: 40 }, (_, i) => ({
      Id: `h${i}`,
      Expression: i === 0 ? 'm0 + 1' : `FIRST(${BAND}(h${i - 1})) + LAST(${BAND}(h${i - 1}))`,
      ReturnData: false,
    }));
    await expect(ask(6, expression('h39'), ...chain, ...stats.slice(0, 1))).rejects.toMatchObject({
      message: "Error in expression 'e1': a band of a band is not supported",
    });
    expect(await ask(6, expression('h1'), ...chain.slice(0, 2), ...stats.slice(0, 1))).toEqual([1]);
  });
});
