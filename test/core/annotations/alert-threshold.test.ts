import { describe, expect, it } from 'vitest';
import {
  type AlertPoint,
  type LabelledPeak,
  type LabelMark,
  raiseSensitivity,
  resemble,
  sumRaise,
} from '../../../src/core/annotations/alert-threshold.ts';
import { scoreOfOrders } from '../../../src/detector/likelihood.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const mark = (kind: LabelMark['kind'], day = 0, peak: LabelledPeak | null = null): LabelMark => ({
  kind,
  createdAtMs: day * DAY_MS,
  peak,
});
/** A spike of 40 above at three o'clock, a hundred times as rare as red. */
const PEAK: LabelledPeak = { timestampMs: 3 * HOUR_MS, deviation: 40, score: scoreOfOrders(7) };
const like = (change: Partial<AlertPoint> = {}): AlertPoint => ({
  timestampMs: 51 * HOUR_MS,
  deviation: 40,
  ...change,
});

describe('a label of a scored anomaly', () => {
  it('asks of its like to be rarer than it was, and nothing of anything else', () => {
    const labels = [mark('NORMAL', 0, PEAK)];
    const raise = sumRaise(labels, like(), 0);
    expect(raise).toBeCloseTo(2.5, 9);
    expect(PEAK.score).toBeLessThan(raiseSensitivity(0.99999, raise));
    expect(scoreOfOrders(8)).toBeGreaterThan(raiseSensitivity(0.99999, raise));
    for (const other of [{ deviation: -40 }, { deviation: 81 }, { timestampMs: 12 * HOUR_MS }]) {
      expect(sumRaise(labels, like(other), 0)).toBe(0);
    }
    expect(sumRaise(labels, null, 0)).toBe(0);
  });

  it.each([
    { what: 'the same', point: like(), likeness: 1 },
    { what: 'smaller', point: like({ deviation: 5 }), likeness: 1 },
    { what: 'a quarter larger', point: like({ deviation: 50 }), likeness: 1 },
    { what: 'half as large again', point: like({ deviation: 60 }), likeness: 2 / 3 },
    { what: 'an hour later', point: like({ timestampMs: 4 * HOUR_MS }), likeness: 1 },
    {
      what: 'two and a half hours earlier, across midnight',
      point: like({ timestampMs: 24.5 * HOUR_MS }),
      likeness: 0.5,
    },
    { what: 'without a direction', point: like({ deviation: 0 }), likeness: 0 },
    { what: 'infinitely far off', point: like({ deviation: Infinity }), likeness: 0 },
  ])('takes what is $what for $likeness of its like', ({ point, likeness }) => {
    expect(resemble(point, PEAK)).toBeCloseTo(likeness, 9);
  });

  it('given as real takes back what normal ones raised for its like alone', () => {
    const evening = { ...PEAK, timestampMs: 20 * HOUR_MS };
    const labels = [mark('NORMAL', 0, PEAK), mark('NORMAL', 0, evening), mark('REAL', 0, PEAK)];
    expect(sumRaise(labels, like(), 0)).toBe(0);
    expect(sumRaise(labels, like({ timestampMs: 20 * HOUR_MS }), 0)).toBeCloseTo(2.5, 9);
  });

  it('is no more when it is given again, and is forgotten by half in thirty days', () => {
    const labels = Array.from({ length: 50 }, () => mark('NORMAL', 0, PEAK));
    expect(sumRaise(labels, like(), 0)).toBeCloseTo(2.5, 9);
    expect(sumRaise(labels, like(), 30 * DAY_MS)).toBeCloseTo(1.25, 9);
    expect(sumRaise([mark('NORMAL', 5, PEAK)], like(), 0)).toBe(0);
  });
});

describe('a label of a time without a scored point', () => {
  it('changes nothing while there is none', () => {
    expect(sumRaise([], like(), 0)).toBe(0);
    expect(raiseSensitivity(0.99999, 0)).toBe(0.99999);
  });

  it('raises the threshold for all points by half an order of magnitude, to two at most', () => {
    const raises = [1, 2, 4, 1000].map((count) =>
      sumRaise(
        Array.from({ length: count }, () => mark('NORMAL')),
        like(),
        0,
      ),
    );
    expect(raises).toEqual([0.5, 1, 2, 2]);
    expect(raiseSensitivity(0.99999, 1)).toBeCloseTo(0.999999, 12);
  });

  it('lowers it again when it is real, never below what was asked for', () => {
    expect(sumRaise([mark('NORMAL'), mark('NORMAL'), mark('REAL')], null, 0)).toBe(0.5);
    expect(sumRaise([mark('REAL'), mark('REAL')], null, 0)).toBe(0);
  });

  it('counts in the order of the labels: a real one saves up nothing', () => {
    expect(sumRaise([mark('NORMAL', 2), mark('REAL', 1)], null, 2 * DAY_MS)).toBe(0.5);
  });
});
