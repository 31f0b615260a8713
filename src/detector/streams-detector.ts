/**
 * The detector: ten streams of one series, each compared with its usual value at this time of day or week, each
 * deviation judged by the largest seen so far, and the whole by what the metric has shown before.
 */
import type { Judgement, ModelParams, View } from '../model.ts';
import { type Band, createBand, expectValue, learnBand } from './band.ts';
import { readCell } from './cells.ts';
import { advanceClock, type Clock, createClock } from './clock.ts';
import type { Contribution, Detector, DetectorKind } from './detector.ts';
import { createIncident, type Incident, judgeIncident } from './episode.ts';
import {
  anchorProfile,
  compareErrors,
  createProfile,
  findSlots,
  fitsElsewhere,
  learnProfile,
  type Profile,
  recallDay,
  recallWeek,
  type Slots,
  trustsWeek,
} from './profile.ts';
import { createResolution, learnQuantum, learnRange, type Resolution } from './resolution.ts';
import { createSilence, judgeSilence, type Silence } from './silence.ts';
import { loadState, saveState } from './snapshot.ts';
import {
  createStreams,
  deriveStreams,
  SHORT_LEVEL_STREAM,
  STREAM_KINDS,
  type Streams,
  VALUE_STREAM,
} from './streams.ts';
import { ageTails, createTails, judgeTail, type Tails } from './tails.ts';
import { createZone, type Zone } from './zone.ts';

const VERSION = 7;
/** As many rows as believe a list of records by half; fewer would alarm on the first busy hour. */
const LEARNING_ROWS = 200;
const STREAMS = STREAM_KINDS.length;
/** Streams overlap, so they are combined nearly as their maximum: the fourth root of the sum of fourth powers. */
const NORM = 4;
/** Surprise at which the raw score is 1 − 1/e. */
const RAW_SURPRISE = 12;

interface State {
  readonly clock: Clock;
  readonly resolution: Resolution;
  readonly streams: Streams;
  readonly profile: Profile;
  readonly dayTails: Tails;
  readonly weekTails: Tails;
  readonly silence: Silence;
  readonly incident: Incident;
  readonly band: Band;
  /** The last row's surprise by stream, and behind them of silence. */
  readonly surprises: Float64Array;
  /** 1 for a stream whose last value would have been usual at another time of the day. */
  readonly untimely: Float64Array;
  /** How far the short level was from its usual value at the last row. */
  deviation: number;
}

function createState(params: ModelParams): State {
  return {
    clock: createClock(),
    resolution: createResolution(params),
    streams: createStreams(),
    profile: createProfile(),
    dayTails: createTails(STREAMS),
    weekTails: createTails(STREAMS),
    silence: createSilence(),
    incident: createIncident(),
    band: createBand(),
    surprises: new Float64Array(STREAMS + 1),
    untimely: new Float64Array(STREAMS),
    deviation: 0,
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

function judgeStream(state: State, slots: Slots, stream: number): number {
  const { profile, resolution, streams } = state;
  const now = readCell(streams.now, stream);
  const nothing = resolution.smallest;
  const floor = Math.max(nothing, resolution.quantum * (STREAM_KINDS[stream]?.quanta ?? 0));
  const trusted = trustsWeek(profile, slots, stream);
  const steadiness = readCell(streams.steadiness, stream);
  const dayError = steadiness * Math.abs(now - recallDay(profile, slots, stream));
  const daySurprise = judgeTail(state.dayTails, stream, dayError, nothing, floor);
  if (!slots.weekKnown) return daySurprise;
  const weekError = steadiness * Math.abs(now - recallWeek(profile, slots, stream));
  const weekSurprise = judgeTail(state.weekTails, stream, weekError, nothing, floor);
  compareErrors(profile, stream, dayError, weekError);
  return trusted ? weekSurprise : daySurprise;
}

function recallTrusted(profile: Profile, slots: Slots, stream: number): number {
  const trusted = trustsWeek(profile, slots, stream);
  return trusted ? recallWeek(profile, slots, stream) : recallDay(profile, slots, stream);
}

/** A level that is only unusual for the time of day. */
function isUntimely(state: State, slots: Slots, stream: number): boolean {
  if (STREAM_KINDS[stream]?.view !== 'LEVEL') return false;
  const now = readCell(state.streams.now, stream);
  const deviation = now - recallTrusted(state.profile, slots, stream);
  return fitsElsewhere(state.profile, stream, now, deviation);
}

function combineSurprises(surprises: Float64Array): number {
  let sum = 0;
  for (const surprise of surprises) sum += surprise ** NORM;
  return sum ** (1 / NORM);
}

function judge(state: State, zone: Zone, timestampMs: number, value: number): Judgement {
  const { clock, streams, profile, silence, surprises } = state;
  checkPoint(clock, timestampMs, value);
  const localMs = zone(timestampMs);
  const first = clock.rows === 0;
  const tick = advanceClock(clock, timestampMs);
  const slots = findSlots(profile, clock, localMs);
  learnRange(state.resolution, clock.rows, value);
  deriveStreams(streams, value, tick, first);
  if (first) anchorProfile(profile, streams.now);
  const usual = recallTrusted(profile, slots, VALUE_STREAM);
  const expectation = expectValue(state.band, usual, state.deviation);
  learnBand(state.band, usual, state.deviation, value);
  state.deviation =
    readCell(streams.now, SHORT_LEVEL_STREAM) - recallTrusted(profile, slots, SHORT_LEVEL_STREAM);
  ageTails(state.dayTails, tick.days);
  ageTails(state.weekTails, tick.days);
  for (let stream = 0; stream < STREAMS; stream++) {
    surprises[stream] = judgeStream(state, slots, stream);
    state.untimely[stream] = readCell(surprises, stream) > 0 && isUntimely(state, slots, stream) ? 1 : 0;
  }
  if (!first) learnQuantum(state.resolution, value, silence.last);
  surprises[STREAMS] = judgeSilence(silence, clock.rows, value, tick);
  learnProfile(profile, clock, slots, streams.now);
  const surprise = combineSurprises(surprises);
  const verdict = judgeIncident(state.incident, surprise, tick);
  return {
    rawScore: 1 - Math.exp(-surprise / RAW_SURPRISE),
    score: verdict.score,
    ...expectation,
    provisional: clock.rows <= LEARNING_ROWS,
    episode: verdict.opens,
    view: surprise > 0 ? (explainSurprises(state)[0]?.view ?? null) : null,
  };
}

function explainSurprises({ surprises, untimely }: State): Contribution[] {
  const sums = new Map<View, number>();
  let sum = 0;
  for (let i = 0; i < surprises.length; i++) {
    const part = readCell(surprises, i) ** 2;
    if (part === 0) continue;
    const view = readCell(untimely, i) === 1 ? 'TIME_OF_DAY' : (STREAM_KINDS[i]?.view ?? 'SILENCE');
    sums.set(view, (sums.get(view) ?? 0) + part);
    sum += part;
  }
  const shares = [...sums].map(([view, part]): Contribution => ({ view, share: part / sum }));
  return shares.sort((a, b) => b.share - a.share);
}

function createOver(state: State, { timeZone }: ModelParams): Detector {
  const zone = createZone(timeZone);
  return {
    update: (timestampMs, value) => judge(state, zone, timestampMs, value),
    explain: () => explainSurprises(state),
    get rows() {
      return state.clock.rows;
    },
    snapshot: () => saveState(VERSION, state),
  };
}

export const streamsDetector: DetectorKind = {
  name: 'streams',
  version: VERSION,
  learningRows: LEARNING_ROWS,
  create: (params) => createOver(createState(params), params),
  restore(bytes, params) {
    const state = createState({});
    return loadState(VERSION, state, bytes) ? createOver(state, params) : null;
  },
};
