/**
 * The detector: forecasts of one metric, how rare each deviation is for this metric, and one surprise of them all.
 * docs/detector.md tells how and why.
 */
import type { Judgement, ModelParams, View } from '../model.ts';
import { type Band, clampExpectation, createBand, type Expectation, expectValue, learnBand } from './band.ts';
import { readCell } from './cells.ts';
import { advanceClock, type Clock, createClock, type Tick } from './clock.ts';
import { type Counter, createCounter, readCounter } from './counter.ts';
import type { Contribution, Detector, DetectorKind } from './detector.ts';
import {
  chooseBase,
  createForecasts,
  deviate,
  type Deviations,
  findMoment,
  type Forecasts,
  RECORD_VIEWS,
  startForecasts,
  TAIL_VIEWS,
} from './forecasts.ts';
import { advanceIncident, createIncidentState, type IncidentState } from './incident-state.ts';
import { scoreOfOrders } from './likelihood.ts';
import { createLimit, type Limit, limitValue } from './limit.ts';
import { fitsElsewhere } from './profile.ts';
import { ageRecords, createRecords, type Records } from './records.ts';
import { createResolution, learnQuantum, learnRange, type Resolution } from './resolution.ts';
import { createSilence, measureSilence, type Silence } from './silence.ts';
import { loadState, saveState } from './snapshot.ts';
import { combine, MAX_BELOW_RED, ordersOfSurprise } from './surprise.ts';
import { createTail, type Tail } from './tails.ts';
import { createZone, type Zone } from './zone.ts';

const VERSION = 8;
/** Scores are provisional for so many rows and at least a day; for coarse steps a fortnight is enough. */
const LEARNING_ROWS = 200;
const LEARNING_DAYS = { min: 1, enough: 14, enoughRows: 30 };
/** Larger values are scored as this one: differences and sums of them stay finite. */
const MAX_MAGNITUDE = 1e300;
/** Surprise at which the raw score is 1 − 1/e. */
const RAW_SURPRISE = 12;
/** A level this many mean steps from the normal one is displaced. */
const DISPLACED = 2;
const PARTS = TAIL_VIEWS.length + RECORD_VIEWS.length + 1;
const VIEWS_OF_PARTS: readonly View[] = [...TAIL_VIEWS, ...RECORD_VIEWS, 'SILENCE'];

interface State {
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
  readonly silence: Silence;
  readonly band: Band;
  readonly deviations: Deviations;
}

function createModel(params: ModelParams): Model {
  return {
    limit: createLimit(),
    resolution: createResolution(params),
    forecasts: createForecasts(),
    tails: TAIL_VIEWS.map(createTail),
    records: createRecords(RECORD_VIEWS.length),
    silence: createSilence(),
    band: createBand(),
    deviations: {
      tails: new Float64Array(TAIL_VIEWS.length),
      records: new Float64Array(RECORD_VIEWS.length),
    },
  };
}

function createState(params: ModelParams): State {
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

function checkPoint(clock: Clock, timestampMs: number, value: number): void {
  if (!Number.isFinite(timestampMs)) {
    throw new RangeError(`timestampMs must be a finite number, got ${timestampMs}`);
  }
  if (clock.rows > 0 && timestampMs <= clock.lastMs) {
    throw new RangeError(`timestampMs must be after the last point's ${clock.lastMs}, got ${timestampMs}`);
  }
  if (!Number.isFinite(value)) throw new RangeError(`value must be finite, got ${value}`);
}

function isLearning({ clock, model, modelSinceMs }: State): boolean {
  const { rows } = model.forecasts;
  const days = (clock.lastMs - modelSinceMs) / 86_400_000;
  if (days < LEARNING_DAYS.min) return true;
  return rows <= LEARNING_ROWS && !(days >= LEARNING_DAYS.enough && rows > LEARNING_DAYS.enoughRows);
}

/** The detector over a state: the steps of a row, in their order. */
class StreamsDetector implements Detector {
  readonly #state: State;
  readonly #params: ModelParams;
  readonly #zone: Zone;

  constructor(state: State, params: ModelParams) {
    this.#state = state;
    this.#params = params;
    this.#zone = createZone(params.timeZone);
  }

  get rows(): number {
    return this.#state.clock.rows;
  }

  snapshot(): Uint8Array {
    return saveState(VERSION, this.#state);
  }

  update(timestampMs: number, value: number): Judgement {
    const state = this.#state;
    checkPoint(state.clock, timestampMs, value);
    const localMs = this.#zone(timestampMs);
    const intervalMs = timestampMs - state.clock.lastMs;
    const tick = advanceClock(state.clock, timestampMs);
    const bounded = Math.min(MAX_MAGNITUDE, Math.max(-MAX_MAGNITUDE, value));
    const before = state.counter.last;
    const reading = readCounter(state.counter, bounded, tick, intervalMs, state.clock.stepMs);
    if (reading.restarts) state.model = createModel(this.#params);
    const expectation =
      reading.value === null
        ? { expected: bounded, low: bounded, high: bounded }
        : this.#score(reading.value, bounded, localMs, tick);
    if (reading.value === null) this.#forgetRow();
    const origin = state.counter.direction === 0 ? 0 : before;
    state.lowest = Math.min(state.lowest, bounded);
    state.highest = Math.max(state.highest, bounded);
    return this.#judge(tick, this.#place(expectation, origin));
  }

  explain(): readonly Contribution[] {
    return explainParts(this.#state);
  }

  /** A reset of a counter: nothing is known of the row. */
  #forgetRow(): void {
    this.#state.surprise = 0;
    this.#state.parts.fill(0);
  }

  /** Compares a row with all forecasts, keeps its surprise in the state, and learns it. */
  #score(value: number, raw: number, localMs: number, tick: Tick): Expectation {
    const { clock, model, parts } = this.#state;
    const { forecasts, limit, resolution, band, silence } = model;
    const first = forecasts.rows === 0;
    if (first) {
      this.#state.modelSinceMs = clock.lastMs;
      startForecasts(forecasts, value);
    }
    const moment = findMoment(localMs, clock.stepMs);
    const base = chooseBase(forecasts, moment);
    const expectation = expectValue(band, base, forecasts.carried);
    const { last } = limit;
    const learned = limitValue(limit, value, forecasts.short, resolution.quantum);
    learnBand(band, base, forecasts.carried, learned);
    learnRange(resolution, learned);
    ageRecords(model.records, tick.days);
    deviate(forecasts, { value, learned, base, tick, moment }, model.deviations);
    const { rarity, wakes } = measureSilence(silence, forecasts.rows, value, tick);
    this.#state.surprise = combine(
      model.tails,
      model.records,
      resolution,
      {
        deviations: model.deviations,
        value: raw,
        stepMs: clock.stepMs,
        rowsPerDay: moment.rowsPerDay,
        ageDays: (clock.lastMs - this.#state.modelSinceMs) / 86_400_000,
        silence: rarity,
        wakes,
      },
      parts,
    );
    const off = value - base;
    this.#state.untimely = this.#state.surprise > 0 && fitsElsewhere(forecasts.day, value, off) ? 1 : 0;
    this.#state.displaced = Math.abs(readCell(forecasts.levels, 0)) > DISPLACED * forecasts.restless ? 1 : 0;
    if (!first) learnQuantum(resolution, value, last);
    return expectation;
  }

  /** Puts what is expected of the quantity where the metric's values lie. */
  #place({ expected, low, high }: Expectation, origin: number): Expectation {
    const { lowest, highest } = this.#state;
    const { min, max } = this.#params;
    return clampExpectation(
      { expected: origin + expected, low: origin + low, high: origin + high },
      Math.max(lowest >= 0 ? 0 : -MAX_MAGNITUDE, Math.min(lowest, min ?? -MAX_MAGNITUDE)),
      Math.min(highest <= 0 ? 0 : MAX_MAGNITUDE, Math.max(highest, max ?? MAX_MAGNITUDE)),
    );
  }

  #judge(tick: Tick, expectation: Expectation): Judgement {
    const state = this.#state;
    const provisional = isLearning(state);
    const surprise = provisional ? Math.min(MAX_BELOW_RED, state.surprise) : state.surprise;
    const { opens, opensIncident, anomalous, notOpened } = advanceIncident(state.incident, {
      timestampMs: state.clock.lastMs,
      stepMs: state.clock.stepMs,
      tick,
      surprise: state.surprise,
      levelOff: Math.abs(readCell(state.model.forecasts.levels, 0)),
      provisional,
    });
    return {
      rawScore: 1 - Math.exp(-surprise / RAW_SURPRISE),
      score: scoreOfOrders(ordersOfSurprise(surprise)),
      ...expectation,
      provisional,
      episode: opens,
      opensIncident,
      anomalous,
      notOpened,
      view: surprise > 0 ? (explainParts(state)[0]?.view ?? null) : null,
    };
  }
}

function explainParts({ parts, untimely, displaced }: State): Contribution[] {
  const sums = new Map<View, number>();
  let sum = 0;
  for (const [i, own] of VIEWS_OF_PARTS.entries()) {
    const part = readCell(parts, i) ** 2;
    if (part === 0 || (own === 'VOLATILITY' && displaced === 1)) continue;
    const view = own === 'LEVEL' && untimely === 1 ? 'TIME_OF_DAY' : own;
    sums.set(view, (sums.get(view) ?? 0) + part);
    sum += part;
  }
  const shares = [...sums].map(([view, part]): Contribution => ({ view, share: part / sum }));
  return shares.sort((a, b) => b.share - a.share);
}

export const streamsDetector: DetectorKind = {
  name: 'streams',
  version: VERSION,
  learningRows: LEARNING_ROWS,
  create: (params) => new StreamsDetector(createState(params), params),
  restore(bytes, params) {
    const state = createState(params);
    return loadState(VERSION, state, bytes) ? new StreamsDetector(state, params) : null;
  },
};
