/**
 * What a query gives of series held in memory. Expected values are those of Prometheus: of its documentation, and as
 * promqltest/testdata/{operators,aggregators,functions}.test say.
 */
import { describe, expect, it } from 'vitest';
import { ask, type Data } from './memory-queries.ts';

describe('one series is paired with one', () => {
  /** A pod is replaced in the third minute: at no time are there two of an app. */
  const replaced = {
    'used{app="a",pod="1"}': '1 2 _ _ _',
    'used{app="a",pod="2"}': '_ _ 3 4 _',
    'used{app="b",pod="3"}': '5 5 5 5 5',
    'limit{app="a",pod="1"}': '10 10 _ _ 10',
    'limit{app="a",pod="2"}': '_ _ 20 20 _',
    'limit{app="b",pod="3"}': '10 10 10 10 10',
  };
  it.each<readonly [string, Data]>([
    ['used / on (app) limit', { '{app="a"}': '0.1 0.2 0.15 0.2 _', '{app="b"}': '0.5 0.5 0.5 0.5 0.5' }],
    ['used + ignoring (pod) limit', { '{app="a"}': '11 12 23 24 _', '{app="b"}': '15 15 15 15 15' }],
    ['limit - on (app) used', { '{app="a"}': '9 8 17 16 _', '{app="b"}': '5 5 5 5 5' }],
    ['used > on (app) limit', {}],
    ['used < ignoring (pod) limit', { 'used{app="a"}': '1 2 3 4 _', 'used{app="b"}': '5 5 5 5 5' }],
    ['used < bool on (app) limit', { '{app="a"}': '1 1 1 1 _', '{app="b"}': '1 1 1 1 1' }],
    ['limit{pod="2"} / limit', { '{app="a",pod="2"}': '_ _ 1 1 _' }],
  ])('at each step by itself: %s', async (query, expected) => {
    expect(await ask(query, replaced, 5)).toEqual(expected);
  });

  const doubled = {
    'one{app="a"}': '1 1 _',
    'none{app="b"}': '_ _ _',
    'two{app="a",pod="1"}': '1 _ 1',
    'two{app="a",pod="2"}': '_ 1 1',
  };
  it.each([
    ['one + on (app) two', 2, { '{app="a"}': '2 2' }],
    // Nothing is on the left at the step at which two are on the right.
    ['one + on (app) two', 3, { '{app="a"}': '2 2 _' }],
    ['none + on (app) two', 3, {}],
    ['two + on (app) one', 3, { '{app="a"}': '2 2 _' }],
    // One of the two is not let through.
    ['two == on () group(one)', 2, { '{}': '1 1' }],
  ] as const)(
    'and two that are there when nothing asks for them are no fault: %s',
    async (query, minutes, expected) => {
      expect(await ask(query, doubled, minutes)).toEqual(expected);
    },
  );

  it.each([
    ['two + on (app) two', 'duplicate series for the match group on the right'],
    ['two * on (app) vector(1)', null],
    ['two + on () group(two)', 'multiple matches for labels'],
    ['group(two) + on () two', 'duplicate series'],
    ['two == on (app) group by (app) (two)', 'multiple matches for labels'],
  ])('two at one step are refused: %s', async (query, message) => {
    if (message === null) expect(await ask(query, doubled, 3)).toEqual({});
    else await expect(ask(query, doubled, 3)).rejects.toThrow(message);
  });
});

// https://prometheus.io/docs/prometheus/latest/querying/operators/#aggregation-operators, aggregators.test
describe('sums and means are exact', () => {
  const data = {
    'big{k="1"}': '1 1 1',
    'big{k="2"}': '1e100 1e308 0.1',
    'big{k="3"}': '1 1e308 0.2',
    'big{k="4"}': '-1e100 1.2e308 0.3',
    'over{k="1"}': '9.98846567431158e+307 -9.98846567431158e+307 Inf',
    'over{k="2"}': '9.98846567431158e+307 -9.98846567431158e+307 1',
    'mixed{k="1"}': 'Inf NaN -Inf',
    'mixed{k="2"}': '-Inf 1 -Inf',
  };
  it.each([
    ['sum(big)', '2 Infinity 1.6'],
    ['avg(big)', '0.5 8e+307 0.4'],
    ['sum(over)', 'Infinity -Infinity Infinity'],
    ['avg(over)', '9.98846567431158e+307 -9.98846567431158e+307 Infinity'],
    ['avg(mixed)', 'NaN NaN -Infinity'],
    ['sum(mixed)', 'NaN NaN -Infinity'],
    ['max(mixed)', 'Infinity 1 -Infinity'],
    ['min(mixed)', '-Infinity 1 -Infinity'],
  ])('%s', async (query, expected) => {
    expect(await ask(query, data, 3)).toEqual({ '{}': expected });
  });

  it.each([
    ['sum_over_time(a[4m])', '2'],
    ['avg_over_time(a[4m])', '0.5'],
    ['avg_over_time(b[4m])', '1.5e+308'],
    ['sum_over_time(b[4m])', 'Infinity'],
    ['sum_over_time(c[10m])', '1'],
    ['avg_over_time(c[10m])', '0.1'],
    ['avg_over_time(d[4m])', 'NaN'],
  ])('over time: %s', async (query, expected) => {
    const samples = {
      'a{}': '_ _ _ _ _ _ 1 1e100 1 -1e100',
      'b{}': '_ _ _ _ _ _ 1e308 1.7e308 1.6e308 1.7e308',
      'c{}': '0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1',
      'd{}': '_ _ _ _ _ _ Inf 1 -Inf 2',
    };
    const found = await ask(query, samples, 10);
    expect((typeof found === 'object' ? Object.values(found)[0] : found)?.split(' ').at(-1)).toBe(expected);
  });
});

describe('arithmetic is that of Go', () => {
  it.each([
    // https://pkg.go.dev/math#Pow
    ['1 ^ NaN', '1'],
    ['NaN ^ 0', '1'],
    ['-1 ^ Inf', '-1'],
    ['(-1) ^ Inf', '1'],
    ['(-1) ^ -Inf', '1'],
    ['2 ^ Inf', 'Infinity'],
    ['0.5 ^ -Inf', 'Infinity'],
    ['(-8) ^ (1/3)', 'NaN'],
    ['-7 % 3', '-1'],
    ['7 % -3', '1'],
    ['1 % 0', 'NaN'],
    ['5 % Inf', '5'],
    ['1 / 0', 'Infinity'],
    ['0755', '493'],
    ['NaN == bool NaN', '0'],
    ['NaN != bool NaN', '1'],
  ])('%s is %s', async (query, expected) => {
    expect(await ask(query, {})).toBe(expected);
  });
});

// The series are those of promqltest/testdata/functions.test of Prometheus 3.
describe('a rate', () => {
  const gap = (minutes: number) => Array.from({ length: minutes }, () => '_');
  /** @param every minutes between two samples, from a minute on */
  const load = (every: number, values: readonly number[], from = 0) =>
    [
      ...gap(from),
      ...values.flatMap((value, index) => (index === 0 ? [value] : [...gap(every - 1), value])),
    ].join(' ');
  const rise = (by: number, from: number, count: number) =>
    Array.from({ length: count }, (_, index) => from + by * index);
  const at = async (query: string, data: Data, minute: number) => {
    const found = await ask(query, data, minute + 1);
    if (typeof found === 'string') return found;
    return Object.fromEntries(
      Object.entries(found).map(([name, values]) => [
        name,
        Number(Number(values.split(' ').at(-1)).toPrecision(12)),
      ]),
    );
  };
  const requests = {
    'http_requests_total{path="/foo"}': load(5, rise(10, 0, 11)),
    'http_requests_total{path="/bar"}': load(5, [...rise(10, 0, 6), ...rise(10, 0, 5)]),
    'http_requests_total{path="/dings"}': load(5, rise(10, 10, 11)),
    'http_requests_total{path="/bumms"}': load(5, rise(10, 1, 11)),
  };

  it('is extrapolated to the ends of its range, and over a restart', async () => {
    expect(await at('increase(http_requests_total[50m])', requests, 50)).toEqual({
      '{path="/foo"}': 100,
      // Nine steps of ten are seen: 80 risen, extrapolated by a ninth.
      '{path="/bar"}': 88.8888888889,
      '{path="/dings"}': 100,
      '{path="/bumms"}': 100,
    });
    expect(await at('rate(http_requests_total{path="/bar"}[50m])', requests, 50)).toEqual({
      '{path="/bar"}': 0.0296296296296,
    });
  });

  it('of a counter is not extrapolated below zero, nor by more than half a step', async () => {
    const starts = [0, 1, 2, 3, 4, 5];
    const cutoff = Object.fromEntries(
      starts.map((start) => [`c{start="${start}m"}`, load(4, rise(240, 60 * start, 11))]),
    );
    expect(Object.values(await at('rate(c[20m])', cutoff, 10))).toEqual([0.5, 0.55, 0.6, 0.6, 0.6, 0.6]);
    expect(Object.values(await at('rate(c[20m])', cutoff, 20))).toEqual([1, 1, 1, 1, 1, 1]);
    expect(Object.values(await at('delta(c[20m])', cutoff, 10))).toEqual([720, 720, 720, 720, 720, 720]);
  });

  it.each([
    ['irate(c[50m])', 0.03],
    ['idelta(c[50m])', -41],
    ['resets(c[50m])', 2],
    ['changes(c[50m])', 4],
    ['count_over_time(c[50m])', 6],
    ['present_over_time(c[50m])', 1],
    ['stdvar_over_time(c[50m])', 281.805555556],
    ['stddev_over_time(c[50m])', 16.7870650673],
  ])('%s of samples that fall twice is %d', async (query, expected) => {
    const values = await at(query, { 'c{}': load(5, [0, 10, 5, 5, 50, 9]) }, 25);
    expect(Number(Object.values(values)[0]).toPrecision(9)).toBe(expected.toPrecision(9));
  });

  it('of a line is its slope, of a constant 0, of one sample nothing', async () => {
    const lines = {
      'up{}': load(5, rise(-30, 7, 11)),
      'flat{}': load(5, rise(0, 4, 11)),
      'once{}': load(5, [1]),
    };
    expect(await at('deriv(up[50m])', lines, 50)).toEqual({ '{}': -0.1 });
    expect(await at('deriv(flat[50m])', lines, 50)).toEqual({ '{}': 0 });
    // From 7 by 30 each five minutes: -293 now, and 360 less an hour on.
    expect(await at('predict_linear(up[50m], 3600)', lines, 50)).toEqual({ '{}': -653 });
    expect(await at('predict_linear(up[40m] offset 10m, 0)', lines, 50)).toEqual({ '{}': -293 });
    expect(await at('predict_linear(flat[50m], 3600)', lines, 50)).toEqual({ '{}': 4 });
    for (const name of ['rate', 'increase', 'irate', 'delta', 'idelta', 'deriv']) {
      expect(await at(`${name}(once[5m])`, lines, 3)).toEqual({});
    }
    expect(await at('changes(once[5m])', lines, 3)).toEqual({ '{}': 0 });
  });
});
