import { describe, expect, test } from 'vitest';
import { SharedRead } from '../../../src/platform/runtime/shared-read.ts';
import { createDeferred, type Deferred } from '../../helpers/deferred.ts';

/** Reads that are answered by hand, in the order they began. */
function openReads(restMs: number) {
  const begun: Deferred<number>[] = [];
  const waiting: (() => void)[] = [];
  const shared = new SharedRead(() => {
    const read = createDeferred<number>();
    begun.push(read);
    for (const wake of waiting.splice(0)) wake();
    return read.promise;
  }, restMs);
  const begin = async (count: number) => {
    while (begun.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return begun[count - 1];
  };
  return { shared, begun, begin };
}

describe('a shared read', () => {
  test('is one for all who ask before it begins', async () => {
    const { shared, begun, begin } = openReads(0);
    const answers = Array.from({ length: 1000 }, () => shared.read());
    (await begin(1))?.resolve(7);
    expect(new Set(await Promise.all(answers))).toEqual(new Set([7]));
    expect(begun).toHaveLength(1);
  });

  test('that has begun answers nobody who asks later: they share the next one', async () => {
    const { shared, begun, begin } = openReads(0);
    const early = shared.read();
    const first = await begin(1);
    const late = [shared.read(), shared.read()];
    expect(begun).toHaveLength(1);
    first?.resolve(1);
    expect(await early).toBe(1);
    (await begin(2))?.resolve(2);
    expect(await Promise.all(late)).toEqual([2, 2]);
  });

  test('that fails is the failure of those who shared it alone', async () => {
    const { shared, begin } = openReads(0);
    const early = shared.read();
    (await begin(1))?.reject(new Error('away'));
    await expect(early).rejects.toThrow('away');
    const late = shared.read();
    (await begin(2))?.resolve(2);
    expect(await late).toBe(2);
  });

  test('begins no sooner than its rest after the one before', async () => {
    const restMs = 50;
    const { shared, begin } = openReads(restMs);
    const early = shared.read();
    const first = await begin(1);
    const beganMs = performance.now();
    first?.resolve(1);
    await early;
    void shared.read();
    (await begin(2))?.resolve(2);
    // Timers count whole milliseconds.
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(restMs - 2);
  });
});
