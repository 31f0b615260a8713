/**
 * Silence: a metric that always moves stands still. A run of equal values surprises once it is longer than any
 * before, by how rare a repeated value was before the run began.
 */
import type { Tick } from './clock.ts';

/** Two equal values in a row are chance; this many steps of standing still may be silence. */
const SHORTEST_STEPS = 3;
/** Rows before the run that are needed to know whether this metric moves. */
const FIRST_ROWS = 60;
const BELIEF_ROWS = 200;
const MOST_PER_STEP = 2;
const MOST = 6;

export interface Silence {
  last: number;
  /** Steps the present run has lasted. */
  run: number;
  /** Rows the present run has lasted. */
  runRows: number;
  longest: number;
  /** Rows that repeated the row before, ever. */
  repeats: number;
}

export function createSilence(): Silence {
  return { last: NaN, run: 0, runRows: 0, longest: 0, repeats: 0 };
}

/** @returns surprise in the same unit as `judgeTail`, at most 6 */
export function judgeSilence(silence: Silence, rows: number, value: number, tick: Tick): number {
  if (value !== silence.last || tick.gap) {
    silence.longest = Math.max(silence.longest, silence.run);
    silence.run = 0;
    silence.runRows = 0;
    silence.last = value;
    return 0;
  }
  silence.run += tick.steps;
  silence.runRows += 1;
  silence.repeats += 1;
  const before = rows - silence.runRows;
  if (before <= FIRST_ROWS || silence.run < SHORTEST_STEPS || silence.run <= silence.longest) return 0;
  const chance = (silence.repeats - silence.runRows + 1) / (before + 2);
  const perStep = Math.min(MOST_PER_STEP, -Math.log10(chance));
  return (Math.min(MOST, (silence.run - silence.longest) * perStep) * before) / (before + BELIEF_ROWS);
}
