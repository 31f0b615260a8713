/** Maintenance windows: times in which a rule sends no notifications, in words and as they are sent. */
import type { MaintenanceWindowInput, RuleRowFragment, Weekday } from '../generated/graphql.ts';
import { formatTime, nameZone } from '../parts/format-time.ts';
import type { Zone } from '../parts/preferences.ts';

export type Window = RuleRowFragment['maintenanceWindows'][number];

/** In the order of the week, with how they are written. */
export const WEEKDAYS = [
  ['MONDAY', 'Mon'],
  ['TUESDAY', 'Tue'],
  ['WEDNESDAY', 'Wed'],
  ['THURSDAY', 'Thu'],
  ['FRIDAY', 'Fri'],
  ['SATURDAY', 'Sat'],
  ['SUNDAY', 'Sun'],
] as const satisfies readonly (readonly [Weekday, string])[];

export function writeWindow(window: Window): MaintenanceWindowInput {
  if ('start' in window) return { once: { start: window.start, end: window.end } };
  if ('dates' in window) return { holidays: { dates: window.dates, timeZone: window.timeZone } };
  const { weekdays, from, to, timeZone } = window;
  return { weekly: { weekdays, from, to, timeZone } };
}

/** With the zone its clock is of. */
export function describeWindow(window: Window, zone: Zone): string {
  if ('start' in window)
    return `${formatTime(window.start, zone)} to ${formatTime(window.end, zone)}, ${nameZone(zone)}`;
  if ('dates' in window) return `${describeDates(window.dates)}, whole days, ${window.timeZone}`;
  const { weekdays, from, to, timeZone } = window;
  const days =
    weekdays.length === WEEKDAYS.length
      ? 'Every day'
      : WEEKDAYS.filter(([day]) => weekdays.includes(day))
          .map(([, text]) => text)
          .join(', ');
  return `${days}, ${from} to ${to}${to <= from ? ' of the next day' : ''}, ${timeZone}`;
}

/** Whether it has begun, is still to come, or can be forgotten. */
export function placeWindow(window: Window, nowMs: number): 'now' | 'later' | 'over' {
  if ('dates' in window) return placeHolidays(window, nowMs);
  if (!('start' in window)) return isInWeekly(window, nowMs) ? 'now' : 'later';
  if (nowMs >= Date.parse(window.end)) return 'over';
  return nowMs >= Date.parse(window.start) ? 'now' : 'later';
}

const SHOWN_DATES = 5;

function describeDates(dates: readonly string[]): string {
  const shown = dates.slice(0, SHOWN_DATES).map((date) => (isYearly(date) ? `${date} every year` : date));
  const more = dates.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** As the server tells days of one year from those of every year. */
function isYearly(date: string): boolean {
  return date.length === 'MM-DD'.length;
}

type HolidayWindow = Extract<Window, { readonly dates: unknown }>;

/** Over once its last day is, unless some come back every year. */
function placeHolidays({ dates, timeZone }: HolidayWindow, nowMs: number): 'now' | 'later' | 'over' {
  // The format of Sweden is that of ISO 8601.
  const today = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' }).format(nowMs);
  if (dates.some((date) => date === today || date === today.slice('YYYY-'.length))) return 'now';
  return dates.some((date) => isYearly(date) || date > today) ? 'later' : 'over';
}

type WeeklyWindow = Extract<Window, { readonly weekdays: unknown }>;

/** The clock of its zone decides; a window that ends at or before its beginning goes on past midnight. */
function isInWeekly({ weekdays, from, to, timeZone }: WeeklyWindow, nowMs: number): boolean {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(nowMs);
  const read = (wanted: Intl.DateTimeFormatPartTypes) =>
    parts.find(({ type }) => type === wanted)?.value ?? '';
  const clock = `${read('hour')}:${read('minute')}`;
  const today = WEEKDAYS.findIndex(([, text]) => text === read('weekday'));
  const begins = (place: number) => WEEKDAYS.some(([day], at) => at === place % 7 && weekdays.includes(day));
  if (from < to) return begins(today) && from <= clock && clock < to;
  return (begins(today) && clock >= from) || (begins(today + 6) && clock < to);
}
