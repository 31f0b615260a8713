/** Times and durations in messages. */
import { DateTime } from 'luxon';

const TIME_FORMAT = 'cccc, LLLL dd, yyyy hh:mm a';
const SHORT_FORMAT = 'LLL d, hh:mm a ZZZZ';
const SHORT_UTC_FORMAT = "hh:mm a 'UTC'";

/** @param zone IANA name */
export function writeTime(time: Date, zone: string): string {
  return inZone(time, zone).toFormat(TIME_FORMAT);
}

/** Short name of a zone at a time, such as EDT. */
export function writeZone(time: Date, zone: string): string {
  return inZone(time, zone).toFormat('ZZZZ');
}

/** A line in UTC, and one in the zone where its clock shows another time then. */
export function listTimeLines(label: string, time: Date, zone: string): readonly string[] {
  const utc = `${label} (UTC): ${writeTime(time, 'UTC')}`;
  if (inZone(time, zone).offset === 0) return [utc];
  return [utc, `${label} (${writeZone(time, zone)}): ${writeTime(time, zone)}`];
}

/** Such as Mar 19, 04:23 PM EDT (08:23 PM UTC). */
export function writeShortTime(time: Date, zone: string): string {
  const local = inZone(time, zone);
  if (local.offset === 0) return inZone(time, 'UTC').toFormat(SHORT_FORMAT);
  return `${local.toFormat(SHORT_FORMAT)} (${inZone(time, 'UTC').toFormat(SHORT_UTC_FORMAT)})`;
}

/** In its two largest units, such as 1 h 20 min. */
export function writeDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = (first < 0 ? parts.slice(-1) : parts.slice(first, first + 2)).filter(
    ([count], place) => count > 0 || (place === 0 && first < 0),
  );
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

function inZone(time: Date, zone: string): DateTime {
  return DateTime.fromJSDate(time, { zone }).setLocale('en-US');
}
