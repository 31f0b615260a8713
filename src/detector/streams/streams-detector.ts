/**
 * The detector: forecasts of one metric, how rare each deviation is for this metric, and one surprise of them all.
 * docs/detector.md says how and why.
 */
import type { Judgement, ModelParams } from '../../model.ts';
import { type Expectation, expectValue, learnBand, placeExpectation } from './band.ts';
import { readCell } from './cells.ts';
import { advanceClock, type Clock } from './clock.ts';
import { readCounter } from './counter.ts';
import type { Contribution, Detector, DetectorKind } from '../detector.ts';
import { deviate } from './deviations.ts';
import { chooseBase, findMoment, startForecasts } from './forecasts.ts';
import { advanceIncident } from './incident-state.ts';
import { scoreOfOrders } from '../likelihood.ts';
import { limitValue } from './limit.ts';
import { fitsElsewhere } from './profile.ts';
import { ageRecords } from './records.ts';
import { learnQuantum, learnRange } from './resolution.ts';
import { ROW } from './row.ts';
import { measureSilence } from './silence.ts';
import { loadState, saveState } from './snapshot.ts';
import {
  countLearningRows,
  createModel,
  createState,
  explainParts,
  findView,
  isLearning,
  type State,
} from './streams-state.ts';
import { combine, isLasting, MAX_BELOW_RED, ordersOfSurprise } from './surprise.ts';
import { createZone, type Zone } from '../zone.ts';

const VERSION = 11;
/** Larger values are scored as this one: differences and sums of them stay finite. */
const MAX_MAGNITUDE = 1e300;
/** Surprise at which the raw score is 1 − 1/e. */
const RAW_SURPRISE = 12;
/** A level this many mean steps from the normal one is displaced. */
const DISPLACED = 2;
function checkPoint(clock: Clock, timestampMs: number, value: number): void {
  if (!Number.isFinite(timestampMs)) {
    throw new RangeError(`timestampMs must be a finite number, got ${timestampMs}`);
  }
  if (clock.rows > 0 && timestampMs <= clock.lastMs) {
    throw new RangeError(`timestampMs must be after the last point's ${clock.lastMs}, got ${timestampMs}`);
  }
  if (!Number.isFinite(value)) throw new RangeError(`value must be finite, got ${value}`);
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
    const { clock, counter } = state;
    checkPoint(clock, timestampMs, value);
    ROW.localMs = this.#zone(timestampMs);
    ROW.timestampMs = timestampMs;
    ROW.intervalMs = timestampMs - clock.lastMs;
    ROW.tick = advanceClock(clock, timestampMs);
    ROW.stepMs = clock.stepMs;
    const bounded = Math.min(MAX_MAGNITUDE, Math.max(-MAX_MAGNITUDE, value));
    const before = counter.last;
    const reading = readCounter(counter, bounded, ROW, this.#params.valueKind);
    if (reading.gap !== ROW.tick.gap) ROW.tick = { ...ROW.tick, gap: reading.gap };
    if (reading.restarts) state.model = createModel(this.#params);
    const expectation =
      reading.value === null
        ? { expected: bounded, low: bounded, high: bounded }
        : this.#score(reading.value, bounded / reading.units);
    if (reading.value === null) this.#forgetRow();
    const origin = counter.direction === 0 ? 0 : before;
    state.lowest = Math.min(state.lowest, bounded);
    state.highest = Math.max(state.highest, bounded);
    return this.#judge(this.#place(expectation, origin, reading.units));
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
  #score(value: number, raw: number): Expectation {
    const { clock, model, parts, modelSinceMs } = this.#state;
    const { forecasts, limit, resolution, band } = model;
    const first = forecasts.rows === 0;
    if (first) {
      this.#state.modelSinceMs = clock.lastMs;
      startForecasts(forecasts, value);
    }
    findMoment(ROW.moment, ROW);
    const base = chooseBase(forecasts, ROW.moment);
    const expectation = expectValue(band, base, forecasts.carried);
    const { last } = limit;
    const learned = limitValue(limit, value, forecasts.short, resolution.quantum, ROW.tick.gap ? base : null);
    learnBand(band, base, forecasts.carried, learned);
    learnRange(resolution, learned);
    ageRecords(model.records, ROW.tick.days);
    ROW.value = value;
    ROW.raw = raw;
    ROW.learned = learned;
    ROW.base = base;
    deviate(forecasts, ROW, model.deviations);
    const { rarity, wakes } = measureSilence(model.silence, forecasts.rows, value, ROW.tick);
    ROW.deviations = model.deviations;
    ROW.rowsPerDay = ROW.moment.rowsPerDay;
    ROW.ageDays = first ? 0 : (clock.lastMs - modelSinceMs) / 86_400_000;
    ROW.silence = rarity;
    ROW.wakes = wakes;
    this.#state.surprise = combine(model, ROW, parts);
    this.#describe(value, base);
    if (!first) learnQuantum(resolution, value, last);
    return expectation;
  }

  /** What names the row's deviation: see findView. */
  #describe(value: number, base: number): void {
    const state = this.#state;
    const { forecasts } = state.model;
    const surprises = state.surprise > 0;
    state.untimely = surprises && fitsElsewhere(forecasts.day, value, value - base) ? 1 : 0;
    state.displaced = Math.abs(readCell(forecasts.levels, 0)) > DISPLACED * forecasts.restless ? 1 : 0;
  }

  /** Puts what is expected of the quantity where the metric's values lie. */
  #place(expectation: Expectation, origin: number, units: number): Expectation {
    const { lowest, highest } = this.#state;
    const { min, max } = this.#params;
    return placeExpectation(
      expectation,
      origin,
      units,
      Math.max(lowest >= 0 ? 0 : -MAX_MAGNITUDE, Math.min(lowest, min ?? -MAX_MAGNITUDE)),
      Math.min(highest <= 0 ? 0 : MAX_MAGNITUDE, Math.max(highest, max ?? MAX_MAGNITUDE)),
    );
  }

  #judge({ expected, low, high }: Expectation): Judgement {
    const state = this.#state;
    const provisional = isLearning(state);
    const surprise = provisional ? Math.min(MAX_BELOW_RED, state.surprise) : state.surprise;
    ROW.surprise = state.surprise;
    ROW.lasting = isLasting(state.surprise);
    ROW.levelOff = Math.abs(readCell(state.model.forecasts.levels, 0));
    ROW.provisional = provisional;
    const { opens, phase } = advanceIncident(state.incident, ROW);
    // Field by field: an object made with a spread costs a quarter of a row's time.
    return {
      rawScore: 1 - Math.exp(-surprise / RAW_SURPRISE),
      score: scoreOfOrders(ordersOfSurprise(surprise)),
      expected,
      low,
      high,
      provisional,
      episode: opens,
      phase,
      view: surprise > 0 ? findView(state) : null,
    };
  }
}

export const streamsDetector: DetectorKind = {
  name: 'streams',
  version: VERSION,
  learningRows: countLearningRows,
  create: (params) => new StreamsDetector(createState(params), params),
  restore(bytes, params) {
    const state = createState(params);
    return loadState(VERSION, state, bytes) ? new StreamsDetector(state, params) : null;
  },
};
