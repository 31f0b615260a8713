/** Bars: the worst score of each interval. Times in milliseconds since 1970. */
import type { AnomalyClass } from '../generated/graphql.ts';
import { classOf, heightOf } from '../parts/bar-height.ts';

export const BARS = 24;

export type WindowName = 'HOURS' | 'DAYS' | 'WEEKS';

const MINUTE_MS = 60_000;
/** How much time one bar stands for. */
export const BAR_MS: Readonly<Record<WindowName, number>> = {
  HOURS: 5 * MINUTE_MS,
  DAYS: 60 * MINUTE_MS,
  WEEKS: 480 * MINUTE_MS,
};

export interface Bar {
  /** The worst one; null where points came but none was scored. */
  readonly score: number | null;
  /** Whether the model was still learning: said, but not alarmed on. */
  readonly provisional: boolean;
}

/** By the start of the interval. An interval that is not in it had no points. */
export type Bars = ReadonlyMap<number, Bar>;

export function startOfBar(timeMs: number, window: WindowName): number {
  return Math.floor(timeMs / BAR_MS[window]) * BAR_MS[window];
}

/** Starts of the 24 intervals that end with the one of now, oldest first. */
export function listStarts(nowMs: number, window: WindowName): readonly number[] {
  const last = startOfBar(nowMs, window);
  return Array.from({ length: BARS }, (_, index) => last - (BARS - 1 - index) * BAR_MS[window]);
}

/** The worse of two; what was learned from counts less than anything that is sure. */
export function worseBar(a: Bar | undefined, b: Bar): Bar {
  if (a === undefined) return b;
  if (a.provisional !== b.provisional) return a.provisional ? b : a;
  return (b.score ?? -1) > (a.score ?? -1) ? b : a;
}

/** NONE while nothing is sure; a model that has learned and finds nothing says so: GREEN. */
export function classOfBar(bar: Bar | undefined): AnomalyClass {
  if (bar === undefined || bar.provisional || bar.score === null) return 'NONE';
  return bar.score <= 0 ? 'GREEN' : classOf(bar.score);
}

/** 0 where there is nothing to draw, at least a little where points came. */
export function heightOfBar(bar: Bar | undefined): number {
  if (bar === undefined) return 0;
  const least = 0.1;
  return Math.max(
    least,
    bar.provisional ? Math.min(0.3, heightOf(bar.score ?? 0)) : heightOf(bar.score ?? 0),
  );
}

/** How anomalous a row is within its window, for sorting: red over yellow; what is normal counts alike. */
export function weighBars(bars: Bars, starts: readonly number[]): number {
  let weight = 0;
  for (const start of starts) {
    const found = classOfBar(bars.get(start));
    if (found === 'RED') weight += 1000;
    else if (found === 'YELLOW') weight += 1;
  }
  return weight;
}

/** The worst class within the window. */
export function worstClass(bars: Bars, starts: readonly number[]): AnomalyClass {
  const found = new Set(starts.map((start) => classOfBar(bars.get(start))));
  return (['RED', 'YELLOW', 'GREEN'] as const).find((known) => found.has(known)) ?? 'NONE';
}
