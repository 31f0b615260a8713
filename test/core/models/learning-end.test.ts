import { describe, expect, it } from 'vitest';
import { foretellLearning } from '../../../src/core/models/learning-end.ts';

const MINUTE_MS = 60_000;
const NOW_MS = Date.parse('2026-11-29T12:00:00Z');
const back = (...minutes: readonly number[]) => minutes.map((minute) => NOW_MS - minute * MINUTE_MS);

describe('the end of learning', () => {
  it.each([
    ['a sample a minute', back(0, 1, 2, 3, 4), 60],
    ['one that is missing', back(0, 1, 3, 4, 5), 60],
    ['a pause of a night', back(0, 1, 2, 600, 601, 602), 60],
    ['samples that came twice as often lately than before', back(0, 1, 2, 3, 4, 6, 8), 60],
    ['a newest sample that is late', back(10, 15, 20), 290],
  ])('is told by the median step: %s', (_name, newest, minutes) => {
    expect(foretellLearning(newest, 60)).toBe(NOW_MS + minutes * MINUTE_MS);
  });

  it.each([
    ['there is no sample', []],
    ['there are two', back(0, 1)],
    ['the times are absurd', [8.64e15, 0, -8.64e15]],
  ])('is not told where %s', (_name, newest) => {
    expect(foretellLearning(newest, 60)).toBeNull();
  });
});
