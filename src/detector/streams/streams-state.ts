/** What the detector knows of one metric, and what can be read from it. */
import type { ModelParams, View } from '../../model.ts';
import { type Band, createBand } from './band.ts';
import { readCell } from './cells.ts';
import { type Clock, createClock } from './clock.ts';
import { type Counter, createCounter } from './counter.ts';
import type { Contribution } from '../detector.ts';
import { type Deviations, RECORD_VIEWS, TAIL_VIEWS } from './deviations.ts';
import { createExcursions, type Excursions } from './excursions.ts';
import { createForecasts, type Forecasts } from './forecasts.ts';
import { createIncidentState, type IncidentState } from './incident-state.ts';
import { createLimit, type Limit } from './limit.ts';
import { createRecords, type Records } from './records.ts';
import { createResolution, type Resolution } from './resolution.ts';
import { createSilence, type Silence } from './silence.ts';
import { createTail, type Tail } from './tails.ts';

/** Scores are provisional for so many rows and at least a day; for coarse steps a fortnight is enough. */
const LEARNING_ROWS = 200;
const LEARNING_DAYS = { min: 1, enough: 14, enoughRows: 30 };
const DAY_MS = 86_400_000;
const PARTS = TAIL_VIEWS.length + RECORD_VIEWS.length + 1;
const VIEWS_OF_PARTS: readonly View[] = [...TAIL_VIEWS, ...RECORD_VIEWS, 'SILENCE'];

export interface State {
  readonly clock: Clock;
  readonly counter: Counter;
  /** Since when this is a model of the quantity it is of: a counter is found out after some rows. */
  modelSinceMs: number;
  model: Model;
  readonly incident: IncidentState;
  /** Bounds of all values so far. */
  lowest: number;
  highest: number;
  /** The last row's surprise in total, by part, and 1 where a level is normal at another time of the day. */
  surprise: number;
  readonly parts: Float64Array;
  untimely: number;
  /** 1 where the level is off by more than the metric is restless: then it is no matter of volatility. */
  displaced: number;
}

/** What is learned of the quantity: all of it starts anew when a metric turns out to be a counter, or to be none. */
interface Model {
  readonly limit: Limit;
  readonly resolution: Resolution;
  readonly forecasts: Forecasts;
  readonly tails: readonly Tail[];
  readonly records: Records;
  readonly excursions: Excursions;
  readonly silence: Silence;
  readonly band: Band;
  readonly deviations: Deviations;
}

export function createModel(params: ModelParams): Model {
  return {
    limit: createLimit(),
    resolution: createResolution(params),
    forecasts: createForecasts(),
    tails: TAIL_VIEWS.map(createTail),
    records: createRecords(RECORD_VIEWS.length),
    excursions: createExcursions(),
    silence: createSilence(),
    band: createBand(),
    deviations: {
      tails: new Float64Array(TAIL_VIEWS.length),
      records: new Float64Array(RECORD_VIEWS.length),
    },
  };
}

export function createState(params: ModelParams): State {
  return {
    clock: createClock(),
    counter: createCounter(),
    modelSinceMs: 0,
    model: createModel(params),
    incident: createIncidentState(),
    lowest: Infinity,
    highest: -Infinity,
    surprise: 0,
    parts: new Float64Array(PARTS),
    untimely: 0,
    displaced: 0,
  };
}

/** @returns whether scores are provisional yet */
export function isLearning({ clock, model, modelSinceMs }: State): boolean {
  const { rows } = model.forecasts;
  const days = (clock.lastMs - modelSinceMs) / DAY_MS;
  if (days < LEARNING_DAYS.min) return true;
  return rows <= LEARNING_ROWS && !(days >= LEARNING_DAYS.enough && rows > LEARNING_DAYS.enoughRows);
}

/** @returns how many of the first rows isLearning holds for, at even steps; @param stepMs null while it is not known */
export function countLearningRows(stepMs: number | null): number {
  if (stepMs === null) return LEARNING_ROWS;
  const { min, enough, enoughRows } = LEARNING_DAYS;
  const rowsOf = (days: number) => Math.ceil((days * DAY_MS) / stepMs);
  return Math.max(rowsOf(min), Math.min(LEARNING_ROWS, Math.max(enoughRows, rowsOf(enough))));
}

/** @returns shares of the last row's surprise by view, largest first */
export function explainParts(state: State): Contribution[] {
  const sums = new Map<View, number>();
  let sum = 0;
  for (const [i, own] of VIEWS_OF_PARTS.entries()) {
    const part = weighPart(state, i, own);
    if (part === 0) continue;
    const view = nameView(state, own);
    sums.set(view, (sums.get(view) ?? 0) + part);
    sum += part;
  }
  const shares = [...sums].map(([view, part]): Contribution => ({ view, share: part / sum }));
  return shares.sort((a, b) => b.share - a.share);
}

/** @returns the first of explainParts, as every row that surprises asks for it; null where nothing does */
export function findView(state: State): View | null {
  let found: View | null = null;
  let most = 0;
  for (let i = 0; i < PARTS; i++) {
    const own = VIEWS_OF_PARTS[i];
    if (own === undefined || weighPart(state, i, own) === 0) continue;
    let sum = 0;
    for (let j = 0; j < PARTS; j++) if (VIEWS_OF_PARTS[j] === own) sum += weighPart(state, j, own);
    if (sum <= most) continue;
    most = sum;
    found = nameView(state, own);
  }
  return found;
}

function weighPart({ parts, displaced }: State, place: number, view: View): number {
  return view === 'VOLATILITY' && displaced === 1 ? 0 : readCell(parts, place) ** 2;
}

function nameView({ untimely }: State, view: View): View {
  return view === 'LEVEL' && untimely === 1 ? 'TIME_OF_DAY' : view;
}
