/** Whether anybody is notified of an incident, and why not. */
import { describe, expect, it } from 'vitest';
import { findMute, type Moment } from '../../../src/core/incidents/mute.ts';
import { fc } from '../../helpers/property.ts';
import { makeRule, START_MS } from './make-parts.ts';

const MINUTE_MS = 60_000;
/** Noon of a Friday. */
const MOMENT: Moment = { pointMs: START_MS, nowMs: START_MS, isSilenced: false, lastNotifiedMs: null };
const RULE = makeRule({ staleSeconds: 600, quietSeconds: 3600 });
const ago = (seconds: number) => START_MS - seconds * 1000;
const NIGHT = { weekdays: ['FRIDAY'], from: '22:00', to: '04:00', timeZone: 'UTC' } as const;

describe('An incident', () => {
  it.each([
    ['of now', {}, null],
    ['of ten minutes ago', { pointMs: ago(600) }, null],
    ['of longer ago', { pointMs: ago(601) }, 'STALE'],
    ['of a sender whose clock is ahead', { pointMs: START_MS + 86_400_000 }, null],
    ['that is silenced', { isSilenced: true }, 'SILENCE'],
    ['that is silenced and old', { isSilenced: true, pointMs: ago(601) }, 'STALE'],
    ['just after another one: they are in one message', { lastNotifiedMs: ago(4.999) }, null],
    ['once that message has gone', { lastNotifiedMs: ago(5) }, 'QUIET_PERIOD'],
    ['at the end of the quiet period', { lastNotifiedMs: ago(3_599.999) }, 'QUIET_PERIOD'],
    ['after it', { lastNotifiedMs: ago(3_600) }, null],
    ['after one by a clock that was put back', { lastNotifiedMs: START_MS + 60_000 }, null],
    ['silenced within the quiet period', { isSilenced: true, lastNotifiedMs: ago(60) }, 'SILENCE'],
  ])('%s', (_what, change, expected) => {
    expect(findMute(RULE, { ...MOMENT, ...change })).toBe(expected);
  });

  it.each([
    ['before the window', '21:59', '21:59', null],
    ['in it', '22:00', '22:00', 'MAINTENANCE'],
    ['of a point in it that comes after it', '03:59', '04:05', 'MAINTENANCE'],
    ['of a point before it that comes in it', '21:59', '22:03', 'MAINTENANCE'],
    ['after it', '04:00', '04:00', null],
  ])('%s of maintenance', (_what, point, now, expected) => {
    const read = (clock: string) => Date.parse(`2026-11-${clock < '12' ? '21' : '20'}T${clock}:00Z`);
    const moment = { ...MOMENT, pointMs: read(point), nowMs: read(now) };
    expect(findMute({ ...RULE, windows: [NIGHT] }, moment)).toBe(expected);
  });

  it('of a rule without a quiet period is notified of each time', () => {
    const seconds = fc.double({ min: 0, max: 100_000, noNaN: true });
    fc.assert(
      fc.property(seconds, (since) => {
        const moment = { ...MOMENT, lastNotifiedMs: ago(since) };
        expect(findMute({ ...RULE, quietSeconds: 0 }, moment)).toBeNull();
      }),
    );
  });

  it('that goes on is notified of at last, whatever it was muted by', () => {
    const mutes = fc.record({
      silencedMinutes: fc.nat(200),
      windowMinutes: fc.integer({ min: 1, max: 200 }),
      quietMinutes: fc.nat(200),
      notifiedMinutesAgo: fc.nat(100),
    });
    fc.assert(
      fc.property(mutes, ({ silencedMinutes, windowMinutes, quietMinutes, notifiedMinutesAgo }) => {
        const window = {
          start: new Date(START_MS).toISOString(),
          end: new Date(START_MS + windowMinutes * MINUTE_MS).toISOString(),
        };
        const rule = { ...RULE, windows: [window], quietSeconds: quietMinutes * 60 };
        const lastNotifiedMs = START_MS - notifiedMinutesAgo * MINUTE_MS;
        const first = Array.from({ length: 500 }, (_, minute) => minute).find((minute) => {
          const nowMs = START_MS + minute * MINUTE_MS;
          const isSilenced = minute < silencedMinutes;
          return findMute(rule, { pointMs: nowMs, nowMs, isSilenced, lastNotifiedMs }) === null;
        });
        expect(first).toBe(Math.max(silencedMinutes, windowMinutes, quietMinutes - notifiedMinutesAgo));
      }),
    );
  });
});
