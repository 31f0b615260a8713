/** Reads times as ISO 8601 and its relatives write them, alike on machines of any zone. */

const ZONE = String.raw`Z|GMT|UTC|[+-]\d\d(?::?\d\d)?`;
/** A date, and a time of the day behind a T or a blank, if any; its zone, if any. */
const ISO = new RegExp(
  String.raw`^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt ](\d\d?:\d\d(?::\d\d(?:[.,]\d{1,9})?)?) ?(${ZONE})?)?$`,
  'i',
);
/** As mail and HTTP have it: the day of the week may be left out, the zone may not. */
const MAIL = new RegExp(
  String.raw`^(?:[a-z]{3}, *)?(\d\d?) ([a-z]{3}) (\d{4}) (\d\d:\d\d(?::\d\d)?) (${ZONE})$`,
  'i',
);
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

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
 * Milliseconds since 1970. A time without a zone is of UTC, whatever the zone of this machine. Date.parse is given nothing but ISO 8601:
 * of other texts it makes something of nearly all, 2 January of 01.02.2026, the next month of a day that no month has, and UTC of
 * `-0500 UTC`.
 * @returns NaN for what is no time, or one whose meaning depends on where it is read
 */
export function parseUtcTime(text: string): number {
  const [, year = '', month = '', day = '', time = '00:00', zone = 'Z'] = ISO.exec(text) ?? reorder(text);
  if (!isDay(Number(year), Number(month), Number(day))) return NaN;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return Date.parse(`${date}T${writeTime(time)}${writeZone(zone)}`);
}

/** The parts of a time of mail in the order of ISO. */
function reorder(text: string): readonly string[] {
  const [whole, day = '', month = '', year = '', time = '', zone = ''] = MAIL.exec(text) ?? [];
  if (whole === undefined) return [];
  return [whole, year, String(MONTHS.indexOf(month.toLowerCase()) + 1), day, time, zone];
}

/** Date.parse takes the 30th of February for the 2nd of March. */
function isDay(year: number, month: number, day: number): boolean {
  return day >= 1 && month >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function writeTime(time: string): string {
  const text = time.replace(',', '.');
  return text.indexOf(':') === 1 ? `0${text}` : text;
}

/** Date.parse wants the minutes of an offset. */
function writeZone(zone: string): string {
  const [, hours, minutes = '00'] = /^([+-]\d\d):?(\d\d)?$/.exec(zone) ?? [];
  return hours === undefined ? 'Z' : `${hours}:${minutes}`;
}
