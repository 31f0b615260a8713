import { describe, expect, it } from 'vitest';
import { ComputedPoints } from '../../../../src/core/cloudwatch-service/math/computed-points.ts';
import { evaluateExpression, type MathScope } from '../../../../src/core/cloudwatch-service/math/evaluate.ts';
import { parseExpression } from '../../../../src/core/cloudwatch-service/math/parse.ts';
import {
  listSeries,
  MathError,
  type MathValue,
  type TimeSeries,
} from '../../../../src/core/cloudwatch-service/math/values.ts';
import { fc } from '../../../helpers/property.ts';

const MINUTE_MS = 60_000;
const RANGE = { startMs: 0, endMs: 4 * MINUTE_MS };
/** Undefined for a missing point. */
function series(label: string, values: readonly (number | undefined)[]): TimeSeries {
  const points = values.flatMap((value, i) => (value === undefined ? [] : [[i * MINUTE_MS, value] as const]));
  return { label, periodSeconds: 60, points: new Map(points) };
}
const SERIES: Readonly<Record<string, TimeSeries>> = {
  m1: series('m1', [1, 2, 3, 4]),
  m2: series('m2', [10, 0, undefined, -40]),
  cpu1: series('cpu1', [5, 5, 5, 5]),
};
const refuse = () => Promise.reject(new Error('not needed here'));
const SCOPE: MathScope = {
  range: RANGE,
  periodSeconds: 60,
  resolve: (id) => {
    const found = SERIES[id];
    return found === undefined ? refuse() : Promise.resolve({ kind: 'series', series: found });
  },
  metrics: (part) =>
    Promise.resolve({
      kind: 'list',
      list: Object.values(SERIES).filter(({ label }) => label.includes(part)),
    }),
  search: refuse,
  band: refuse,
  computed: new ComputedPoints(Infinity),
};

async function evaluate(text: string): Promise<unknown> {
  const value = await evaluateExpression(parseExpression(text), SCOPE);
  if (value.kind === 'number') return value.value;
  const read = (one: TimeSeries) =>
    Array.from({ length: 4 }, (_, i) => one.points.get(i * MINUTE_MS) ?? null);
  return value.kind === 'list' ? value.list.map(read) : read(value.series);
}

const TABLE: readonly (readonly [string, unknown])[] = [
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['2 ^ 3 ^ 2', 512],
  ['-2 ^ 2', -4],
  ['10 - 3 - 2', 5],
  ['8 / 4 / 2', 1],
  ['1.5e2 + .5', 150.5],
  ['m1 + 1', [2, 3, 4, 5]],
  ['10 - m1', [9, 8, 7, 6]],
  ['m1 + m2', [11, 2, 3, -36]],
  ['m1 - m2', [-9, 2, 3, 44]],
  ['m1 / m2', [0.1, null, null, -0.1]],
  ['-m1', [-1, -2, -3, -4]],
  ['m1 > 2', [0, 0, 1, 1]],
  ['m1 >= 2 AND m1 < 4', [0, 1, 1, 0]],
  ['m1 == 1 || m1 == 4', [1, 0, 0, 1]],
  ['m1 != 1', [0, 1, 1, 1]],
  ['ABS(m2)', [10, 0, null, 40]],
  ['SUM(m1)', 10],
  ['AVG(m1)', 2.5],
  ['MIN(m2)', -40],
  ['MAX(m2)', 10],
  ['SUM([m1, m2])', [11, 2, 3, -36]],
  // One that is missing counts as 0.
  ['AVG([m1, m2])', [5.5, 1, 1.5, -18]],
  ['MIN([m1, m2])', [1, 0, 3, -40]],
  ['MAX([m1, m2])', [10, 2, 3, 4]],
  ['SUM(METRICS())', [16, 7, 8, -31]],
  ['SUM(METRICS("cpu"))', [5, 5, 5, 5]],
  [
    "METRICS('m') * 2",
    [
      [2, 4, 6, 8],
      [20, 0, null, -80],
    ],
  ],
  ['DIFF(m1)', [null, 1, 1, 1]],
  ['RATE(m1) * 60', [null, 1, 1, 1]],
  ['FILL(m2, 7)', [10, 0, 7, -40]],
  ['FILL(m2, REPEAT)', [10, 0, 0, -40]],
  ['FILL(m2, LINEAR)', [10, 0, -20, -40]],
  ['FILL(m2, m1)', [10, 0, 3, -40]],
  ['IF(m1 > 2, m1, 0)', [0, 0, 3, 4]],
  ['IF(m1 > 2, m1)', [null, null, 3, 4]],
  ['IF(m2, 1, 2)', [1, 2, null, 1]],
  ['IF(1, m1, m2)', [1, 2, 3, 4]],
  ['CEIL(m1 / 2)', [1, 1, 2, 2]],
  ['FLOOR(m1 / 2)', [0, 1, 1, 2]],
  ['LOG10(m2)', [1, null, null, null]],
  ['LOG(m1 - 1)', [null, 0, Math.log(2), Math.log(3)]],
  ['STDDEV(cpu1)', 0],
  ['STDDEV(m1) ^ 2', 1.2500000000000002],
  ['STDDEV([m1, m2])', [4.5, 1, 0, 22]],
  ['DATAPOINT_COUNT(m2)', 3],
  ['DATAPOINT_COUNT([m1, m2])', [2, 2, 1, 2]],
  ['RUNNING_SUM(m2)', [10, 10, null, -30]],
  ['DIFF_TIME(m2)', [null, 60, null, 120]],
  ['SUM(m1) / PERIOD(m1)', 10 / 60],
  ['METRIC_COUNT(METRICS())', 3],
  ['FIRST([m1, m2])', [1, 2, 3, 4]],
  ['LAST([m1, cpu1])', [5, 5, 5, 5]],
  ['SLICE([cpu1, m1, m2], 1, 2)', [[1, 2, 3, 4]]],
  [
    'SLICE(SORT(METRICS(), MAX, DESC), 1)',
    [
      [5, 5, 5, 5],
      [1, 2, 3, 4],
    ],
  ],
  ['SORT(METRICS(), SUM, ASC, 1)', [[10, 0, null, -40]]],
  ['SORT([IF(m1 > 9, m1), m1], AVG, DESC, 1)', [[1, 2, 3, 4]]],
  ['REMOVE_EMPTY([m1, IF(m1 > 9, m1)])', [[1, 2, 3, 4]]],
  // Of nothing there is no first, as where a search finds nothing.
  ['FIRST(SLICE([m1], 1))', []],
  ['LAST(SORT(SLICE(METRICS(), 9), SUM, DESC)) * 2', []],
  ['TIME_SERIES(MAX(m1) + 1)', [5, 5, 5, 5]],
  ['MINUTE(m2)', [0, 1, 2, 3]],
  ['EPOCH(m2)', [0, 60, 120, 180]],
  // 1970 began on a Thursday.
  ['DAY(m1) * 1000000 + DATE(m1) * 10000 + MONTH(m1) * 100 + HOUR(m1)', [4010100, 4010100, 4010100, 4010100]],
  ['YEAR(m1)', [1970, 1970, 1970, 1970]],
];

/** The tables of "Using metric math" in the user's guide. */
const GUIDE: readonly (readonly [
  string,
  readonly (readonly (number | undefined)[])[],
  readonly (number | null)[],
])[] = [
  [
    'a < b',
    [
      [30, 20, 0, 0],
      [20, undefined, 20],
    ],
    [0, 0, 1, 0],
  ],
  ['a >= 30', [[30, 20, 0, 0]], [1, 0, 0, 0]],
  [
    'a > 15 AND b > 15',
    [
      [30, 20, 0, 0],
      [20, undefined, 20],
    ],
    [1, 0, 0, 0],
  ],
  [
    'IF(a, b, c)',
    [
      [1, 1, 0, 0],
      [30, undefined, 0, 0, 30],
      [0, 0, 20, undefined, 20],
    ],
    [30, 0, 20, null],
  ],
  [
    'IF(a, 5, b)',
    [
      [1, 1, 0, 0],
      [0, 0, 20, undefined, 20],
    ],
    [5, 5, 20, null],
  ],
  [
    'IF(a, b, 5)',
    [
      [1, 1, 0, 0],
      [30, undefined, 0, 0, 30],
    ],
    [30, 0, 5, 5],
  ],
  [
    'IF(a, b)',
    [
      [1, -2, 0, 0],
      [30, undefined, 7, 7],
    ],
    [30, 0, null, null],
  ],
  ['IF(a < 400, a)', [[399, 400, 0, undefined]], [399, null, 0, null]],
  ['IF(a < 400, 10, 2)', [[399, 400, 0, undefined]], [10, 2, 10, null]],
  [
    'IF(a > b, 1, 0)',
    [
      [5, 5, undefined, undefined],
      [4, 6, 1, undefined],
    ],
    [1, 0, 0, null],
  ],
  [
    'IF(0, a, b)',
    [
      [1, 2, 3, 4],
      [undefined, 6, 7, undefined],
    ],
    [null, 6, 7, null],
  ],
  ['IF(0, a)', [[1, 2, 3, 4]], [null, null, null, null]],
];

/** Expressions of every kind, most of which fit together, with numbers beyond which there is nothing finite. */
const EXPRESSION = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('m1', 'm2', 'cpu1', '[m1, m2]', 'METRICS()', '0', '2', '1e308', '-1e200', '0.5'),
    fc
      .tuple(tie('any'), fc.constantFrom('+', '-', '*', '/', '^', '>', '==', 'AND'), tie('any'))
      .map(([a, sign, b]) => `(${a} ${sign} ${b})`),
    fc
      .tuple(
        fc.constantFrom(
          'ABS',
          'LOG',
          'CEIL',
          'SUM',
          'AVG',
          'STDDEV',
          'MAX',
          'RATE',
          'RUNNING_SUM',
          'TIME_SERIES',
          'FIRST',
        ),
        tie('any'),
      )
      .map(([name, a]) => `${name}(${a})`),
    fc
      .tuple(tie('any'), fc.constantFrom('0', '1/0', '0/0', 'REPEAT', 'LINEAR', 'm2'))
      .map(([a, b]) => `FILL(${a}, ${b})`),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([a, b, c]) => `IF(${a}, ${b}, ${c})`),
    tie('any').map((a) => `-${a}`),
  ),
})).any;

describe('A series of metric math', () => {
  it('holds finite numbers in the order of their times, whatever it is made of', async () => {
    let evaluated = 0;
    await fc.assert(
      fc.asyncProperty(EXPRESSION, async (text) => {
        let value: MathValue;
        try {
          value = await evaluateExpression(parseExpression(text), SCOPE);
        } catch (error) {
          expect(error).toBeInstanceOf(MathError);
          return;
        }
        if (value.kind === 'number') return;
        evaluated += 1;
        for (const { points } of listSeries(value)) {
          const times = [...points.keys()];
          expect(times).toEqual(times.toSorted((a, b) => a - b));
          expect([...points.values()].filter((one) => !Number.isFinite(one))).toEqual([]);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(evaluated).toBeGreaterThan(500);
  });

  it.each([
    'TIME_SERIES(0 / 0)',
    'TIME_SERIES(SUM(IF(m1 > 9, m1)) / SUM(IF(m1 > 9, m1)))',
    'TIME_SERIES(1e308 * 10)',
    'FILL(IF(m1 > 9, m1), 1 / 0)',
  ])('has no points where %s is no number', async (text) => {
    expect(await evaluate(text)).toEqual([null, null, null, null]);
  });
});

describe('Metric math as AWS documents it', () => {
  it.each(GUIDE)('%s of %j is %j', async (text, given, expected) => {
    const known = new Map(given.map((values, i) => ['abc'.charAt(i), series('abc'.charAt(i), values)]));
    const value = await evaluateExpression(parseExpression(text), {
      ...SCOPE,
      resolve: (id) => {
        const found = known.get(id);
        return found === undefined ? refuse() : Promise.resolve({ kind: 'series', series: found });
      },
    });
    const points = value.kind === 'series' ? value.series.points : new Map<number, number>();
    expect(expected.map((_, i) => points.get(i * MINUTE_MS) ?? null)).toEqual(expected);
    // The fifth period of the tables, of which the condition says nothing.
    expect(points.get(4 * MINUTE_MS)).toBeUndefined();
  });
});

describe('Metric math', () => {
  it.each(TABLE)('%s', async (text, expected) => {
    expect(await evaluate(text)).toEqual(expected);
  });

  it.each(['', '1 +', '(1', 'm1 m2', 'FILL(m1', '1 ++ # 2', '"open', `${'('.repeat(70)}1${')'.repeat(70)}`])(
    'refuses to read %j',
    (text) => {
      expect(() => parseExpression(text)).toThrow();
    },
  );

  it.each([
    ['NOSUCH(m1)', 'there is no function NOSUCH'],
    ['ABS(m1, m2)', 'ABS takes 1 arguments, not 2'],
    ['METRICS() + METRICS()', 'two lists'],
    ['SORT(METRICS(), MEDIAN, ASC)', 'not MEDIAN'],
    ['SORT(METRICS(), SUM, UP)', 'not UP'],
    ['SLICE(METRICS(), -1)', 'whole numbers'],
    ['TIME_SERIES(m1)', 'takes a number'],
    ['RATE(1)', 'a number stands where a series is needed'],
    ['FILL(m1, OFTEN)', 'not OFTEN'],
    ['"text" + 1', 'a text stands'],
    ['ANOMALY_DETECTION_BAND(m1, 0)', 'width greater than 0'],
  ])('refuses %s, saying "%s"', async (text, problem) => {
    const failure = evaluateExpression(parseExpression(text), SCOPE);
    await expect(failure).rejects.toBeInstanceOf(MathError);
    await expect(failure).rejects.toThrow(problem);
  });

  it.each(['FILL(m1, 0)', 'FILL([m1, m2], 0)', 'TIME_SERIES(1)', 'HOUR(m1)'])(
    'refuses %s over thousands of years instead of making a point for each minute of them',
    async (text) => {
      const range = { startMs: 0, endMs: Date.parse('9999-01-01') };
      const failure = evaluateExpression(parseExpression(text), { ...SCOPE, range });
      await expect(failure).rejects.toThrow('more than 1000000: ask for less time');
    },
  );
});
