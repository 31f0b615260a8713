import { expect, test } from 'vitest';
import { createRateLimit } from '../../../src/platform/runtime/token-bucket.ts';

test('a caller may ask so often on average, and more at once after a pause; others are not held back', () => {
  let nowMs = 0;
  const rate = createRateLimit(10, { atOnce: 50, clockMs: () => nowMs });
  const granted = (caller: string, times: number) =>
    Array.from({ length: times }, () => rate.take(caller)).filter(Boolean).length;
  expect(granted('a', 100)).toBe(50);
  expect([rate.hasLeft('a'), rate.hasLeft('b')]).toEqual([false, true]);
  expect(granted('b', 1)).toBe(1);
  nowMs = 99;
  expect(granted('a', 5)).toBe(0);
  nowMs = 1_101;
  expect(granted('a', 50)).toBe(11);
  nowMs = 1_000_000;
  expect(granted('a', 100)).toBe(50);
});
