/**
 * What each stream usually is at this time: by half-hour of the day, and by hour of the week once a week has been
 * seen. The weekly memory is believed for a stream only while it has been clearly better there than the daily one.
 * Times are those of the metric's clock.
 */
import { readCell } from './cells.ts';
import type { Clock } from './clock.ts';
import { STREAM_KINDS } from './streams.ts';

const HALF_HOUR_MS = 1_800_000;
const HOUR_MS = 3_600_000;
const DAY_SLOTS = 48;
const WEEK_SLOTS = 168;
const STREAMS = STREAM_KINDS.length;
/** A slot is believed once it has been visited more often than this. */
const VISITS_NEEDED = 3;
/** Memory of a slot in visits: at least this many, and at least this many days. */
const DAY_MEMORY = { visits: 25, days: 4 };
const WEEK_MEMORY_VISITS = 40;
/** Rows the level before any profile remembers. */
const SLOW_ROWS = 1000;
/** The weekly memory is believed below this share of the daily one's recent error. */
const CLEARLY_BETTER = 0.6;
const ERROR_WEIGHT = 0.002;

export interface Profile {
  /** Subtracted before storing, so that 32 bits are precise wherever the metric lies. */
  readonly anchors: Float64Array;
  readonly slow: Float64Array;
  readonly day: Float32Array;
  readonly dayVisits: Float32Array;
  readonly week: Float32Array;
  readonly weekVisits: Float32Array;
  readonly dayErrors: Float64Array;
  readonly weekErrors: Float64Array;
}

/** The places of a time in the profile. */
export interface Slots {
  readonly day: number;
  readonly week: number;
  readonly dayKnown: boolean;
  readonly weekKnown: boolean;
}

export function createProfile(): Profile {
  return {
    anchors: new Float64Array(STREAMS),
    slow: new Float64Array(STREAMS),
    day: new Float32Array(DAY_SLOTS * STREAMS),
    dayVisits: new Float32Array(DAY_SLOTS),
    week: new Float32Array(WEEK_SLOTS * STREAMS),
    weekVisits: new Float32Array(WEEK_SLOTS),
    dayErrors: new Float64Array(STREAMS),
    weekErrors: new Float64Array(STREAMS),
  };
}

function slotOf(localMs: number, slotMs: number, slots: number): number {
  const slot = Math.floor(localMs / slotMs) % slots;
  return slot < 0 ? slot + slots : slot;
}

/** @param localMs the time as its zone gives it */
export function findSlots(profile: Profile, clock: Clock, localMs: number): Slots {
  const day = slotOf(localMs, HALF_HOUR_MS, DAY_SLOTS);
  const week = slotOf(localMs, HOUR_MS, WEEK_SLOTS);
  // One full visit: every row of one such hour. Before, the hour is only partly known.
  const rowsPerHour = clock.stepMs > 0 ? HOUR_MS / clock.stepMs : Infinity;
  return {
    day,
    week,
    dayKnown: readCell(profile.dayVisits, day) >= VISITS_NEEDED,
    weekKnown: readCell(profile.weekVisits, week) >= rowsPerHour,
  };
}

/** What a stream usually is by time of day, or lately where the time of day is not known yet. */
export function recallDay(profile: Profile, slots: Slots, stream: number): number {
  if (!slots.dayKnown) return readCell(profile.slow, stream);
  return readCell(profile.anchors, stream) + readCell(profile.day, slots.day * STREAMS + stream);
}

/** What a stream usually is by hour of the week; only sound where `slots.weekKnown`. */
export function recallWeek(profile: Profile, slots: Slots, stream: number): number {
  return readCell(profile.anchors, stream) + readCell(profile.week, slots.week * STREAMS + stream);
}

/** Whether a value so far off now would be at home at another time of the day. */
export function fitsElsewhere(profile: Profile, stream: number, now: number, deviation: number): boolean {
  const near = Math.abs(deviation) / 4;
  for (let slot = 0; slot < DAY_SLOTS; slot++) {
    if (readCell(profile.dayVisits, slot) < VISITS_NEEDED) continue;
    const usual = readCell(profile.anchors, stream) + readCell(profile.day, slot * STREAMS + stream);
    if (Math.abs(now - usual) <= near) return true;
  }
  return false;
}

export function trustsWeek(profile: Profile, slots: Slots, stream: number): boolean {
  return (
    slots.weekKnown &&
    readCell(profile.weekErrors, stream) < CLEARLY_BETTER * readCell(profile.dayErrors, stream)
  );
}

/** Remembers how far both memories were from the truth. Called only where both know something. */
export function compareErrors(profile: Profile, stream: number, dayError: number, weekError: number): void {
  const { dayErrors, weekErrors } = profile;
  dayErrors[stream] = readCell(dayErrors, stream) + ERROR_WEIGHT * (dayError - readCell(dayErrors, stream));
  weekErrors[stream] =
    readCell(weekErrors, stream) + ERROR_WEIGHT * (weekError - readCell(weekErrors, stream));
}

/** Starts on the first row: the anchors, and the level that stands in for a profile. */
export function anchorProfile(profile: Profile, now: Float64Array): void {
  profile.slow.set(now);
  for (let i = 0; i < STREAMS; i++) profile.anchors[i] = STREAM_KINDS[i]?.anchored ? readCell(now, i) : 0;
}

function learnSlot(
  cells: Float32Array,
  start: number,
  weight: number,
  profile: Profile,
  now: Float64Array,
): void {
  for (let i = 0; i < STREAMS; i++) {
    const value = readCell(now, i) - readCell(profile.anchors, i);
    cells[start + i] = readCell(cells, start + i) + weight * (value - readCell(cells, start + i));
  }
}

/** Learns a row, after it was judged. */
export function learnProfile(profile: Profile, clock: Clock, slots: Slots, now: Float64Array): void {
  const { slow, dayVisits, weekVisits } = profile;
  for (let i = 0; i < STREAMS; i++) {
    slow[i] = readCell(slow, i) + (readCell(now, i) - readCell(slow, i)) / Math.min(clock.rows, SLOW_ROWS);
  }
  const visitsPerDay = clock.stepMs > 0 ? HALF_HOUR_MS / clock.stepMs : 0;
  const dayMemory = Math.max(DAY_MEMORY.visits, DAY_MEMORY.days * visitsPerDay);
  const weekMemory = Math.max(WEEK_MEMORY_VISITS, DAY_MEMORY.days * 2 * visitsPerDay);
  dayVisits[slots.day] = Math.min(readCell(dayVisits, slots.day) + 1, dayMemory);
  weekVisits[slots.week] = Math.min(readCell(weekVisits, slots.week) + 1, weekMemory);
  learnSlot(profile.day, slots.day * STREAMS, 1 / readCell(dayVisits, slots.day), profile, now);
  learnSlot(profile.week, slots.week * STREAMS, 1 / readCell(weekVisits, slots.week), profile, now);
}
