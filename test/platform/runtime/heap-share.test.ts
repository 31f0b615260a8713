import { describe, expect, it } from 'vitest';
import { fitAnswer, fitAtOnce, fitHeap } from '../../../src/platform/runtime/heap-share.ts';

describe('a cache', () => {
  it.each([
    ['is as large as it may be where the heap is large', 4e9, 40_000],
    ['takes no more than a fortieth of a small heap', 100e6, 5_000],
    ['holds one entry of any heap', 1, 1],
  ])('%s', (_title, heapBytes, expected) => {
    expect(fitHeap(40_000, 500, heapBytes)).toBe(expected);
  });
});

it('an answer may take a quarter of the heap', () => {
  expect(fitAnswer(300, 4 * 2 ** 30)).toBe(3_579_139);
  // What docs and schema say: some 870 for each MB.
  expect(fitAnswer(300, 100 * 2 ** 20) / 100).toBeCloseTo(873, -1);
});

it.each([
  [100, 1],
  [512, 2],
  [2048, 8],
  [8192, 8],
])('of work that takes 128 MB, half of a heap of %i MB has room for %i at once', (heapMb, expected) => {
  expect(fitAtOnce(8, 128 * 2 ** 20, heapMb * 2 ** 20)).toBe(expected);
});
