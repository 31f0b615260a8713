/** Which metrics were anomalous at the same times. */
import { describe, expect, it } from 'vitest';
import {
  type AnomalousInterval,
  rankByLikeness,
} from '../../../src/core/metric-lists/anomaly-correlations.ts';
import {
  countIntervals,
  coverRange,
  MAX_INTERVALS,
  widenRange,
} from '../../../src/core/metric-lists/anomaly-rate.ts';
import { RED_SCORE, YELLOW_SCORE } from '../../../src/detector/likelihood.ts';
import { fc } from '../../helpers/property.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The scores of intervals 0, 1, …; 0 where the metric was calm. */
const makeIntervals = (scores: readonly number[]): readonly AnomalousInterval[] =>
  scores.flatMap((score, place) => (score === 0 ? [] : { startMs: place * 5 * MINUTE_MS, score }));
const rank = (metrics: Readonly<Record<number, readonly number[]>>, reference: number | null) =>
  rankByLikeness(
    new Map(Object.entries(metrics).map(([number, scores]) => [Number(number), makeIntervals(scores)])),
    4,
    reference,
  );

describe('metrics of a range', () => {
  it('are ranked by severity where none is asked for', () => {
    const found = rank(
      { 1: [YELLOW_SCORE], 2: [0, RED_SCORE], 3: [YELLOW_SCORE, YELLOW_SCORE, RED_SCORE] },
      null,
    );
    expect(found.map(({ metricNumber }) => metricNumber)).toEqual([3, 2, 1]);
    expect(found[0]).toMatchObject({ score: RED_SCORE, firstMs: 0, share: 0.75, similarity: null });
    expect(found[0]?.severity).toBeCloseTo(4);
    expect(found[1]).toMatchObject({ firstMs: 5 * MINUTE_MS, share: 0.25 });
  });

  it('are ranked by how much their anomalies coincide with those of one, which is left out', () => {
    const found = rank(
      {
        1: [0, RED_SCORE, RED_SCORE, 0],
        2: [0, YELLOW_SCORE, YELLOW_SCORE, 0],
        3: [1, 1, 1, 1],
        4: [RED_SCORE, 0, 0, RED_SCORE],
        5: [0, 0, RED_SCORE, RED_SCORE],
      },
      1,
    );
    expect(found.map(({ metricNumber }) => metricNumber)).toEqual([2, 3, 5, 4]);
    expect(found.map(({ similarity }) => Number(similarity?.toFixed(3)))).toEqual([1, 0.707, 0.5, 0]);
  });

  it('resemble nothing where the one asked for was calm', () => {
    expect(rank({ 2: [RED_SCORE] }, 1)).toMatchObject([{ metricNumber: 2, similarity: 0 }]);
    expect(rank({}, 1)).toEqual([]);
  });
});

describe('the intervals of a range', () => {
  it.each([
    ['a moment', 0, 5, 1],
    ['three hours', 3 * 60 * MINUTE_MS, 5, 37],
    ['a day', DAY_MS, 60, 25],
    ['a week', 7 * DAY_MS, 480, 22],
    ['a year', 366 * DAY_MS, 480, 1099],
  ])('of %s are as narrow as few of them allow', (_name, lengthMs, minutes, count) => {
    const fromMs = Date.UTC(2026, 0, 2, 3, 4);
    const range = coverRange(fromMs, fromMs + lengthMs);
    expect([range.minutes, countIntervals(range)]).toEqual([minutes, count]);
  });

  it('cover it, begin at whole widths, and are few', () => {
    const time = fc.integer({ min: 0, max: 20_000 * DAY_MS });
    fc.assert(
      fc.property(time, fc.integer({ min: 0, max: 15 * DAY_MS }), (fromMs, lengthMs) => {
        const range = coverRange(fromMs, fromMs + lengthMs);
        expect(range.fromMs).toBeLessThanOrEqual(fromMs);
        expect(range.toMs).toBeGreaterThanOrEqual(fromMs + lengthMs);
        expect(range.fromMs % (range.minutes * MINUTE_MS)).toBe(0);
        expect(countIntervals(range)).toBeLessThanOrEqual(MAX_INTERVALS);
        const wider = widenRange(range);
        expect(wider === null).toBe(range.minutes === 480);
        expect(wider?.fromMs ?? -Infinity).toBeLessThanOrEqual(range.fromMs);
        expect(wider?.toMs ?? Infinity).toBeGreaterThanOrEqual(range.toMs);
      }),
    );
  });
});
