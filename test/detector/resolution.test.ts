import { describe, expect, it } from 'vitest';
import { createResolution, learnRange } from '../../src/detector/resolution.ts';

describe('the smallest change that means anything', () => {
  it('is a share of the range of values that is given (row 12)', () => {
    const { smallest } = createResolution({ min: 5000, max: 10_000 });
    expect(smallest).toBeGreaterThan(5000 / 300);
    expect(smallest).toBeLessThan(5000 / 80);
  });

  it('is no smaller than asked for (row 17)', () => {
    expect(createResolution({ min: 0, max: 1, minResolution: 0.5 }).smallest).toBe(0.5);
  });

  it('is a share of the range of values that was learned (row 13)', () => {
    const resolution = createResolution({});
    for (let row = 1; row <= 287; row++) learnRange(resolution, row, 7000);
    learnRange(resolution, 288, 5000);
    expect(resolution.smallest).toBeGreaterThan(2000 / 300);
    expect(resolution.smallest).toBeLessThan(2000 / 80);
  });
});
