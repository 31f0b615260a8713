/** Reads times as ISO 8601 and its relatives write them, alike on machines of any zone. */

/** A date, and a time of the day behind a T or a blank, if any; no zone. */
const ZONELESS = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?))?$/;
const ZONED = /\d:\d\d.*(?:Z|GMT|UTC|[+-]\d\d(?::?\d\d)?)$/i;

const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Whether a time lies in the years 1 to 9999 of UTC, in whatever zone it was written: PostgreSQL has no year 0, and what it
 * writes of the year 10000 is read by nobody. False for what is no time.
 */
export function isInYears(time: Date): boolean {
  const ms = time.getTime();
  return ms >= FIRST_MS && ms <= LAST_MS;
}

/**
 * Milliseconds since 1970. A time without a zone is of UTC, whatever the zone of this machine.
 * @returns NaN for what is no time, or one whose meaning depends on where it is read
 */
export function parseUtcTime(text: string): number {
  return isOfNoMonth(text) ? NaN : parse(text);
}

/** Date.parse takes the 30th of February for the 2nd of March. */
function isOfNoMonth(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(text) ?? [];
  if (year === undefined) return false;
  return Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}

function parse(text: string): number {
  const [, day, time = '00:00'] = ZONELESS.exec(text) ?? [];
  if (day !== undefined) return Date.parse(`${day}T${time.replace(',', '.')}Z`);
  // Date.parse wants the minutes of an offset.
  return ZONED.test(text) ? Date.parse(text.replace(/[+-]\d\d$/, '$&:00')) : NaN;
}
