/** What the steps of a row hand to each other. */
import type { Tick } from './clock.ts';
import type { DeviationInput, Deviations } from './deviations.ts';
import type { Moment } from './forecasts.ts';
import type { IncidentInput } from './incident-state.ts';
import type { SurpriseInput } from './surprise.ts';

type Filled<T> = { -readonly [Key in keyof T]: T[Key] };

/** Filled step by step. */
export interface Row extends Filled<DeviationInput>, Filled<SurpriseInput>, Filled<IncidentInput> {
  /** The row's time on the metric's own clock. */
  localMs: number;
  /** Since the row before. */
  intervalMs: number;
}

const NO_TICK: Tick = { steps: 1, days: 0, gap: false };
const NO_DEVIATIONS: Deviations = { tails: new Float64Array(0), records: new Float64Array(0) };
const createPlace = () => ({ before: 0, after: 0, part: 0 });
const createMoment = (): Moment => ({ day: createPlace(), week: createPlace(), rowsPerDay: 1 });

/**
 * Rows are scored one after the other, so those of all metrics share one: objects of numbers, made anew for each row,
 * were two thirds of what a detector left to the garbage collector.
 */
export const ROW: Row = {
  timestampMs: NaN,
  localMs: NaN,
  intervalMs: NaN,
  stepMs: NaN,
  tick: NO_TICK,
  moment: createMoment(),
  rowsPerDay: NaN,
  ageDays: NaN,
  value: NaN,
  raw: NaN,
  learned: NaN,
  base: NaN,
  deviations: NO_DEVIATIONS,
  silence: NaN,
  wakes: false,
  surprise: NaN,
  lasting: false,
  levelOff: NaN,
  provisional: false,
};
