/**
 * When an incident opens, how long it lasts, and why a red row opens none. The score of a row is not touched by it.
 *
 * Rows that stay near the largest surprise of the last rows continue what that one began, whatever its size; after the
 * recovery time of quiet rows, or with a clearly larger surprise, something new begins.
 */
import type { AnomalyPhase } from '../../model.ts';
import type { Tick } from './clock.ts';
import { RED_SURPRISE } from './surprise.ts';

const HOUR_MS = 3_600_000;
/** Quiet for at least so long, and so many rows, ends an anomaly. */
const RECOVERY = { ms: HOUR_MS, rows: 12 };
/** Rows of at least this share of the peak prolong it. */
const NEAR_PEAK = 0.8;
/** The peak and the memory of the last incident fade by half in so many hours, and in no fewer rows. */
const HALF_LIFE_HOURS = { peak: 24, last: 12 };
/** Clearly larger than what is known already. */
const LARGER = 1.1;
const MIN_SURPRISE = 1;
/** A level still as far off as this share of its largest deviation, and this many normal ones, is not back to normal. */
const STILL_OFF = { share: 0.5, normal: 4 };
/** After so long the new level is the normal one. */
const MAX_LASTING_DAYS = 2;
const NORMAL_WEIGHT = 0.01;

export interface IncidentState {
  /** Of the episode at any level: its largest surprise, fading, and when it was last near it. */
  peak: number;
  lastNearMs: number;
  /** Surprise of the last rows, and of those that opened incidents, fading: what is not larger falls into their quiet period. */
  last: number;
  lastOpening: number;
  /** 1 while the metric is anomalous, since an incident opened. */
  anomalous: number;
  sinceMs: number;
  lastAnomalousMs: number;
  /** Largest deviation of the level within the incident, and mean deviation outside. */
  offLevel: number;
  normalLevel: number;
}

export interface IncidentVerdict {
  /** Whether the row begins something at its own level, red or not; of red rows those that open an incident. */
  readonly opens: boolean;
  /** Null outside of incidents on rows that are not red. */
  readonly phase: AnomalyPhase | null;
}

export function createIncidentState(): IncidentState {
  return {
    peak: 0,
    lastNearMs: -Infinity,
    last: 0,
    lastOpening: 0,
    anomalous: 0,
    sinceMs: 0,
    lastAnomalousMs: -Infinity,
    offLevel: 0,
    normalLevel: 0,
  };
}

export interface IncidentInput {
  readonly timestampMs: number;
  readonly stepMs: number;
  readonly tick: Tick;
  readonly surprise: number;
  /** Whether it is of what lasts, and so is hardly more than red: the rows that led up to it are no earlier event. */
  readonly lasting: boolean;
  /** How far the level of the last rows is from the normal one, at least 0. */
  readonly levelOff: number;
  readonly provisional: boolean;
}

export function advanceIncident(state: IncidentState, input: IncidentInput): IncidentVerdict {
  const { timestampMs, stepMs, tick, surprise, lasting, levelOff, provisional } = input;
  const hours = tick.days * 24 * Math.min(1, HOUR_MS / stepMs);
  const fade = 0.5 ** (hours / HALF_LIFE_HOURS.last);
  state.peak *= 0.5 ** (hours / HALF_LIFE_HOURS.peak);
  state.last *= fade;
  state.lastOpening *= fade;
  const recoveryMs = Math.max(RECOVERY.rows * stepMs, RECOVERY.ms);
  const continues = followEpisode(state, surprise, timestampMs, recoveryMs);
  const red = surprise >= RED_SURPRISE;
  followLevel(state, levelOff);
  const off = red || isStillOff(state, levelOff, timestampMs);
  if (off) state.lastAnomalousMs = timestampMs;
  if (timestampMs - state.lastAnomalousMs > recoveryMs) state.anomalous = 0;
  const larger = surprise > LARGER * (lasting ? state.lastOpening : state.last);
  const phase = red
    ? choosePhase(state, { continues, larger, provisional })
    : state.anomalous === 0
      ? null
      : off
        ? 'CONTINUES'
        : 'RECOVERS';
  if (phase === 'OPENS') openIncident(state, levelOff, timestampMs);
  state.last = Math.max(state.last, surprise);
  if (phase === 'OPENS') state.lastOpening = Math.max(state.lastOpening, surprise);
  return { opens: red ? phase === 'OPENS' : !continues && surprise > 0, phase };
}

/** @returns whether the row continues what began before */
function followEpisode(
  state: IncidentState,
  surprise: number,
  timestampMs: number,
  recoveryMs: number,
): boolean {
  const quiet = timestampMs - state.lastNearMs > recoveryMs;
  const continues = !quiet && surprise <= LARGER * state.peak;
  if (quiet && surprise > state.peak) state.peak = 0;
  if (surprise >= NEAR_PEAK * state.peak && surprise > MIN_SURPRISE) {
    state.lastNearMs = timestampMs;
    state.peak = Math.max(state.peak, surprise);
  }
  return continues;
}

/** Of a red row. */
function choosePhase(
  state: IncidentState,
  { continues, larger, provisional }: { continues: boolean; larger: boolean; provisional: boolean },
): AnomalyPhase {
  if (provisional) return 'LEARNING';
  // What was not red opened no incident: the first red row of an episode has none to continue.
  if (state.anomalous === 1 && (continues || !larger)) return 'CONTINUES';
  return larger ? 'OPENS' : 'QUIET_PERIOD';
}

function openIncident(state: IncidentState, levelOff: number, timestampMs: number): void {
  if (state.anomalous === 0) state.offLevel = levelOff;
  state.anomalous = 1;
  state.sinceMs = timestampMs;
}

function followLevel(state: IncidentState, levelOff: number): void {
  if (state.anomalous === 1) state.offLevel = Math.max(state.offLevel, levelOff);
  else state.normalLevel += NORMAL_WEIGHT * (levelOff - state.normalLevel);
}

function isStillOff(state: IncidentState, levelOff: number, timestampMs: number): boolean {
  if (state.anomalous === 0 || timestampMs - state.sinceMs > MAX_LASTING_DAYS * 24 * HOUR_MS) return false;
  return levelOff > STILL_OFF.share * state.offLevel && levelOff > STILL_OFF.normal * state.normalLevel;
}
