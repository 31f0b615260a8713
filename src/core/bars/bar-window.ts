/** The windows bars are drawn in: 24 slots of time each, at places that are the same for everybody. */
import type { StoredBar } from './read-bars.ts';

export const BARS_PER_WINDOW = 24;

/** Width of a bar: 24 of them are two hours, a day, and eight days. */
export const BAR_MINUTES = { HOURS: 5, DAYS: 60, WEEKS: 480 } as const;
export type BarWindow = keyof typeof BAR_MINUTES;
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

/** What is looked at unless somebody asks for another. */
export const DEFAULT_WINDOW: BarWindow = 'DAYS';

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
  const { scores, provisional } = fillColumns(range, [stored]);
  return listBarStarts(range).map((startMs, place) => ({
    startMs,
    endMs: startMs + range.minutes * MINUTE_MS,
    score: scores[place] ?? null,
    provisional: provisional.includes(place),
  }));
}

/** The slots of a range as columns. */
export interface BarColumns {
  /** Highest score of each slot; null where nothing was scored. */
  readonly scores: readonly (number | null)[];
  /** The slots in which everything was scored while learning. */
  readonly provisional: readonly number[];
}

/** The highest of several metrics in each slot. What models said after they had learned counts before the rest. */
export function fillColumns(range: BarRange, metrics: readonly (readonly StoredBar[])[]): BarColumns {
  const settled = new Array<number | null>(BARS_PER_WINDOW).fill(null);
  const learning = new Array<number | null>(BARS_PER_WINDOW).fill(null);
  for (const bars of metrics) {
    for (const { startMs, score, provisionalScore } of bars) {
      const place = (startMs - range.fromMs) / (range.minutes * MINUTE_MS);
      raise(settled, place, score);
      raise(learning, place, provisionalScore);
    }
  }
  const provisional: number[] = [];
  const scores = settled.map((score, place) => {
    const fallback = learning[place] ?? null;
    if (score === null && fallback !== null) provisional.push(place);
    return score ?? fallback;
  });
  return { scores, provisional };
}

function raise(column: (number | null)[], place: number, score: number | null): void {
  if (score !== null) column[place] = Math.max(column[place] ?? 0, score);
}
