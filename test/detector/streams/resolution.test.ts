import { describe, expect, it } from 'vitest';
import { createResolution, learnRange, measureResolution } from '../../../src/detector/streams/resolution.ts';

describe('the smallest change that means anything', () => {
  it('is a share of the range of values that is given (row 12)', () => {
    const { given } = createResolution({ min: 5000, max: 10_000 });
    expect(given).toBeGreaterThan(5000 / 300);
    expect(given).toBeLessThan(5000 / 80);
  });

  it('is no smaller than asked for (row 17)', () => {
    expect(createResolution({ min: 0, max: 1, minResolution: 0.5 }).given).toBe(0.5);
  });

  it('has no floor: bounds of thousandths give a resolution of hundred-thousandths', () => {
    expect(createResolution({ min: 0, max: 1e-3 }).given).toBeCloseTo(1e-3 / 114, 12);
  });

  it('is a share of the range of values that was learned (row 13), in any unit', () => {
    for (const unit of [1e-9, 1, 1e9]) {
      const resolution = createResolution({});
      for (let row = 1; row <= 287; row++) learnRange(resolution, 7000 * unit);
      learnRange(resolution, 5000 * unit);
      expect(measureResolution(resolution, 7000 * unit) / unit).toBeGreaterThan(2000 / 300);
      expect(measureResolution(resolution, 7000 * unit) / unit).toBeLessThan(2000 / 80);
    }
  });
});
