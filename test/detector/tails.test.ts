import { describe, expect, it } from 'vitest';
import { createTails, judgeTail } from '../../src/detector/tails.ts';

/** Judges one list of a thousand small deviations and some large ones, then a last one. */
function judgeLast(large: readonly number[], last: number, unit = 1): number {
  const tails = createTails(1);
  for (let row = 0; row < 1000; row++) judgeTail(tails, 0, ((row % 7) * unit) / 10, 0, 0);
  for (const size of large) judgeTail(tails, 0, size * unit, 0, 0);
  return judgeTail(tails, 0, last * unit, 0, 0);
}

describe('a deviation', () => {
  it('is nothing new below the second largest record, and is above it though the largest lies higher', () => {
    expect(judgeLast([10, 100], 9.9)).toBe(0);
    expect(judgeLast([10, 100], 11)).toBeGreaterThan(0);
  });

  it('surprises the more the further it lies beyond', () => {
    const surprises = [6, 8, 12, 20].map((size) => judgeLast([4, 4.5, 5, 5.5], size));
    expect(surprises).toEqual(surprises.toSorted((a, b) => a - b));
    expect(new Set(surprises).size).toBe(surprises.length);
  });

  it('is measured by how far the records lie apart, in whatever order they came', () => {
    expect(judgeLast([2, 4, 6, 8], 10)).toBeLessThan(judgeLast([5, 6, 7, 8], 10));
    expect(judgeLast([8, 2, 6, 4], 10)).toBe(judgeLast([2, 4, 6, 8], 10));
  });

  it('just above records that lie close together by chance is hardly rarer than they are', () => {
    expect(judgeLast([5, 5, 5, 5.001], 5.1) - judgeLast([5, 5, 5, 5.001], 5.0001)).toBeLessThan(1);
  });

  it('means the same in every unit', () => {
    expect(judgeLast([2, 4, 6, 8], 10, 1024)).toBe(judgeLast([2, 4, 6, 8], 10));
  });
});
