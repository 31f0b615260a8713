/** What one expression, or many that build on each other, may cost. */
import { describe, expect, it } from 'vitest';
import { ComputedPoints } from '../../../../src/core/cloudwatch-service/math/computed-points.ts';
import { MathError, type MathValue } from '../../../../src/core/cloudwatch-service/math/values.ts';
import { evaluateText, makeScope, makeSeries, readValue } from './math-scope.ts';

const HUNDRED = Array.from({ length: 100 }, (_, i) => i);
const many = (text: string, times: number) => Array.from({ length: times }, () => text).join(', ');

/** Queries that name those before them, each evaluated once, as in a request. */
async function evaluateChain(texts: readonly string[]): Promise<MathValue> {
  const values = new Map<string, MathValue>([
    ['m0', { kind: 'series', series: makeSeries('m0', HUNDRED) }],
    ['none', { kind: 'list', list: [] }],
    ['empty', { kind: 'series', series: makeSeries('empty', []) }],
  ]);
  const scope = makeScope(
    { m0: HUNDRED },
    { resolve: (id) => Promise.resolve(values.get(id) ?? { kind: 'number', value: NaN }) },
  );
  let last: MathValue = { kind: 'number', value: NaN };
  for (const [i, text] of texts.entries()) {
    last = await evaluateText(text, scope);
    values.set(`e${i + 1}`, last);
  }
  return last;
}

describe('A list that names the same series again and again', () => {
  it('may have a million points', async () => {
    const value = await evaluateChain([`[${many('m0', 100)}]`, `[${many('e1', 100)}]`]);
    expect(value.kind === 'list' && value.list.length).toBe(10_000);
  });

  // Four hundred times four hundred times a hundred points.
  it.each([
    [`[${many('m0', 400)}]`, `[${many('e1', 400)}]`],
    [`[${many('m0', 400)}]`, `MAX(${many('e1', 400)})`],
    [`[${many('m0', 400)}]`, `[${many('e1', 20)}]`, `[e2, e2]`],
    [`[${many('empty', 400)}]`, `[${many('e1', 400)}]`, `[${many('e2', 400)}]`],
  ])('is refused beyond that before it is made: %.9s…', async (...texts) => {
    await expect(evaluateChain(texts)).rejects.toThrow(MathError);
    await expect(evaluateChain(texts)).rejects.toThrow('more than 1000000: ask for less time');
  });

  it('may be of nothing', async () => {
    expect(await evaluateChain([`[${many('none', 400)}]`, 'SUM(e1) + 1'])).toMatchObject({ kind: 'series' });
  });
});

describe('A long series beside a list of short ones', () => {
  const ONE = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`a${i}`, [1]]));
  const long = {
    kind: 'series',
    series: makeSeries(
      'long',
      Array.from({ length: 100_000 }, (_, i) => i),
    ),
  } as const;
  const scope = makeScope(ONE, {
    metrics: () =>
      Promise.resolve({ kind: 'list', list: Array.from({ length: 50_000 }, () => makeSeries('a', [1])) }),
    resolve: () => Promise.resolve(long),
  });

  it('is not copied for each of them', async () => {
    await expect(evaluateText('METRICS() + long', scope)).rejects.toThrow('more than 1000000');
    await expect(evaluateText('IF(long, METRICS(), 0)', scope)).rejects.toThrow('more than 1000000');
  });

  // By looking for each time in each series it would take hours.
  it('is summed up with them in one go', async () => {
    const value = await evaluateText('AVG([long, METRICS()])', scope);
    const points = value.kind === 'series' ? value.series.points : new Map<number, number>();
    expect(points.size).toBe(100_000);
    expect(points.get(0)).toBeCloseTo(50_000 / 50_001, 12);
    expect(points.get(60_000)).toBeCloseTo(1 / 50_001, 12);
  });
});

describe('What expressions compute', () => {
  const COUNTED = { m1: HUNDRED, m2: HUNDRED };
  const count = async (text: string, most: number) =>
    await readValue(text, COUNTED, { computed: new ComputedPoints(most) });

  it.each([
    ['m1 + m2', 100],
    ['-m1', 100],
    ['TIME_SERIES(1)', 100],
    ['FILL(m1, 0) * 2', 200],
    ['HOUR(m1) + MINUTE(m1)', 300],
    ['ABS(-(m1 - m2))', 300],
    ['SUM(-METRICS()) / AVG(m1)', 400],
  ])('%s are %i points', async (text, points) => {
    await expect(count(text, points)).resolves.toBeDefined();
    await expect(count(text, points - 1)).rejects.toThrow('computes too many points');
  });

  it('is not what was read, nor what is chosen of it or in another order', async () => {
    expect(await count('SUM(FIRST(SLICE(SORT([METRICS()], SUM, DESC), 0, 1)))', 0)).toBe(4950);
  });

  it('is counted over all of them', async () => {
    const scope = makeScope(COUNTED, { computed: new ComputedPoints(250) });
    await evaluateText('m1 + 1', scope);
    await evaluateText('m1 + 2', scope);
    await expect(evaluateText('m1 + 3', scope)).rejects.toThrow('computes too many points');
  });
});
