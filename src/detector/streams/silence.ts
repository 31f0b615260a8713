/**
 * Silence: a metric that always moves stands still. A run of equal values surprises once it is longer than any
 * before, by how rare a repeated value was before the run began. What stands still for two days is learned: it is red
 * no longer, and moving again is news.
 */
import type { Tick } from './clock.ts';

/** Two equal values in a row are chance; this many steps of standing still may be silence. */
const MIN_STEPS = 3;
/** Rows before the run that are needed to know whether this metric moves. */
const FIRST_ROWS = 60;
/** A metric that repeats itself more often than this is not silent when it does. */
const MAX_REPEATING = 0.1;
const MAX_PER_STEP = 2;
/** Repeats are remembered for about this long. */
const MEMORY_DAYS = 14;
/** The longest run is forgotten by half in so many days: one long outage must not excuse all that follow. */
const MAX_HALF_LIFE_DAYS = 7;
/** A run is news for a day, and fades over the next. */
const LEARNED_DAYS = { from: 1, until: 2 };

export interface Silence {
  last: number;
  /** Steps, rows and days the present run has lasted. */
  run: number;
  runRows: number;
  runDays: number;
  longest: number;
  /** Share of rows that repeat the row before, before the present run. */
  repeating: number;
  /** 1 while a run is one that was said to be silence. */
  silent: number;
}

export function createSilence(): Silence {
  return { last: NaN, run: 0, runRows: 0, runDays: 0, longest: 0, repeating: 0, silent: 0 };
}

/** How many orders of magnitude rarer than every row the present run is, and whether a learned silence has ended. */
export interface SilenceResult {
  readonly rarity: number;
  readonly wakes: boolean;
}

const NOTHING: SilenceResult = { rarity: 0, wakes: false };
const WAKES: SilenceResult = { rarity: 0, wakes: true };

export function measureSilence(silence: Silence, rows: number, value: number, tick: Tick): SilenceResult {
  const forget = Math.max(1 / rows, Math.min(1, tick.days / MEMORY_DAYS));
  silence.longest *= 0.5 ** (tick.days / MAX_HALF_LIFE_DAYS);
  if (value !== silence.last || tick.gap) return endRun(silence, value, forget);
  silence.run += tick.steps;
  silence.runRows += 1;
  silence.runDays += tick.days;
  const before = rows - silence.runRows;
  const known = before > FIRST_ROWS && silence.repeating <= MAX_REPEATING;
  if (!known || silence.run < MIN_STEPS || silence.run <= silence.longest) return NOTHING;
  const chance = (silence.repeating * before + 1) / (before + 2);
  const perStep = Math.min(MAX_PER_STEP, -Math.log10(chance));
  const { from, until } = LEARNED_DAYS;
  const fresh = Math.min(1, Math.max(0, (until - silence.runDays) / (until - from)));
  // What was never said cannot end: at steps of a day every run is learned before it is long enough.
  if (fresh > 0) silence.silent = 1;
  return { rarity: fresh * (silence.run - silence.longest) * perStep, wakes: false };
}

function endRun(silence: Silence, value: number, forget: number): SilenceResult {
  const wakes = silence.silent === 1 && silence.runDays >= LEARNED_DAYS.until;
  // Every row that repeated its predecessor counts when its run is over: a run must not excuse itself.
  silence.repeating += (1 - (1 - forget) ** silence.runRows) * (1 - silence.repeating);
  silence.repeating -= forget * silence.repeating;
  // After a silence that was learned, the metric is again one that moves.
  silence.longest = wakes ? 0 : Math.max(silence.longest, silence.run);
  if (wakes) silence.repeating = 0;
  silence.run = 0;
  silence.runRows = 0;
  silence.runDays = 0;
  silence.silent = 0;
  silence.last = value;
  return wakes ? WAKES : NOTHING;
}
