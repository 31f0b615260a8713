/** Reads times as ISO 8601 and its relatives write them, alike on machines of any zone. */

/** A date, and a time of the day behind a T or a blank, if any; no zone. */
const ZONELESS = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?))?$/;
const ZONED = /\d:\d\d.*(?:Z|GMT|UTC|[+-]\d\d(?::?\d\d)?)$/i;

/**
 * Milliseconds since 1970. A time without a zone is of UTC, whatever the zone of this machine.
 * @returns NaN for what is no time, or one whose meaning depends on where it is read
 */
export function parseUtcTime(text: string): number {
  const [, day, time = '00:00'] = ZONELESS.exec(text) ?? [];
  if (day !== undefined) return Date.parse(`${day}T${time.replace(',', '.')}Z`);
  // Date.parse wants the minutes of an offset.
  return ZONED.test(text) ? Date.parse(text.replace(/[+-]\d\d$/, '$&:00')) : NaN;
}
