/** Results as https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats has them. */
import { describe, expect, it } from 'vitest';
import { writeInstant, writeRange } from '../../../../src/api/http/promql/write-result.ts';
import type { QueryResult } from '../../../../src/core/prometheus/promql/score-queries.ts';
import type { StepSeries } from '../../../../src/core/prometheus/promql/value.ts';

const AT_MS = 1_435_781_451_781;
const series = (
  labels: Readonly<Record<string, string>>,
  values: readonly (number | null)[],
): StepSeries => ({
  labels: new Map(Object.entries(labels)),
  values: Float64Array.from(values, (value) => value ?? 0),
  present: Uint8Array.from(values, (value) => Number(value !== null)),
});
const read = (parts: Generator<string>): unknown => JSON.parse([...parts].join(''));
const success = (resultType: string, result: unknown) => ({
  status: 'success',
  data: { resultType, result },
});

describe('at one time', () => {
  it.each<readonly [what: string, result: QueryResult, type: string, expected: unknown]>([
    ['a scalar', { type: 'scalar', values: Float64Array.of(1.5) }, 'scalar', [1435781451.781, '1.5']],
    ['a text', { type: 'string', value: 'a"b' }, 'string', [1435781451.781, 'a"b']],
    [
      'a vector',
      { type: 'vector', series: [series({ __name__: 'up', job: 'é"\\\n' }, [1]), series({}, [NaN])] },
      'vector',
      [
        { metric: { __name__: 'up', job: 'é"\\\n' }, value: [1435781451.781, '1'] },
        { metric: {}, value: [1435781451.781, 'NaN'] },
      ],
    ],
    ['an empty vector', { type: 'vector', series: [] }, 'vector', []],
    [
      'samples of a range, at their own times',
      {
        type: 'samples',
        series: [{ labels: new Map([['a', 'b']]), timestampsMs: [1000, 1500], values: [1, Infinity] }],
      },
      'matrix',
      [
        {
          metric: { a: 'b' },
          values: [
            [1, '1'],
            [1.5, '+Inf'],
          ],
        },
      ],
    ],
  ])('%s', (_what, result, type, expected) => {
    expect(read(writeInstant(result, AT_MS))).toEqual(success(type, expected));
  });
});

describe('over time', () => {
  const grid = { startMs: 500, stepMs: 250, count: 3 };

  it('series come in the order of their labels, with the steps at which they have a value', () => {
    const result: QueryResult = {
      type: 'vector',
      series: [series({ z: '1' }, [1, null, 3]), series({ a: '2' }, [-Infinity, 1e21, 1e-7])],
    };
    expect(read(writeRange(result, grid))).toEqual(
      success('matrix', [
        {
          metric: { a: '2' },
          values: [
            [0.5, '-Inf'],
            [0.75, '1e+21'],
            [1, '1e-7'],
          ],
        },
        {
          metric: { z: '1' },
          values: [
            [0.5, '1'],
            [1, '3'],
          ],
        },
      ]),
    );
  });

  it('a scalar is a series without labels, with a value at each step', () => {
    const result: QueryResult = { type: 'scalar', values: Float64Array.of(1, NaN, 3) };
    expect(read(writeRange(result, grid))).toEqual(
      success('matrix', [
        {
          metric: {},
          values: [
            [0.5, '1'],
            [0.75, 'NaN'],
            [1, '3'],
          ],
        },
      ]),
    );
  });

  it.each([
    [
      'many series',
      Array.from({ length: 20_000 }, (_, index) => series({ index: String(index) }, [1, 2, 3])),
    ],
    ['a long one', [series({ a: 'b' }, Array<number>(300_000).fill(1 / 3))]],
  ])('is written in pieces, of %s: a large result is never one text', (_what, many) => {
    const count = many[0]?.values.length ?? 0;
    const pieces = [...writeRange({ type: 'vector', series: many }, { ...grid, count })];
    expect(pieces.length).toBeGreaterThan(10);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(100_000);
    const { data } = JSON.parse(pieces.join('')) as { data: { result: { values: unknown[] }[] } };
    expect(data.result.map(({ values }) => values.length)).toEqual(many.map(() => count));
  });

  it('is written in pieces, of many samples of a range', () => {
    const values = Float64Array.from({ length: 300_000 }, (_, index) => index / 7);
    const timestampsMs = values.map((_, index) => 1000 * index);
    const samples = { labels: new Map([['a', 'b']]), timestampsMs, values };
    const pieces = [...writeInstant({ type: 'samples', series: [samples] }, AT_MS)];
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(100_000);
    const { data } = JSON.parse(pieces.join('')) as { data: { result: { values: unknown[] }[] } };
    expect(data.result[0]?.values).toHaveLength(300_000);
    expect(data.result[0]?.values.at(-1)).toEqual([299_999, String(299_999 / 7)]);
  });
});
