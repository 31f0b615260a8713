/**
 * The detector: forecasts of one metric, how rare each deviation is for this metric, and one surprise of them all.
 * docs/detector.md says how and why.
 */
import type { Judgement, ModelParams } from '../../model.ts';
import { clampExpectation, type Expectation, expectValue, learnBand } from './band.ts';
import { readCell } from './cells.ts';
import { advanceClock, type Clock, type Tick } from './clock.ts';
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
import { measureSilence } from './silence.ts';
import { loadState, saveState } from './snapshot.ts';
import {
  createModel,
  createState,
  explainParts,
  isLearning,
  LEARNING_ROWS,
  type State,
} from './streams-state.ts';
import { combine, isCreeping, MAX_BELOW_RED, ordersOfSurprise } from './surprise.ts';
import { createZone, type Zone } from '../zone.ts';

const VERSION = 10;
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
    checkPoint(state.clock, timestampMs, value);
    const localMs = this.#zone(timestampMs);
    const intervalMs = timestampMs - state.clock.lastMs;
    const tick = advanceClock(state.clock, timestampMs);
    const bounded = Math.min(MAX_MAGNITUDE, Math.max(-MAX_MAGNITUDE, value));
    const before = state.counter.last;
    const time = { tick, intervalMs, stepMs: state.clock.stepMs };
    const reading = readCounter(state.counter, bounded, time, this.#params.valueKind);
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
      model,
      {
        deviations: model.deviations,
        value,
        raw,
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

  #judge(tick: Tick, { expected, low, high }: Expectation): Judgement {
    const state = this.#state;
    const provisional = isLearning(state);
    const surprise = provisional ? Math.min(MAX_BELOW_RED, state.surprise) : state.surprise;
    const { opens, phase } = advanceIncident(state.incident, {
      timestampMs: state.clock.lastMs,
      stepMs: state.clock.stepMs,
      tick,
      surprise: state.surprise,
      creeping: isCreeping(state.surprise),
      levelOff: Math.abs(readCell(state.model.forecasts.levels, 0)),
      provisional,
    });
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
      view: surprise > 0 ? (explainParts(state)[0]?.view ?? null) : null,
    };
  }
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
