import { describe, expect, it } from 'vitest';
import { createDueQueue } from '../../../src/platform/runtime/deadline-heap.ts';

describe('the queue of what is due', () => {
  it('gives what is due, earliest first, and keeps the rest', () => {
    const queue = createDueQueue();
    [50, 10, 40, 20, 30].forEach((dueMs, number) => queue.set(number, dueMs));
    expect(queue.takeDue(30)).toEqual([1, 3, 4]);
    expect(queue.takeDue(30)).toEqual([]);
    expect(queue.takeDue(100)).toEqual([2, 0]);
    expect(queue.size).toBe(0);
  });

  it('moves a number that is set again, earlier or later, and never holds it twice', () => {
    const queue = createDueQueue();
    for (let number = 0; number < 10; number += 1) queue.set(number, 100 + number);
    queue.set(9, 1);
    queue.set(0, 200);
    expect(queue.size).toBe(10);
    expect(queue.takeDue(1)).toEqual([9]);
    expect(queue.takeDue(150)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(queue.takeDue(200)).toEqual([0]);
  });

  it('keeps its order through thousands of changes', () => {
    const queue = createDueQueue();
    const expected = new Map<number, number>();
    // A fixed walk over numbers and times: multiplied by primes, the order is no order.
    for (let step = 0; step < 20_000; step += 1) {
      const number = (step * 7919) % 997;
      const dueMs = (step * 104_729) % 10_007;
      if (step % 5 === 0) {
        queue.delete(number);
        expected.delete(number);
      } else {
        queue.set(number, dueMs);
        expected.set(number, dueMs);
      }
    }
    expect(queue.size).toBe(expected.size);
    const times = queue.takeDue(Infinity).map((number) => expected.get(number) ?? -1);
    expect(times).toHaveLength(expected.size);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
