import { describe, expect, it } from 'vitest';
import { groupReadings, planReading } from '../../../../src/core/sources/aws/window.ts';

const RULES = { settleMs: 360_000, historyMs: 14 * 86_400_000 };
const at = (time: string) => Date.parse(time);

describe('the window of a reading', () => {
  it('begins 14 days back for a new metric and ends at the last settled period (row 36)', () => {
    const now = at('2015-11-01T12:00:00Z');
    expect(planReading({ periodSeconds: 300, fromMs: null }, RULES, now)).toEqual({
      fromMs: at('2015-10-18T12:00:00Z'),
      toMs: at('2015-11-01T11:50:00Z'),
    });
  });

  it('ends six minutes ago, cut to whole periods, and begins two periods early (row 37)', () => {
    const fromMs = at('2015-11-01T09:00:00Z');
    expect(planReading({ periodSeconds: 300, fromMs }, RULES, at('2015-11-01T12:00:00Z'))).toEqual({
      fromMs: at('2015-11-01T08:50:00Z'),
      toMs: at('2015-11-01T11:50:00Z'),
    });
  });

  // Periods before the end of the window, 11:50: up to where it was read, the newest sample, where it begins.
  it.each([
    [1, 2, 3],
    [1, 3, 3],
    // Values are missing: from the first of them on.
    [1, 4, 3],
    [1, 5, 4],
    [1, 20, 19],
    [4, 20, 19],
    [1, 36, 35],
    // No further back than others are read along.
    [1, 37, 36],
    [1, 5000, 36],
    [1, null, 36],
    // The newest is ahead of what was read: pushed, or of a clock that was wrong.
    [1, -5, 3],
    // History is not longer for it.
    [100, 120, 102],
    [100, null, 102],
  ])('read up to %d, newest %s: begins at %d', (readTo, newest, begins) => {
    const end = at('2015-11-01T11:50:00Z');
    const reading = {
      periodSeconds: 300,
      fromMs: end - readTo * 300_000,
      newestMs: newest === null ? null : end - newest * 300_000,
    };
    const { fromMs } = planReading(reading, RULES, at('2015-11-01T12:00:00Z'));
    expect((end - fromMs) / 300_000).toBe(begins);
  });

  it('is not longer for those that have values than it was, where others have none', () => {
    const end = at('2015-11-01T11:50:00Z');
    const fromMs = end - 300_000;
    const readings = Array.from({ length: 10 }, (_, index) => ({
      periodSeconds: 300,
      fromMs,
      newestMs: index % 2 === 0 ? fromMs - 300_000 : null,
    }));
    const groups = groupReadings(readings, RULES, at('2015-11-01T12:00:00Z'));
    expect(groups.map((group) => [group.readings.length, (end - group.fromMs) / 300_000])).toEqual([
      [5, 3],
      [5, 36],
    ]);
  });

  it.each([
    // Days of history, settling time in seconds, period in seconds.
    [1, 360, 86_400],
    [1, 86_400, 300],
    [1, 43_200, 43_200],
    [14, 360, 86_400],
    [1, 0, 60],
    [14, 14_400, 10],
  ])(
    'has a period in it for a new metric: %d days, settled after %d s, by %d s',
    (days, settled, periodSeconds) => {
      const rules = { settleMs: settled * 1000, historyMs: days * 86_400_000 };
      for (const now of ['2015-11-01T00:00:00Z', '2015-11-01T00:06:00Z', '2015-11-01T12:00:00.001Z'].map(
        at,
      )) {
        const [group] = groupReadings([{ periodSeconds, fromMs: null, newestMs: null }], rules, now);
        expect(group?.toMs).toBeLessThanOrEqual(now - rules.settleMs);
        expect((group?.toMs ?? 0) - (group?.fromMs ?? 0)).toBeGreaterThanOrEqual(periodSeconds * 1000);
        expect((group?.fromMs ?? 1) % (periodSeconds * 1000)).toBe(0);
      }
    },
  );

  it('never begins before what CloudWatch keeps of that period', () => {
    const now = at('2015-11-01T12:00:00Z');
    const rules = { ...RULES, historyMs: 455 * 86_400_000 };
    const reach = (periodSeconds: number) =>
      Math.ceil((now - planReading({ periodSeconds, fromMs: null }, rules, now).fromMs) / 3_600_000);
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html: multiples of 60, 300, 3600.
    expect([10, 30].map(reach)).toEqual([3, 3]);
    expect([60, 240, 360, 420, 3660].map(reach)).toEqual([360, 360, 360, 360, 360]);
    expect([300, 900, 5400].map(reach)).toEqual([1512, 1512, 1512]);
    expect([3600, 86_400].map(reach)).toEqual([10_920, 10_908]);
  });

  it('asks for what is nearly up to date in one window, and for history in bounded ones', () => {
    const now = at('2015-11-01T12:00:00Z');
    const ends = at('2015-11-01T11:50:00Z');
    const live = Array.from({ length: 400 }, (_, index) => ({
      periodSeconds: 300,
      fromMs: ends - (1 + (index % 5)) * 300_000,
    }));
    const fresh = Array.from({ length: 100 }, () => ({ periodSeconds: 300, fromMs: null }));
    const groups = groupReadings([...fresh, ...live], RULES, now);
    expect(groups.map(({ readings }) => readings.length)).toEqual([400, 100]);
    expect(groups[0]).toMatchObject({ fromMs: ends - 7 * 300_000, toMs: ends });
    const [, history] = groups;
    expect((history?.toMs ?? 0) - (history?.fromMs ?? 0)).toBe(250 * 300_000);
  });

  it('leaves out what has no new period', () => {
    const now = at('2015-11-01T12:00:00Z');
    expect(groupReadings([{ periodSeconds: 300, fromMs: at('2015-11-01T11:50:00Z') }], RULES, now)).toEqual(
      [],
    );
  });

  it('keeps periods apart and brings every metric of a group further', () => {
    const now = at('2015-11-01T12:00:00Z');
    const readings = Array.from({ length: 60 }, (_, index) => ({
      periodSeconds: index % 2 === 0 ? 60 : 300,
      fromMs: now - (index * 7 + 1) * 3_600_000,
    }));
    const groups = groupReadings(readings, RULES, now);
    expect(groups.flatMap((group) => group.readings)).toHaveLength(60);
    for (const { readings: members, toMs } of groups) {
      expect(new Set(members.map(({ periodSeconds }) => periodSeconds)).size).toBe(1);
      for (const { fromMs } of members) expect(toMs).toBeGreaterThan(fromMs);
    }
  });
});
