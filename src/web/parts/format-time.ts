/** Times for people, in the browser's zone or in UTC. */
import type { Zone } from './preferences.ts';
import { serverClock } from '../api/server-clock.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

type Style = 'minute' | 'second' | 'day';

const OPTIONS: Readonly<Record<Style, Intl.DateTimeFormatOptions>> = {
  day: { weekday: 'short', day: 'numeric', month: 'short' },
  minute: {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  },
  second: {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  },
};

/** In the words of the browser's language; with its zone only where `second` is asked for, and the year where it is another. */
export function formatTime(
  time: number | string,
  zone: Zone,
  style: Style = 'minute',
  nowMs = serverClock.now(),
): string {
  const isLongAgo = readYear(new Date(time), zone) !== readYear(new Date(nowMs), zone);
  return new Intl.DateTimeFormat(undefined, {
    ...OPTIONS[style],
    ...(isLongAgo ? { year: 'numeric' } : {}),
    ...(style === 'second' ? { timeZoneName: 'short' } : {}),
    ...(zone === 'UTC' ? { timeZone: 'UTC' } : {}),
  }).format(new Date(time));
}

function readYear(date: Date, zone: Zone): number {
  return zone === 'UTC' ? date.getUTCFullYear() : date.getFullYear();
}

/** Such as Europe/Berlin, or UTC. */
export function nameZone(zone: Zone): string {
  return zone === 'UTC' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Such as 40 s, 5 min, 3 h or 2 d. */
export function formatSpan(ms: number): string {
  const span = Math.abs(ms);
  if (span < 2 * MINUTE_MS) return `${Math.round(span / 1000)} s`;
  if (span < 2 * HOUR_MS) return `${Math.round(span / MINUTE_MS)} min`;
  if (span < 2 * DAY_MS) return `${Math.round(span / HOUR_MS)} h`;
  return `${Math.round(span / DAY_MS)} d`;
}

/** How long learning goes on. @param endMs null when it is not known. @returns such as "about 3 h left"; empty when it is not known or over */
export function describeLearningLeft(endMs: number | null, nowMs: number): string {
  // What lies in the past was foretold for samples that are late, or did not come.
  return endMs === null || endMs <= nowMs ? '' : `about ${formatSpan(endMs - nowMs)} left`;
}

/** A number of seconds as it is typed, such as 10 min; empty where that says no more than the number. */
export function describeSeconds(text: string): string {
  const seconds = Number(text);
  return seconds >= 60 ? formatSpan(seconds * 1000) : '';
}

/** As a field of date and time takes it, in the zone. */
export function writeClock(ms: number, zone: Zone): string {
  const date = new Date(ms);
  // Local time has no format of its own: its clock is written as if it were that of UTC.
  const shiftMs = zone === 'UTC' ? 0 : date.getTimezoneOffset() * MINUTE_MS;
  return new Date(ms - shiftMs).toISOString().slice(0, 19);
}

/** @returns milliseconds since 1970 of what such a field holds; NaN when it holds no time */
export function readClock(text: string, zone: Zone): number {
  return Date.parse(zone === 'UTC' ? `${text}Z` : text);
}
