import { describe, expect, it } from 'vitest';
import { evaluateExpression, type MathScope } from '../../../src/cloudwatch/math/evaluate.ts';
import { parseExpression } from '../../../src/cloudwatch/math/parse.ts';
import { MathError, type TimeSeries } from '../../../src/cloudwatch/math/values.ts';

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
  ['AVG([m1, m2])', [5.5, 1, 3, -18]],
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
];

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
    ['RATE(1)', 'a number stands where a series is needed'],
    ['FILL(m1, OFTEN)', 'not OFTEN'],
    ['"text" + 1', 'a text stands'],
    ['ANOMALY_DETECTION_BAND(m1, 0)', 'width greater than 0'],
  ])('refuses %s, saying "%s"', async (text, problem) => {
    const failure = evaluateExpression(parseExpression(text), SCOPE);
    await expect(failure).rejects.toBeInstanceOf(MathError);
    await expect(failure).rejects.toThrow(problem);
  });
});
