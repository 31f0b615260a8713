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

  it('never begins before what CloudWatch keeps of that period', () => {
    const now = at('2015-11-01T12:00:00Z');
    const rules = { ...RULES, historyMs: 100 * 86_400_000 };
    const reach = (periodSeconds: number) =>
      (now - planReading({ periodSeconds, fromMs: null }, rules, now).fromMs) / 86_400_000;
    expect([10, 60, 300, 3600].map(reach)).toEqual([0.125, 15, 63, 100]);
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
