import { describe, expect, test } from 'vitest';
import { createDueWaves } from '../../../src/platform/runtime/delay-batches.ts';

describe('due waves', () => {
  test('keep each metric for the whole window, and no more than a tenth beyond it', () => {
    let nowMs = 5000;
    const waves = createDueWaves(1000, () => nowMs);
    expect(waves.waitMs()).toBeNull();
    waves.add(1, 10);
    nowMs += 99;
    waves.add(2, 20);
    nowMs += 1;
    waves.add(1, 30);
    expect(waves.waitMs()).toBe(999);
    expect(waves.take()).toBeNull();
    nowMs += 999;
    expect([...(waves.take() ?? [])]).toEqual([
      [1, 10],
      [2, 20],
    ]);
    expect(waves.take()).toBeNull();
    expect(waves.waitMs()).toBe(1);
    nowMs += 1;
    expect([...(waves.take() ?? [])]).toEqual([[1, 30]]);
    expect(waves.waitMs()).toBeNull();
  });

  test('do not become more and more when nobody takes them', () => {
    let nowMs = 0;
    const waves = createDueWaves(1000, () => nowMs);
    for (let i = 0; i < 1000; i++) {
      nowMs += 100;
      waves.add(1, nowMs);
    }
    expect(waves.size).toBe(20);
    nowMs += 1000;
    let last = 0;
    for (let wave = waves.take(); wave !== null; wave = waves.take()) last = wave.get(1) ?? 0;
    expect(last).toBe(100_000);
  });

  test('without a window are due at once', () => {
    const waves = createDueWaves(0, () => 7);
    waves.add(1, 10);
    expect(waves.waitMs()).toBe(0);
    expect([...(waves.take() ?? [])]).toEqual([[1, 10]]);
  });
});
