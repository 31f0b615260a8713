import { describe, expect, it } from 'vitest';
import { raiseSensitivity, sumRaise, type LabelMark } from '../../../src/core/annotations/alert-threshold.ts';

const DAY_MS = 86_400_000;
const mark = (kind: LabelMark['kind'], day = 0): LabelMark => ({ kind, createdAtMs: day * DAY_MS });

describe('the bar for alerts', () => {
  it('is where it was asked to be while nothing was labelled', () => {
    expect(sumRaise([], 0)).toBe(0);
    expect(raiseSensitivity(0.99999, 0)).toBe(0.99999);
  });

  it('rises by half a power of ten with each normal label, to two powers at most', () => {
    const raises = [1, 2, 4, 1000].map((count) =>
      sumRaise(
        Array.from({ length: count }, () => mark('NORMAL')),
        0,
      ),
    );
    expect(raises).toEqual([0.5, 1, 2, 2]);
    expect(raiseSensitivity(0.99999, 1)).toBeCloseTo(0.999999, 12);
  });

  it('is lowered again by a real label, never below what was asked for', () => {
    expect(sumRaise([mark('NORMAL'), mark('NORMAL'), mark('REAL')], 0)).toBe(0.5);
    expect(sumRaise([mark('REAL'), mark('REAL')], 0)).toBe(0);
  });

  it('takes the labels in the order they were given: a real one saves up nothing', () => {
    expect(sumRaise([mark('NORMAL', 2), mark('REAL', 1)], 2 * DAY_MS)).toBe(0.5);
  });

  it('sinks by half in thirty days, and knows nothing of labels to come', () => {
    expect(sumRaise([mark('NORMAL')], 30 * DAY_MS)).toBe(0.25);
    expect(sumRaise([mark('NORMAL', 5)], 0)).toBe(0);
  });
});
