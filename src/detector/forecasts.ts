/**
 * What a metric was expected to show, in several ways, and how far off each was: against its last rows, against the
 * time of day or week, over minutes and over hours, and how restless it is. Each costs a few numbers of memory.
 */
import { readCell } from './cells.ts';
import type { Tick } from './clock.ts';
import {
  createProfile,
  findPlace,
  isKnown,
  learnProfile,
  type Place,
  type Profile,
  readProfile,
} from './profile.ts';

const HALF_HOUR_MS = 1_800_000;
const HOUR_MS = 3_600_000;
const DAY_NODES = 48;
const WEEK_NODES = 168;
/** Rows a node of a profile remembers: at least these, and this share of a day's rows. */
const DAY_MEMORY = { rows: 25, share: 1 / 12 };
const WEEK_MEMORY = { rows: 8, share: 1 / 6 };
/** A week of rows, and a bit: then the hours of the week are known. */
const WEEK_DAYS = 7.05;
/** The week's profile is believed below this share of the others' recent error. */
const CLEARLY_BETTER = 0.7;
const ERROR_WEIGHT = 0.002;
/**
 * Levels of days and profiles learn at most so many normal deviations at once: an outage must not come back as an
 * anomaly at the same time the next day. The normal deviation grows by an eighth a row when all rows lie beyond.
 */
const LEARNED_DEVIATIONS = 6;
/** Errors that forecasts are compared by, in normal deviations. */
const LEARNED_ERRORS = 4;
const NORMAL = { weight: 0.02, limit: 8 };
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

export interface Forecasts {
  rows: number;
  last: number;
  /** Levels over three rows and over a day. */
  short: number;
  daily: number;
  readonly day: Profile;
  readonly week: Profile;
  /** Recent errors of: level over a day, time of day, time of week. */
  dailyError: number;
  dayError: number;
  weekError: number;
  /** As of BASE. */
  baseKind: number;
  /** Mean size of deviations from the base, large ones limited. */
  normalDeviation: number;
  /** How far the last rows were off, carried on. */
  carried: number;
  readonly levels: Float64Array;
  readonly centres: Float64Array;
  restless: number;
  spread: number;
  spreadCentre: number;
  readonly spreadDay: Profile;
  /** Rows since changes and spreads started anew. */
  settledRows: number;
}

export function createForecasts(): Forecasts {
  return {
    rows: 0,
    last: 0,
    short: 0,
    daily: 0,
    day: createProfile(DAY_NODES),
    week: createProfile(WEEK_NODES),
    dailyError: 0,
    dayError: 0,
    weekError: 0,
    baseKind: 0,
    normalDeviation: 0,
    carried: 0,
    levels: new Float64Array(LEVEL_WEIGHTS.length),
    centres: new Float64Array(CHANGE_WEIGHTS.length),
    restless: 0,
    spread: 0,
    spreadCentre: 0,
    spreadDay: createProfile(DAY_NODES),
    settledRows: 0,
  };
}

/** Where a row stands in time. */
export interface Moment {
  readonly day: Place;
  readonly week: Place;
  readonly rowsPerDay: number;
}

/** @param localMs the row's time on the metric's own clock; @param stepMs 0 while unknown */
export function findMoment(localMs: number, stepMs: number): Moment {
  return {
    day: findPlace(DAY_NODES, HALF_HOUR_MS, localMs, stepMs),
    week: findPlace(WEEK_NODES, HOUR_MS, localMs, stepMs),
    rowsPerDay: stepMs > 0 ? (24 * HOUR_MS) / stepMs : 1,
  };
}

export function startForecasts(forecasts: Forecasts, value: number): void {
  forecasts.last = value;
  forecasts.short = value;
  forecasts.daily = value;
  forecasts.spreadCentre = value;
}

/** What the normal value is taken from: the level of a day, the time of day, the time of week. */
const BASE = { daily: 0, day: 1, week: 2 } as const;

/**
 * The normal value at this time, from whichever has erred least. Where that changes, the deviation carried on moves
 * along: the metric did not jump.
 */
export function chooseBase(forecasts: Forecasts, moment: Moment): number {
  const kind = findBaseKind(forecasts, moment);
  const base = readBase(forecasts, moment, kind);
  if (kind !== forecasts.baseKind) {
    forecasts.carried += readBase(forecasts, moment, forecasts.baseKind) - base;
    forecasts.baseKind = kind;
  }
  return base;
}

function findBaseKind({ dailyError, dayError, weekError, rows, day }: Forecasts, moment: Moment): number {
  const isWeekKnown = rows > moment.rowsPerDay * WEEK_DAYS;
  if (isWeekKnown && weekError < CLEARLY_BETTER * Math.min(dayError, dailyError)) return BASE.week;
  return isKnown(day, moment.day) && dayError < dailyError ? BASE.day : BASE.daily;
}

function readBase(forecasts: Forecasts, { day, week }: Moment, kind: number): number {
  if (kind === BASE.daily) return forecasts.daily;
  const byDay = readProfile(forecasts.day, day, forecasts.daily);
  return kind === BASE.day ? byDay : readProfile(forecasts.week, week, byDay);
}

/** Deviations of a row. Sizes of tails are at least 0; records have a sign. */
export interface Deviations {
  readonly tails: Float64Array;
  readonly records: Float64Array;
}

/**
 * How far a row is off, and learns it.
 * @param value the row's, deviations are measured from it
 * @param learned what may be learned of it
 * @param base as of chooseBase
 * @param into filled with the row's deviations
 */
export function deviate(
  forecasts: Forecasts,
  {
    value,
    learned,
    base,
    tick,
    moment,
  }: { value: number; learned: number; base: number; tick: Tick; moment: Moment },
  { tails, records }: Deviations,
): void {
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
  deriveSpreads(forecasts, learned, tick, moment, { tails, records });
  // What lies behind a gap cannot be compared with the rows before it.
  if (tick.gap) tails.fill(0);
  learnProfiles(forecasts, base + limitDeviation(forecasts, learnedDeviation), moment);
  forecasts.last = learned;
}

/** What levels of days and profiles may learn of a deviation. */
function limitDeviation(forecasts: Forecasts, deviation: number): number {
  const size = Math.abs(deviation);
  const normal = forecasts.normalDeviation;
  const weight = Math.max(NORMAL.weight, 1 / forecasts.rows);
  const counted = normal > 0 ? Math.min(size, NORMAL.limit * normal) : size;
  forecasts.normalDeviation += weight * (counted - normal);
  if (normal === 0 || size <= LEARNED_DEVIATIONS * normal) return deviation;
  return Math.sign(deviation) * LEARNED_DEVIATIONS * normal;
}

function compareErrors(forecasts: Forecasts, value: number, { day, week, rowsPerDay }: Moment): void {
  const weight = Math.max(ERROR_WEIGHT, 1 / forecasts.rows);
  // An anomaly is everybody's error: counted in full it would make all forecasts look alike.
  const limit = forecasts.normalDeviation > 0 ? LEARNED_ERRORS * forecasts.normalDeviation : Infinity;
  const measure = (normal: number): number => Math.min(limit, Math.abs(value - normal));
  const byDay = readProfile(forecasts.day, day, forecasts.daily);
  if (isKnown(forecasts.day, day)) {
    forecasts.dailyError += weight * (measure(forecasts.daily) - forecasts.dailyError);
    forecasts.dayError += weight * (measure(byDay) - forecasts.dayError);
  }
  if (forecasts.rows <= rowsPerDay * WEEK_DAYS) {
    forecasts.weekError = forecasts.dayError;
    return;
  }
  const byWeek = readProfile(forecasts.week, week, byDay);
  forecasts.weekError += weight * (measure(byWeek) - forecasts.weekError);
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

function learnProfiles(forecasts: Forecasts, value: number, { day, week, rowsPerDay }: Moment): void {
  const dayMemory = Math.max(DAY_MEMORY.rows, DAY_MEMORY.share * rowsPerDay);
  const weekMemory = Math.max(WEEK_MEMORY.rows, WEEK_MEMORY.share * rowsPerDay);
  learnProfile(forecasts.day, day, value, dayMemory);
  learnProfile(forecasts.week, week, value, weekMemory);
  learnProfile(forecasts.spreadDay, day, forecasts.spread, dayMemory);
  const dailyWeight = Math.min(0.5, 2 / (rowsPerDay + 1));
  forecasts.daily += Math.max(dailyWeight, 1 / forecasts.rows) * (value - forecasts.daily);
}
