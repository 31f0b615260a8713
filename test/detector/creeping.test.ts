/** Levels that leave slowly: a leak, a queue that fills, a disk. Each row is hardly worse than the one before. */
import { describe, expect, it } from 'vitest';
import { createDetector, createNoise, judgeAll, makeSeries, ROWS_PER_DAY } from './series.ts';

const START = 11 * ROWS_PER_DAY;
const ROWS_PER_HOUR = ROWS_PER_DAY / 24;

/** Hours after the beginning of a rise at which the first incident opens; null when none does. */
function findDelay(
  { hours, rise, noise, season }: { hours: number; rise: number; noise: number; season: number },
  seed: number,
): number | null {
  const draw = createNoise(seed);
  const samples = makeSeries({ rows: 14 * ROWS_PER_DAY }, (row) => {
    const risen = Math.min(1, Math.max(0, row - START) / ROWS_PER_HOUR / hours) * rise;
    return 40 + season * Math.max(0, Math.sin((row / ROWS_PER_DAY) * 2 * Math.PI)) + risen + noise * draw();
  });
  const judged = judgeAll(createDetector(), samples);
  expect(judged.slice(ROWS_PER_DAY, START).filter(({ phase }) => phase === 'OPENS')).toEqual([]);
  const first = judged.slice(START).findIndex(({ phase }) => phase === 'OPENS');
  return first < 0 ? null : first / ROWS_PER_HOUR;
}

describe('a level that creeps away', () => {
  it.each([
    { hours: 14, rise: 45, noise: 0.5, season: 0, within: 3 },
    { hours: 48, rise: 40, noise: 0.5, season: 0, within: 8 },
    { hours: 96, rise: 40, noise: 0.5, season: 0, within: 16 },
    { hours: 6, rise: 30, noise: 1, season: 20, within: 8 },
    { hours: 30, rise: 40, noise: 3, season: 20, within: 24 },
  ])('by $rise in $hours h, with noise of $noise, is an incident within $within h', ({ within, ...rise }) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const delay = findDelay(rise, seed);
      expect(delay).not.toBeNull();
      expect(delay).toBeLessThanOrEqual(within);
    }
  });
});
