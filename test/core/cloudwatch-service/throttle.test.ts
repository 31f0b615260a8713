/** How often an account may ask. */
import { describe, expect, it } from 'vitest';
import { createThrottle } from '../../../src/core/cloudwatch-service/throttle.ts';
import { fc } from '../../helpers/property.ts';

function openThrottle(perSecond: number, burst: number) {
  let nowMs = 1_800_000_000_000;
  const throttle = createThrottle({ perSecond, burst, now: () => new Date(nowMs) });
  const pass = (ms: number) => (nowMs += ms);
  const takeMany = (times: number, account = 1) =>
    Array.from({ length: times }, () => throttle.take(account)).filter(Boolean).length;
  return { takeMany, pass };
}

describe('An account that has rested', () => {
  it('may ask as often as its burst at once, then as often as its rate', () => {
    const { takeMany, pass } = openThrottle(10, 25);
    expect(takeMany(100)).toBe(25);
    pass(500);
    expect(takeMany(100)).toBe(5);
    pass(99);
    expect(takeMany(100)).toBe(0);
    pass(1);
    expect(takeMany(100)).toBe(1);
    pass(3_600_000);
    expect(takeMany(100)).toBe(25);
  });

  it('takes nothing from another', () => {
    const { takeMany } = openThrottle(1, 3);
    expect([takeMany(9, 1), takeMany(9, 2), takeMany(9, 1)]).toEqual([3, 3, 0]);
  });

  it('gains nothing by a clock that is put back', () => {
    const { takeMany, pass } = openThrottle(1, 2);
    expect(takeMany(5)).toBe(2);
    pass(-60_000);
    expect(takeMany(5)).toBe(0);
    pass(1_000);
    expect(takeMany(5)).toBe(1);
  });

  it('is among the ten thousand that are remembered, or begins anew', () => {
    const { takeMany } = openThrottle(1, 1);
    expect(takeMany(2, 1)).toBe(1);
    for (let account = 2; account <= 10_001; account += 1) takeMany(1, account);
    expect(takeMany(2, 1)).toBe(1);
  });
});

describe('Whatever an account does', () => {
  const step = fc.record({ ms: fc.nat(3_000), asks: fc.nat(20) });

  it('it never has more than its burst and what came back, nor less where it asked enough', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 30 }),
        fc.array(step, { maxLength: 20 }),
        (perSecond, burst, steps) => {
          const { takeMany, pass } = openThrottle(perSecond, burst);
          let tokens = burst;
          for (const { ms, asks } of steps) {
            pass(ms);
            tokens = Math.min(burst, tokens + (ms / 1000) * perSecond);
            const taken = takeMany(asks);
            // Thousandths of a request are lost or won by rounding alone.
            expect(taken).toBeLessThanOrEqual(tokens + 1e-6);
            expect(taken).toBeGreaterThanOrEqual(Math.min(asks, Math.floor(tokens - 1e-6)));
            tokens -= taken;
          }
        },
      ),
    );
  });
});
