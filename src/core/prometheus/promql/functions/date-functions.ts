/** Parts of a date in UTC, of seconds since 1970. Pure. */

export const DATE_FUNCTIONS = [
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
  'month',
  'year',
] as const;
export type DateFunction = (typeof DATE_FUNCTIONS)[number];

const DAY_MS = 86_400_000;

/** Days are counted from Sunday, which is 0; those of months and years from 1. */
const PARTS: Readonly<Record<DateFunction, (date: Date) => number>> = {
  day_of_month: (date) => date.getUTCDate(),
  day_of_week: (date) => date.getUTCDay(),
  day_of_year: (date) => 1 + Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / DAY_MS),
  days_in_month: (date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  hour: (date) => date.getUTCHours(),
  minute: (date) => date.getUTCMinutes(),
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
};

/** NaN of what is no time. */
export function readDatePart(name: DateFunction, seconds: number): number {
  return PARTS[name](new Date(Math.trunc(seconds) * 1000));
}
