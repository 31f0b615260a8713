/** When the wall is read again: see PlannedRead. Its clock is the test's. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PlannedRead } from '../../src/web/wall/planned-read.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Reads that take so long, as the wall has them. */
function open(takesMs: number) {
  const begun: number[] = [];
  const reads = new PlannedRead(() => {
    begun.push(Date.now() - startMs);
    void reads.during(new Promise((resolve) => setTimeout(resolve, takesMs)));
  });
  const startMs = Date.now();
  return { reads, begun };
}

it('is done once for all changes of half a second', async () => {
  const { reads, begun } = open(100);
  for (let count = 0; count < 40; count++) {
    reads.plan(500);
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(10_000);
  expect(begun).toEqual([500]);
});

it('is done again and again while changes never cease, and never cut short by them', async () => {
  const { reads, begun } = open(1_500);
  for (let count = 0; count < 100; count++) {
    reads.plan(500);
    await vi.advanceTimersByTimeAsync(100);
  }
  // Half a second after the first change, and after the end of each reading.
  expect(begun).toEqual([500, 2_500, 4_500, 6_500, 8_500]);
});

it('is done at once when somebody asks, whatever is read', async () => {
  const { reads, begun } = open(1_500);
  reads.plan(3_000);
  reads.plan(0);
  await vi.advanceTimersByTimeAsync(200);
  reads.plan(0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(begun).toEqual([0, 200]);
});

it('keeps the sooner of two times', async () => {
  const { reads, begun } = open(10);
  reads.plan(3_000);
  reads.plan(500);
  reads.plan(2_000);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(begun).toEqual([500]);
});

it('is not done once it is cancelled', async () => {
  const { reads, begun } = open(100);
  reads.plan(0);
  await vi.advanceTimersByTimeAsync(50);
  reads.plan(500);
  reads.cancel();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(begun).toEqual([0]);
});
