/**
 * What a metric is expected to show: the level of a day, the time of day, the time of week, and the deviation of the
 * last rows carried on. Which of them is believed depends on how much each has erred.
 */
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
/** Levels and changes kept: over few rows and over many. */
const LEVELS = 2;
const CHANGES = 2;

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
    levels: new Float64Array(LEVELS),
    centres: new Float64Array(CHANGES),
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
  rowsPerDay: number;
}

/**
 * @param moment filled
 * @param row.localMs the row's time on the metric's own clock
 * @param row.stepMs 0 while unknown
 */
export function findMoment(moment: Moment, row: { readonly localMs: number; readonly stepMs: number }): void {
  findPlace(moment.day, DAY_NODES, HALF_HOUR_MS, row);
  findPlace(moment.week, WEEK_NODES, HOUR_MS, row);
  moment.rowsPerDay = row.stepMs > 0 ? (24 * HOUR_MS) / row.stepMs : 1;
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

/** What levels of days and profiles may learn of a deviation. */
export function limitDeviation(forecasts: Forecasts, deviation: number): number {
  const size = Math.abs(deviation);
  const normal = forecasts.normalDeviation;
  const weight = Math.max(NORMAL.weight, 1 / forecasts.rows);
  const counted = normal > 0 ? Math.min(size, NORMAL.limit * normal) : size;
  forecasts.normalDeviation += weight * (counted - normal);
  if (normal === 0 || size <= LEARNED_DEVIATIONS * normal) return deviation;
  return Math.sign(deviation) * LEARNED_DEVIATIONS * normal;
}

/** Keeps how much each forecast errs. */
export function compareErrors(forecasts: Forecasts, value: number, { day, week, rowsPerDay }: Moment): void {
  const weight = Math.max(ERROR_WEIGHT, 1 / forecasts.rows);
  // An anomaly is everybody's error: counted in full it would make all forecasts look alike.
  const limit = forecasts.normalDeviation > 0 ? LEARNED_ERRORS * forecasts.normalDeviation : Infinity;
  const byDay = readProfile(forecasts.day, day, forecasts.daily);
  if (isKnown(forecasts.day, day)) {
    forecasts.dailyError += weight * (measureError(value, forecasts.daily, limit) - forecasts.dailyError);
    forecasts.dayError += weight * (measureError(value, byDay, limit) - forecasts.dayError);
  }
  if (forecasts.rows <= rowsPerDay * WEEK_DAYS) {
    forecasts.weekError = forecasts.dayError;
    return;
  }
  const byWeek = readProfile(forecasts.week, week, byDay);
  forecasts.weekError += weight * (measureError(value, byWeek, limit) - forecasts.weekError);
}

function measureError(value: number, normal: number, limit: number): number {
  return Math.min(limit, Math.abs(value - normal));
}

export function learnProfiles(forecasts: Forecasts, value: number, { day, week, rowsPerDay }: Moment): void {
  const dayMemory = Math.max(DAY_MEMORY.rows, DAY_MEMORY.share * rowsPerDay);
  const weekMemory = Math.max(WEEK_MEMORY.rows, WEEK_MEMORY.share * rowsPerDay);
  learnProfile(forecasts.day, day, value, dayMemory);
  learnProfile(forecasts.week, week, value, weekMemory);
  learnProfile(forecasts.spreadDay, day, forecasts.spread, dayMemory);
  const dailyWeight = Math.min(0.5, 2 / (rowsPerDay + 1));
  forecasts.daily += Math.max(dailyWeight, 1 / forecasts.rows) * (value - forecasts.daily);
}
