/** `@`, timestamp() and count_values: what Prometheus answers for the same samples. */
import { describe, expect, it } from 'vitest';
import { writeDecimal } from '../../../../src/core/prometheus/promql/operators/count-values.ts';
import { ask, type Data } from './memory-queries.ts';

const MINUTES = 6;
const DATA = { 'm{a="x"}': '1 2 3 5 8 13', 'm{a="y"}': '1 _ 3 3 0.000001 1e21' };
const X = { 'm{a="x"}': '1 2 3 5 8 13' };
const always = (value: number) => Array.from({ length: MINUTES }, () => value).join(' ');

describe('a selector with @', () => {
  it.each([
    ['m @ 60', { 'm{a="x"}': always(2) }],
    ['m @ 60.0004', { 'm{a="x"}': always(2) }],
    ['m @ start()', { 'm{a="x"}': always(1) }],
    ['m @ end()', { 'm{a="x"}': always(13) }],
    ['m @ end() offset 1m', { 'm{a="x"}': always(8) }],
    ['m offset 1m @ 120', { 'm{a="x"}': always(2) }],
    ['m @ -60', {}],
    ['sum_over_time(m[2m] @ 180)', { '{a="x"}': always(8) }],
    ['sum_over_time(m[2m] @ end() offset 1m)', { '{a="x"}': always(13) }],
    ['sum_over_time(m[2m:1m] @ 180)', { '{a="x"}': always(8) }],
    // The first step of the query, not that of the subquery.
    ['sum_over_time((m @ start())[2m:1m])', { '{a="x"}': always(2) }],
    ['m - m @ 60', { '{a="x"}': '-1 0 1 3 6 11' }],
    ['m - m @ 60 + m', { '{a="x"}': '0 2 4 8 14 24' }],
    ['-m @ 60', { '{a="x"}': always(-2) }],
    ['topk(1, m @ end())', { 'm{a="x"}': always(13) }],
    ['absent(m @ -60)', { '{}': always(1) }],
    // The line is that of the samples up to 180 s, and is read a minute after the first step.
    ['round(predict_linear(m[3m] @ 180, 60), 0.01)', { '{a="x"}': always(1.83) }],
  ] satisfies [string, Data][])('%s is the same at each step', async (query, expected) => {
    expect(await ask(query, X, MINUTES)).toEqual(expected);
  });

  it.each([
    ['m @ 60 @ 70', '@ <timestamp> may not be set multiple times'],
    ['m @ 60 offset 1m @ 70', '@ <timestamp> may not be set multiple times'],
    ['m offset 1m @ 60 offset 2m', 'offset may not be set multiple times'],
    ['sum_over_time(m[2m:1m] offset 1m offset 2m)', 'offset may not be set multiple times'],
    ['(m) @ 60', 'expected an offset or @ behind a selector'],
    ['sum(m) @ 60', 'expected an offset or @ behind a selector'],
    ['m @ Inf', 'expected a time in seconds, start() or end() behind @, got Inf'],
    ['m @ NaN', 'expected a time in seconds, start() or end() behind @, got NaN'],
  ])('%s is refused', async (query, message) => {
    await expect(ask(query, X)).rejects.toThrow(message);
  });
});

describe('timestamp()', () => {
  it.each([
    ['timestamp(m)', { '{a="x"}': '0 60 120 180 240 300', '{a="y"}': '0 _ 120 180 240 300' }],
    ['timestamp((m))', { '{a="x"}': '0 60 120 180 240 300', '{a="y"}': '0 _ 120 180 240 300' }],
    ['timestamp(m offset 1m)', { '{a="x"}': '_ 0 60 120 180 240', '{a="y"}': '_ 0 _ 120 180 240' }],
    ['timestamp(m @ 120)', { '{a="x"}': always(120), '{a="y"}': always(120) }],
    [
      'time() - timestamp(m @ 120)',
      { '{a="x"}': '-120 -60 0 60 120 180', '{a="y"}': '-120 -60 0 60 120 180' },
    ],
    // What is computed has the time of its step.
    ['timestamp(abs(m offset 1m))', { '{a="x"}': '_ 60 120 180 240 300', '{a="y"}': '_ 60 _ 180 240 300' }],
    ['timestamp(vector(1))', { '{}': '0 60 120 180 240 300' }],
  ] satisfies [string, Data][])('%s', async (query, expected) => {
    expect(await ask(query, DATA, MINUTES)).toEqual(expected);
  });
});

describe('count_values', () => {
  const one = (step: number) => Array.from({ length: MINUTES }, (_, at) => (at === step ? 1 : '_')).join(' ');
  const both = {
    '{v="1"}': '2 _ _ _ _ _',
    '{v="2"}': one(1),
    '{v="3"}': '_ _ 2 1 _ _',
    '{v="5"}': one(3),
    '{v="8"}': one(4),
    '{v="0.000001"}': one(4),
    '{v="13"}': one(5),
    '{v="1000000000000000000000"}': one(5),
  };
  it.each([
    ['count_values("v", m)', both],
    ['count_values without (a) ("v", m)', both],
    // In the place of the label there was.
    ['count_values("a", m{a="x"} @ 60)', { '{a="2"}': always(1) }],
    ['count_values("v", m @ 180) by (a)', { '{a="x",v="5"}': always(1), '{a="y",v="3"}': always(1) }],
  ] satisfies [string, Data][])('%s', async (query, expected) => {
    expect(await ask(query, DATA, MINUTES)).toEqual(expected);
  });

  it.each([
    ['count_values("", m)', 'invalid label name in count_values()'],
    ['count_values("a-b", m)', 'invalid label name in count_values()'],
    ['count_values(1, m)', 'expected type string in count_values, got scalar'],
    ['count_values(m)', 'expected 2, got 1'],
  ])('%s is refused', async (query, message) => {
    await expect(ask(query, DATA)).rejects.toThrow(message);
  });

  // As Go's strconv.FormatFloat(value, 'f', -1, 64) writes them.
  it.each([
    [0, '0'],
    [-0, '-0'],
    [-1.5, '-1.5'],
    [1e-7, '0.0000001'],
    [-1.25e-9, '-0.00000000125'],
    [123456.789, '123456.789'],
    [1.5e21, '1500000000000000000000'],
    [0.1 + 0.2, '0.30000000000000004'],
    [NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
  ])('the value %s is written %s', (value, text) => {
    expect(writeDecimal(value)).toBe(text);
  });
});

describe('trigonometry', () => {
  it.each([
    ['round(sin(m), 0.001)', '0.841 0.909 0.141 -0.959 0.989 0.42'],
    ['round(deg(m), 0.1)', '57.3 114.6 171.9 286.5 458.4 744.8'],
    ['round(rad(m * 180) / pi())', '1 2 3 5 8 13'],
    ['round(atan(tan(m)), 0.001)', '1 -1.142 -0.142 -1.283 -1.425 0.434'],
    ['round(acosh(cosh(m)))', '1 2 3 5 8 13'],
    ['round(asinh(sinh(m)))', '1 2 3 5 8 13'],
    ['round(atanh(tanh(m)), 0.1)', '1 2 3 5 8 13'],
    ['acos(m)', '0 NaN NaN NaN NaN NaN'],
    ['round(asin(m / 13) * 13, 0.1)', '1 2 3 5.1 8.6 20.4'],
  ])('%s', async (query, expected) => {
    expect(await ask(query, X, MINUTES)).toEqual({ '{a="x"}': expected });
  });
});
