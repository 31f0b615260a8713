/**
 * Time in steps. A metric's step is learned (the median of its last intervals), so that every span below means
 * the same whether rows are missing or not, and whether a step is a second or a day.
 */
import { readCell } from './cells.ts';

const INTERVALS_KEPT = 15;
/** Longer than this many steps without a row is a gap: short memories start anew behind it. */
const GAP_STEPS = 3;
const DAY_MS = 86_400_000;

export interface Clock {
  rows: number;
  lastMs: number;
  stepMs: number;
  readonly intervals: Float64Array;
}

/** How far time moved with a row. */
export interface Tick {
  /** Whole steps since the row before, at least 1. */
  readonly steps: number;
  /** Days since the row before; 0 on the first row. */
  readonly days: number;
  readonly gap: boolean;
}

export function createClock(): Clock {
  return { rows: 0, lastMs: 0, stepMs: 0, intervals: new Float64Array(INTERVALS_KEPT) };
}

/** Moves to a row's time, which must be after the last row's. */
export function advanceClock(clock: Clock, timestampMs: number): Tick {
  const first = clock.rows === 0;
  const interval = first ? 0 : timestampMs - clock.lastMs;
  clock.rows += 1;
  clock.lastMs = timestampMs;
  if (first) return { steps: 1, days: 0, gap: false };
  clock.intervals[(clock.rows - 2) % INTERVALS_KEPT] = interval;
  if (interval !== clock.stepMs) clock.stepMs = medianInterval(clock);
  const steps = Math.max(1, Math.round(interval / clock.stepMs));
  return { steps, days: interval / DAY_MS, gap: steps > GAP_STEPS };
}

function medianInterval(clock: Clock): number {
  const kept = Math.min(clock.rows - 1, INTERVALS_KEPT);
  return readCell(clock.intervals.slice(0, kept).sort(), kept >> 1);
}
