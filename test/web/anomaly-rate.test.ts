/** The anomaly rate above the wall, and the span that is chosen on it. */
import { describe, expect, it } from 'vitest';
import {
  describeRate,
  findNow,
  heightOfRate,
  measureRates,
} from '../../src/web/wall/timeline/anomaly-rate.ts';
import type { Bar } from '../../src/web/wall/bars.ts';
import { readSpan } from '../../src/web/wall/timeline/use-brush.ts';

const bars = (...scores: readonly (number | null | 'learning' | 'none')[]) => ({
  bars: new Map(
    scores.flatMap((score, start): [number, Bar][] =>
      score === 'none'
        ? []
        : [[start, score === 'learning' ? { score: 1, provisional: true } : { score, provisional: false }]],
    ),
  ),
});

describe('the anomaly rate', () => {
  it('now is that of the newest interval with scores, as one that has just begun has none', () => {
    const at = (...scored: readonly number[]) =>
      findNow(scored.map((count, start) => ({ start, scored: count, yellow: 0, red: 0 })))?.start;
    expect(at(3, 4, 5)).toBe(2);
    expect(at(3, 4, 0)).toBe(1);
    expect(at(3, 0, 0)).toBeUndefined();
    expect(at()).toBeUndefined();
  });

  it('counts what is anomalous among what was scored by a model that has learned', () => {
    const metrics = [bars(0.5, 0.99999, 'none'), bars(0.2, 0.9999, null), bars('learning', 0.1, 'learning')];
    const rates = measureRates(metrics, [0, 1, 2]);
    expect(rates).toEqual([
      { start: 0, scored: 2, yellow: 0, red: 0 },
      { start: 1, scored: 3, yellow: 1, red: 1 },
      { start: 2, scored: 0, yellow: 0, red: 0 },
    ]);
    expect(rates.map(describeRate)).toEqual([
      'none of 2 metrics anomalous',
      '2 of 3 metrics anomalous, 1 critical',
      'no scores',
    ]);
  });

  it('of one in a thousand is still to be seen', () => {
    expect(heightOfRate({ start: 0, scored: 1000, yellow: 1, red: 0 })).toBe(0.15);
    expect(heightOfRate({ start: 0, scored: 4, yellow: 1, red: 2 })).toBe(0.75);
    expect(heightOfRate({ start: 0, scored: 0, yellow: 0, red: 0 })).toBe(0);
  });
});

describe('a span in the address', () => {
  it.each([
    ['1000-2000', { fromMs: 1000, toMs: 2000 }],
    ['2000-1000', null],
    ['1000-1000', null],
    ['', null],
    ['a-b', null],
    ['1-2-3', null],
    ['-5-7', null],
  ])('%j is read as %j', (text, span) => {
    expect(readSpan(text)).toEqual(span);
  });
});
