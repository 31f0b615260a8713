import { describe, expect, it } from 'vitest';
import {
  findWindowFlaw,
  isInMaintenance,
  type MaintenanceWindow,
  WEEKDAYS,
} from '../../../src/core/incidents/maintenance-window.ts';
import { fc } from '../../helpers/property.ts';

const isIn = (window: MaintenanceWindow, time: string) => isInMaintenance([window], Date.parse(time));

describe('a maintenance window', () => {
  it('lasts from one instant up to another', () => {
    const window = { start: '2026-11-20T10:00:00Z', end: '2026-11-20T11:00:00+00:00' };
    const times = ['09:59:59.999', '10:00:00', '10:59:59.999', '11:00:00'];
    expect(times.map((time) => isIn(window, `2026-11-20T${time}Z`))).toEqual([false, true, true, false]);
  });

  it('comes every week, by the clock of its zone, winter and summer', () => {
    const window = { weekdays: ['SUNDAY'], from: '02:00', to: '04:00', timeZone: 'Europe/Berlin' } as const;
    expect(isIn(window, '2026-01-11T01:30:00Z')).toBe(true);
    expect(isIn(window, '2026-07-12T01:30:00Z')).toBe(true);
    expect(isIn(window, '2026-01-11T00:30:00Z')).toBe(false);
    expect(isIn(window, '2026-07-12T00:30:00Z')).toBe(true);
    expect(isIn(window, '2026-01-12T01:30:00Z')).toBe(false);
  });

  it('goes on past midnight into a day that is not listed', () => {
    const window = { weekdays: ['SATURDAY'], from: '22:00', to: '06:00', timeZone: 'UTC' } as const;
    const times = ['21T21:59', '21T22:00', '22T05:59', '22T06:00', '22T22:00', '21T05:00'];
    expect(times.map((time) => isIn(window, `2026-11-${time}:00Z`))).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('is on the holidays of its zone, of one year or of every year, also where a day has 23 or 25 hours', () => {
    const window = { dates: ['2026-03-29', '2026-10-25', '12-25', '02-29'], timeZone: 'Europe/Berlin' };
    expect(findWindowFlaw(window)).toBeNull();
    const on = [
      ['2026-03-28T22:59:59Z', '2026-03-28T23:00:00Z', '2026-03-29T21:59:59Z', '2026-03-29T22:00:00Z'],
      ['2026-10-24T21:59:59Z', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', '2026-10-25T23:00:00Z'],
      ['2031-12-24T22:59:59Z', '2031-12-24T23:00:00Z', '2031-12-25T22:59:59Z', '2031-12-25T23:00:00Z'],
      ['2028-02-28T22:59:59Z', '2028-02-28T23:00:00Z', '2028-02-29T22:59:59Z', '2028-02-29T23:00:00Z'],
    ];
    for (const times of on) {
      expect(times.map((time) => isIn(window, time))).toEqual([false, true, true, false]);
    }
    expect(isIn(window, '2027-03-29T12:00:00Z')).toBe(false);
    expect(isIn(window, '2027-03-01T12:00:00Z')).toBe(false);
  });

  it('may be a whole day', () => {
    const window = { weekdays: ['MONDAY'], from: '00:00', to: '24:00', timeZone: 'UTC' } as const;
    expect(
      ['22T23:59', '23T00:00', '23T23:59', '24T00:00'].map((t) => isIn(window, `2026-11-${t}:00Z`)),
    ).toEqual([false, true, true, false]);
  });

  it.each([
    ['end', { start: '2026-11-20T11:00:00Z', end: '2026-11-20T11:00:00Z' }],
    ['weekdays', { weekdays: [], from: '00:00', to: '01:00', timeZone: 'UTC' }],
    ['from', { weekdays: ['MONDAY'], from: '24:00', to: '01:00', timeZone: 'UTC' }],
    ['dates', { dates: [], timeZone: 'UTC' }],
    ['dates', { dates: Array.from({ length: 501 }, () => '12-25'), timeZone: 'UTC' }],
    ['dates.1', { dates: ['12-25', '2027-02-29'], timeZone: 'UTC' }],
    ['dates.0', { dates: ['25.12.2026'], timeZone: 'UTC' }],
    ['dates.0', { dates: ['13-01'], timeZone: 'UTC' }],
    ['timeZone', { dates: ['12-25'], timeZone: 'Mars' }],
    ['to', { weekdays: ['MONDAY'], from: '22:00', to: '6:00', timeZone: 'UTC' }],
    ['timeZone', { weekdays: ['MONDAY'], from: '22:00', to: '06:00', timeZone: 'Mars/Base' }],
  ] as const)('is refused for its %s', (field, window) => {
    expect(findWindowFlaw(window)?.field).toBe(field);
  });
});

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
];
/** A week around the changes of the clock in autumn and spring, and the skipped day of Samoa in 2011. */
const TIME = fc
  .tuple(
    fc.constantFrom('2026-10-25', '2026-03-29', '2026-11-01', '2026-04-05', '2011-12-30'),
    fc.integer({ min: -4320, max: 4320 }),
  )
  .map(([day, minutes]) => Date.parse(`${day}T00:00:00Z`) + minutes * 60_000);
const CLOCK = fc
  .tuple(fc.nat(23), fc.nat(59))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));

/** What Intl says of the clock on the wall. */
function readWall(timeMs: number, timeZone: string) {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'long',
    hour: '2-digit',
    minute: '2-digit',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(timeMs);
  const find = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return {
    weekday: find('weekday').toUpperCase(),
    clock: `${find('hour')}:${find('minute')}`,
    date: `${find('year')}-${find('month')}-${find('day')}`,
  };
}

describe('whatever the time and the zone,', () => {
  it('a weekly window lasts by the clock on the wall, into the next day where it ends no later than it begins', () => {
    fc.assert(
      fc.property(
        TIME,
        fc.constantFrom(...ZONES),
        fc.subarray([...WEEKDAYS]),
        CLOCK,
        CLOCK,
        (timeMs, timeZone, weekdays, from, to) => {
          const { weekday, clock } = readWall(timeMs, timeZone);
          const before = WEEKDAYS.at(WEEKDAYS.findIndex((day) => day === weekday) - 1) ?? 'MONDAY';
          const [beginsToday, beganBefore] = [
            weekdays.some((day) => day === weekday),
            weekdays.includes(before),
          ];
          const expected =
            from < to
              ? beginsToday && from <= clock && clock < to
              : (beginsToday && from <= clock) || (beganBefore && clock < to);
          expect(isInMaintenance([{ weekdays, from, to, timeZone }], timeMs)).toBe(expected);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('a holiday is the day that the calendar on the wall shows', () => {
    fc.assert(
      fc.property(
        TIME,
        fc.constantFrom(...ZONES),
        TIME,
        fc.boolean(),
        (timeMs, timeZone, other, isYearly) => {
          const named = readWall(other, timeZone).date.slice(isYearly ? 5 : 0);
          const { date } = readWall(timeMs, timeZone);
          expect(isInMaintenance([{ dates: ['2020-01-01', named], timeZone }], timeMs)).toBe(
            date.endsWith(named),
          );
        },
      ),
      { numRuns: 400 },
    );
  });
});
