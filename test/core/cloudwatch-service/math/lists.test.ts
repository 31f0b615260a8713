/** What metric math makes of lists: point by point, against a model that knows arrays only. */
import { describe, expect, it } from 'vitest';
import { fc } from '../../../helpers/property.ts';
import { readValue, type Values } from './math-scope.ts';

const GIVEN = {
  m1: [1, 2, 3, 4],
  m2: [10, 0, null, -40],
  cpu1: [5, 5, 5, 5],
} as const;

describe('IF takes lists', () => {
  // "If the condition is true at a timestamp, the second argument, else the third"; what is missing of the second
  // counts as 0, a condition that is missing decides nothing.
  it.each([
    [
      'IF(m1 > 2, [m1, m2], 0)',
      [
        [0, 0, 3, 4],
        [0, 0, 0, -40],
      ],
    ],
    [
      'IF(m1 > 2, 1, METRICS("m"))',
      [
        [1, 2, 1, 1],
        [10, 0, 1, 1],
      ],
    ],
    [
      'IF(m1 > 2, cpu1, [m1, m2])',
      [
        [1, 2, 5, 5],
        [10, 0, 5, 5],
      ],
    ],
    [
      'IF([m1, m2] > 2, 1, 0)',
      [
        [0, 0, 1, 1],
        [1, 0, null, 0],
      ],
    ],
    [
      'IF([m1, m2] > 2, 1, cpu1)',
      [
        [5, 5, 1, 1],
        [1, 5, null, 5],
      ],
    ],
    [
      'IF([m1, m2] > 2, cpu1)',
      [
        [null, null, 5, 5],
        [5, null, null, null],
      ],
    ],
    ['SUM(IF(m1 > 2, [m1, m2, cpu1], 1))', [3, 3, 8, -31]],
  ])('%s', async (text, expected) => {
    expect(await readValue(text, GIVEN)).toEqual(expected);
  });

  it.each(['IF([m1, m2], [m1, m2], 0)', 'IF([m1, m2], 0, [m1, m2])', 'IF(m1, [m1, m2], [m2]) + [m1, m2]'])(
    'but not two of different queries: %s',
    async (text) => {
      await expect(readValue(text, GIVEN)).rejects.toThrow('two lists of series cannot be combined');
    },
  );
});

const VALUES = fc.array(fc.option(fc.integer({ min: -100, max: 100 }), { freq: 3 }), {
  minLength: 3,
  maxLength: 3,
});
const LIST = fc.array(VALUES, { minLength: 1, maxLength: 5 });
const nameAll = (list: readonly Values[]) => Object.fromEntries(list.map((values, i) => [`m${i}`, values]));
/** The values there are of one minute. */
const column = (list: readonly Values[], minute: number) => list.flatMap((values) => values[minute] ?? []);
const add = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

const MODELS: Readonly<Record<string, (values: readonly number[], series: number) => number>> = {
  SUM: add,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
  DATAPOINT_COUNT: (values) => values.length,
  // A series without a point counts as 0.
  AVG: (values, series) => add(values) / series,
  // The mean of the squares less the square of the mean.
  STDDEV: (values) => {
    const mean = add(values) / values.length;
    return Math.sqrt(Math.max(0, add(values.map((value) => value * value)) / values.length - mean * mean));
  },
};

describe('Of a list, minute by minute,', () => {
  it.each(Object.keys(MODELS))('%s is that of the values there are', async (name) => {
    await fc.assert(
      fc.asyncProperty(LIST, async (list) => {
        const found = (await readValue(`${name}(METRICS())`, nameAll(list))) as Values;
        for (const minute of [0, 1, 2]) {
          const values = column(list, minute);
          const expected = values.length === 0 ? null : (MODELS[name]?.(values, list.length) ?? null);
          if (expected === null) expect(found[minute]).toBeNull();
          else expect(found[minute]).toBeCloseTo(expected, 5);
        }
      }),
    );
  });

  it('the same series given one by one, in brackets, or in lists of lists makes no difference', async () => {
    await fc.assert(
      fc.asyncProperty(LIST, fc.constantFrom(...Object.keys(MODELS)), async (list, name) => {
        const given = nameAll([...list, [1, 2, 3]]);
        const ids = Object.keys(given);
        const written = [
          ids.join(', '),
          `[${ids.join(', ')}]`,
          `[${ids[0] ?? ''}], [${ids.slice(1).join(', ')}]`,
        ];
        const found = await Promise.all(written.map((some) => readValue(`${name}(${some})`, given)));
        expect(found[1]).toEqual(found[0]);
        expect(found[2]).toEqual(found[0]);
      }),
    );
  });
});

describe('SORT', () => {
  it('orders by the sum, the mean or an extreme of each series, those without points last', async () => {
    const reduce = {
      SUM: add,
      AVG: (v: readonly number[]) => add(v) / v.length,
      MIN: MODELS.MIN,
      MAX: MODELS.MAX,
    };
    await fc.assert(
      fc.asyncProperty(
        LIST,
        fc.constantFrom('SUM', 'AVG', 'MIN', 'MAX'),
        fc.constantFrom('ASC', 'DESC'),
        async (list, by, order) => {
          const sorted = (await readValue(`SORT(METRICS(), ${by}, ${order})`, nameAll(list))) as Values[];
          expect(sorted.toSorted(compareTexts)).toEqual(list.toSorted(compareTexts));
          const keys = sorted.map((values) => {
            const there = values.filter((value) => value !== null);
            return there.length === 0 ? null : (reduce[by]?.(there, 1) ?? null);
          });
          const known = keys.filter((key) => key !== null);
          expect(keys.slice(0, known.length)).toEqual(known);
          expect(known).toEqual(known.toSorted((a, b) => (order === 'ASC' ? a - b : b - a)));
        },
      ),
    );
  });

  it('keeps as many as asked for, SLICE those between two places', async () => {
    const given = nameAll([[3], [1], [2], [0]]);
    expect(await readValue('SORT(METRICS(), SUM, DESC, 2)', given)).toEqual([[3], [2]]);
    expect(await readValue('SORT(METRICS(), SUM, DESC, 9)', given)).toEqual([[3], [2], [1], [0]]);
    expect(await readValue('SLICE(SORT(METRICS(), SUM, ASC), 1, 3)', given)).toEqual([[1], [2]]);
    expect(await readValue('SLICE(METRICS(), 3, 1)', given)).toEqual([]);
    await expect(readValue('SORT(METRICS(), SUM, DESC, 0)', given)).rejects.toThrow('SORT keeps 1 or more');
    await expect(readValue('SLICE(METRICS(), 0.5)', given)).rejects.toThrow('whole numbers');
  });
});

function compareTexts(a: Values, b: Values): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
