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
  const { weekdays, from, to, timeZone } = window;
  return { weekly: { weekdays, from, to, timeZone } };
}

/** With the zone its clock is of. */
export function describeWindow(window: Window, zone: Zone): string {
  if ('start' in window)
    return `${formatTime(window.start, zone)} to ${formatTime(window.end, zone)}, ${nameZone(zone)}`;
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
  if (!('start' in window)) return isInWeekly(window, nowMs) ? 'now' : 'later';
  if (nowMs >= Date.parse(window.end)) return 'over';
  return nowMs >= Date.parse(window.start) ? 'now' : 'later';
}

type WeeklyWindow = Exclude<Window, { readonly start: string }>;

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
