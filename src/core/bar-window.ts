/** The windows bars are drawn in: 24 slots of time each, at places that are the same for everybody. */
import type { StoredBar } from '../db/read-bars.ts';

export const BAR_WINDOWS = ['HOURS', 'DAYS', 'WEEKS'] as const;
export type BarWindow = (typeof BAR_WINDOWS)[number];

export const BARS_PER_WINDOW = 24;

/** Width of a bar: 24 of them are two hours, a day, and eight days. */
export const BAR_MINUTES = { HOURS: 5, DAYS: 60, WEEKS: 480 } as const satisfies Record<BarWindow, number>;
export type BarMinutes = (typeof BAR_MINUTES)[BarWindow];

const MINUTE_MS = 60_000;

/** 24 slots in a row. */
export interface BarRange {
  readonly minutes: BarMinutes;
  /** Start of the first slot; belongs to it. */
  readonly fromMs: number;
  /** End of the last slot; belongs to the next. */
  readonly toMs: number;
}

/** Start of the slot a time lies in; slots are counted from 1970. */
export function findBarStart(timestampMs: number, minutes: BarMinutes): number {
  const widthMs = minutes * MINUTE_MS;
  return Math.floor(timestampMs / widthMs) * widthMs;
}

/** The 24 slots of which the last is the one `untilMs` lies in. */
export function chooseBarRange(window: BarWindow, untilMs: number): BarRange {
  const minutes = BAR_MINUTES[window];
  const widthMs = minutes * MINUTE_MS;
  const toMs = findBarStart(untilMs, minutes) + widthMs;
  return { minutes, fromMs: toMs - BARS_PER_WINDOW * widthMs, toMs };
}

export function listBarStarts({ minutes, fromMs }: BarRange): readonly number[] {
  return Array.from({ length: BARS_PER_WINDOW }, (_, place) => fromMs + place * minutes * MINUTE_MS);
}

/** One slot of a range. */
export interface Bar {
  readonly startMs: number;
  readonly endMs: number;
  /** Highest score; null where nothing was scored. */
  readonly score: number | null;
  /** Everything in it was scored while learning. */
  readonly provisional: boolean;
}

/** All slots of a range, oldest first, with what is stored of them. */
export function fillBars(range: BarRange, stored: readonly StoredBar[]): readonly Bar[] {
  const byStart = new Map(stored.map((bar) => [bar.startMs, bar]));
  return listBarStarts(range).map((startMs) => {
    const bar = byStart.get(startMs);
    return {
      startMs,
      endMs: startMs + range.minutes * MINUTE_MS,
      // What a model said after it had learned counts, however loud it was before.
      score: bar?.score ?? bar?.provisionalScore ?? null,
      provisional: bar?.score === null,
    };
  });
}
