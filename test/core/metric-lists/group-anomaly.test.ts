import { describe, expect, it } from 'vitest';
import { type GroupMember, scoreNow } from '../../../src/core/metric-lists/group-anomaly.ts';

function member(metricNumber: number, score: number | null, at: number, provisional = false): GroupMember {
  const scored = {
    expected: 1,
    low: 0,
    high: 2,
    rawScore: 0,
    view: null,
    seq: 1,
    episode: false,
    phase: null,
  };
  return {
    periodSeconds: 60,
    sample: { metricNumber, rowId: 1, timestampMs: at * 1000, value: 1, score, provisional, ...scored },
  };
}

describe('the score of a resource now', () => {
  it('is that of its metrics together, and names the strongest', () => {
    const now = scoreNow([member(1, 0.2, 600), member(2, 0.9999, 600), member(3, 0.9998, 590)]);
    expect(now).toMatchObject({ atMs: 600_000, strongestNumber: 2, memberCount: 3 });
    // Two of three as anomalous as one in some thousands, and no rarer than the rarest.
    expect(now?.score).toBeGreaterThan(0.9995);
    expect(now?.score).toBeLessThanOrEqual(0.9999);
  });

  it('says how many of its metrics are red, beside yellow, learning and late ones', () => {
    const members = [
      member(1, 0.999_995, 600),
      member(2, 0.999_991, 600),
      member(3, 0.9999, 600),
      member(4, 1, 600, true),
      member(5, 1, 479),
    ];
    expect(scoreNow(members)).toMatchObject({ memberCount: 3, anomalousCount: 2 });
  });

  it('leaves out who is late, unscored or still learning', () => {
    const late = member(1, 1, 479);
    const learning = member(2, 1, 600, true);
    const unscored = member(3, null, 600);
    const quiet = member(4, 0.3, 600);
    expect(scoreNow([late, learning, unscored, quiet])).toEqual({
      score: 0.3,
      atMs: 600_000,
      strongestNumber: 4,
      memberCount: 1,
      anomalousCount: 0,
    });
    expect(scoreNow([learning, unscored])).toBeNull();
    expect(scoreNow([])).toBeNull();
  });
});
