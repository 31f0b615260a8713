/**
 * How far a row is off: against the last rows, against what was expected at this time, over minutes and over hours, and
 * how restless the metric is. Each costs a few numbers of memory.
 */
import { readCell } from './cells.ts';
import type { Tick } from './clock.ts';
import { compareErrors, type Forecasts, learnProfiles, limitDeviation, type Moment } from './forecasts.ts';
import { readProfile } from './profile.ts';

/** Weights of the newest row: level of the last rows, deviation carried on, restlessness, short and long. */
const SHORT_WEIGHT = 1 / 3;
const CARRY_WEIGHT = 0.4;
const RESTLESS_WEIGHT = 0.15;
/** Restless is who steps now: unrest counts as at most so many of the present step, so that it ends with its cause. */
const STEPS_OF_UNREST = 6;
const SPREAD_WEIGHT = 2 / 41;
const LEVEL_WEIGHTS = [1.6 / 6, 1.6 / 46] as const;
const CHANGE_WEIGHTS = [1 / 2, 1 / 32] as const;

/** Deviations whose sizes are counted in tails: from the last rows, from the forecast, and restlessness. */
export const TAIL_VIEWS = ['TREND', 'LEVEL', 'VOLATILITY'] as const;
/** Deviations kept as records: levels over 5 and 45 rows, changes over 2 and 32, spread over 40. */
export const RECORD_VIEWS = ['LEVEL', 'LEVEL', 'TREND', 'TREND', 'VOLATILITY'] as const;
/** Place of the level over 45 rows among the records. */
export const SLOW_LEVEL = 1;

/** Deviations of a row. Sizes of tails are at least 0; records have a sign. */
export interface Deviations {
  readonly tails: Float64Array;
  readonly records: Float64Array;
}

export interface DeviationInput {
  /** Deviations are measured from it. */
  readonly value: number;
  /** What may be learned of it. */
  readonly learned: number;
  /** As of chooseBase. */
  readonly base: number;
  readonly tick: Tick;
  readonly moment: Moment;
}

/**
 * How far a row is off, and learns it.
 * @param deviations filled with the row's
 */
export function deviate(
  forecasts: Forecasts,
  { value, learned, base, tick, moment }: DeviationInput,
  deviations: Deviations,
): void {
  const { tails, records } = deviations;
  const { levels, centres } = forecasts;
  forecasts.rows += 1;
  const fresh = 1 / forecasts.rows;
  const deviation = value - base;
  const learnedDeviation = learned - base;
  tails[0] = Math.abs(value - forecasts.short);
  tails[1] = Math.abs(deviation - forecasts.carried);
  forecasts.short += Math.max(SHORT_WEIGHT, fresh) * (learned - forecasts.short);
  forecasts.carried += CARRY_WEIGHT * (learnedDeviation - forecasts.carried);
  compareErrors(forecasts, learned, moment);
  if (tick.gap) startAnew(forecasts, learned, learnedDeviation);
  for (let i = 0; i < levels.length; i++) {
    const weight = Math.max(LEVEL_WEIGHTS[i] ?? 1, fresh);
    levels[i] = readCell(levels, i) + weight * (learnedDeviation - readCell(levels, i));
    records[i] = readCell(levels, i);
  }
  forecasts.settledRows += 1;
  for (let i = 0; i < centres.length; i++) {
    const weight = CHANGE_WEIGHTS[i] ?? 1;
    const change = deviation - readCell(centres, i);
    records[levels.length + i] = change * Math.min(1, forecasts.settledRows * weight);
    centres[i] = readCell(centres, i) + weight * (learnedDeviation - readCell(centres, i));
  }
  deriveSpreads(forecasts, learned, tick, moment, deviations);
  // What lies behind a gap cannot be compared with the rows before it.
  if (tick.gap) tails.fill(0);
  learnProfiles(forecasts, base + limitDeviation(forecasts, learnedDeviation), moment);
  forecasts.last = learned;
}

/** Changes and spreads are about the last rows: behind a gap there are none. */
function startAnew(forecasts: Forecasts, value: number, deviation: number): void {
  forecasts.short = value;
  forecasts.carried = deviation;
  forecasts.centres.fill(deviation);
  forecasts.spreadCentre = value;
  forecasts.settledRows = 0;
}

function deriveSpreads(
  forecasts: Forecasts,
  value: number,
  tick: Tick,
  { day }: Moment,
  { tails, records }: Deviations,
): void {
  const step = Math.abs(value - forecasts.last);
  if (!tick.gap) forecasts.restless += RESTLESS_WEIGHT * (step - forecasts.restless);
  tails[2] = Math.min(forecasts.restless, STEPS_OF_UNREST * step);
  const distance = value - forecasts.spreadCentre;
  forecasts.spreadCentre += SPREAD_WEIGHT * distance;
  forecasts.spread += SPREAD_WEIGHT * (Math.abs(distance) - forecasts.spread);
  const normal = readProfile(forecasts.spreadDay, day, forecasts.spread);
  records[records.length - 1] =
    (forecasts.spread - normal) * Math.min(1, forecasts.settledRows * SPREAD_WEIGHT);
}
