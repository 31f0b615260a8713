/** Maintenance windows: times in which a rule notifies nobody. Pure. */
import { DateTime, IANAZone } from 'luxon';

export const WEEKDAYS = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
] as const;
type Weekday = (typeof WEEKDAYS)[number];

/** From one instant to another; ISO 8601, the end is not part of it. */
export interface OneOffWindow {
  readonly start: string;
  readonly end: string;
}

/** Every week. `to` at or before `from` is on the next day; clock changes of the zone are followed. */
export interface WeeklyWindow {
  /** The days it begins on. */
  readonly weekdays: readonly Weekday[];
  /** Hours and minutes, 00:00 to 23:59; `to` may be 24:00. */
  readonly from: string;
  readonly to: string;
  /** IANA name. */
  readonly timeZone: string;
}

/** Whole days, such as public holidays, from midnight to midnight by the clock of a zone. */
export interface HolidayWindow {
  /** As 2026-12-25, or as 12-25 for every year; 02-29 is a day of leap years alone. */
  readonly dates: readonly string[];
  /** IANA name. */
  readonly timeZone: string;
}

export type MaintenanceWindow = OneOffWindow | WeeklyWindow | HolidayWindow;

const CLOCK = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;
const DAY_MINUTES = 1440;
const DATE = /^(?:\d{4}-)?\d{2}-\d{2}$/;
/** One that has every day there can be. */
const LEAP_YEAR = '2024';
const MAX_DATES = 500;

export function isTimeZone(name: string): boolean {
  return IANAZone.isValidZone(name);
}

/** What is wrong with a window, and in which of its fields; null for a good one. */
export function findWindowFlaw(
  window: MaintenanceWindow,
): { readonly field: string; readonly flaw: string } | null {
  if ('start' in window) {
    const isForward = Date.parse(window.start) < Date.parse(window.end);
    return isForward
      ? null
      : { field: 'end', flaw: `expected a time after ${window.start}, got ${window.end}` };
  }
  if ('dates' in window) return findHolidayFlaw(window);
  const { weekdays, from, to, timeZone } = window;
  if (weekdays.length === 0) return { field: 'weekdays', flaw: 'expected at least one day' };
  for (const [field, clock] of Object.entries({ from, to })) {
    const isGood = CLOCK.test(clock) && (field === 'to' || clock !== '24:00');
    if (!isGood) return { field, flaw: `expected hours and minutes such as 22:30, got ${quote(clock)}` };
  }
  return findZoneFlaw(timeZone);
}

function findHolidayFlaw({ dates, timeZone }: HolidayWindow): ReturnType<typeof findWindowFlaw> {
  if (dates.length === 0) return { field: 'dates', flaw: 'expected at least one date' };
  if (dates.length > MAX_DATES) {
    return { field: 'dates', flaw: `expected at most ${MAX_DATES} dates, got ${dates.length}` };
  }
  const bad = dates.findIndex((date) => !isDate(date));
  if (bad < 0) return findZoneFlaw(timeZone);
  const flaw = `expected a day such as 2026-12-25, or 12-25 for every year, got ${quote(dates[bad] ?? '')}`;
  return { field: `dates.${bad}`, flaw };
}

function isDate(text: string): boolean {
  const full = text.length === 5 ? `${LEAP_YEAR}-${text}` : text;
  return DATE.test(text) && DateTime.fromISO(full, { zone: 'UTC' }).isValid;
}

function findZoneFlaw(timeZone: string): ReturnType<typeof findWindowFlaw> {
  if (isTimeZone(timeZone)) return null;
  return { field: 'timeZone', flaw: `expected an IANA name such as Europe/Berlin, got ${quote(timeZone)}` };
}

/** @param windows without a flaw */
export function isInMaintenance(windows: readonly MaintenanceWindow[], timeMs: number): boolean {
  return windows.some((window) => {
    if ('dates' in window) return isOnHoliday(window, timeMs);
    if (!('start' in window)) return isInWeekly(window, timeMs);
    return Date.parse(window.start) <= timeMs && timeMs < Date.parse(window.end);
  });
}

function isOnHoliday({ dates, timeZone }: HolidayWindow, timeMs: number): boolean {
  const local = DateTime.fromMillis(timeMs, { zone: timeZone });
  return dates.includes(local.toFormat('yyyy-MM-dd')) || dates.includes(local.toFormat('MM-dd'));
}

function isInWeekly({ weekdays, from, to, timeZone }: WeeklyWindow, timeMs: number): boolean {
  const local = DateTime.fromMillis(timeMs, { zone: timeZone });
  const minute = local.hour * 60 + local.minute;
  const [begin, end] = [readClock(from), readClock(to)];
  const begins = (day: number) => weekdays.includes(WEEKDAYS[(day + 6) % 7] ?? 'MONDAY');
  if (begin < end) return begins(local.weekday) && begin <= minute && minute < end;
  // It goes on past midnight: this is its evening, or the morning after.
  return (begins(local.weekday) && minute >= begin) || (begins(local.weekday + 6) && minute < end);
}

/** Minutes since midnight. */
function readClock(clock: string): number {
  const [, hours, minutes] = CLOCK.exec(clock) ?? [];
  return hours === undefined ? DAY_MINUTES : Number(hours) * 60 + Number(minutes);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
