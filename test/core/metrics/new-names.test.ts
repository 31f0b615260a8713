import { describe, expect, it } from 'vitest';
import { createNewNames } from '../../../src/core/metrics/new-names.ts';

function create(sizes: Readonly<Record<number, number>>) {
  const clock = { ms: 0 };
  const names = createNewNames(
    { sizeOf: (accountId) => sizes[accountId] ?? 0 },
    { maxMetrics: 100, perMinute: 60, clockMs: () => clock.ms },
  );
  const takeMany = (accountId: number, count: number) =>
    Array.from({ length: count }, (_, pending) => names.take(accountId, pending)).filter(Boolean).length;
  return { names, clock, takeMany };
}

describe('new names', () => {
  it('are refused when the account has as many metrics as it may, those in the making among them', () => {
    const { names, takeMany } = create({ 1: 100, 2: 90 });
    expect([takeMany(1, 5), takeMany(2, 20), takeMany(3, 20)]).toEqual([0, 10, 20]);
    expect(names.explain(1)).toBe('the account has 100 metrics already (LAPWING_MAX_METRICS)');
  });

  it('are refused when the account adds too many within a minute, and taken again as time goes by', () => {
    const { names, clock, takeMany } = create({});
    expect(takeMany(1, 90)).toBe(60);
    expect(names.explain(1)).toContain('added 60 within a minute (LAPWING_MAX_NEW_METRICS_PER_MINUTE)');
    clock.ms = 10_000;
    expect(takeMany(1, 90)).toBe(10);
  });

  it('of one account cost no other', () => {
    const { takeMany } = create({});
    takeMany(1, 1_000);
    expect(takeMany(2, 50)).toBe(50);
  });
});
