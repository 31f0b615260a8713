import { describe, expect, it } from 'vitest';
import { fitHeap } from '../../../src/platform/runtime/heap-share.ts';

describe('a cache', () => {
  it.each([
    ['is as large as it may be where the heap is large', 4e9, 40_000],
    ['takes no more than a fortieth of a small heap', 100e6, 5_000],
    ['holds one entry of any heap', 1, 1],
  ])('%s', (_title, heapBytes, expected) => {
    expect(fitHeap(40_000, 500, heapBytes)).toBe(expected);
  });
});
