/**
 * From surprise to score, and when an incident opens.
 *
 * One surprise is not news twice: what a metric has just shown is subtracted from what it shows now, and decays.
 * And a metric that alarmed before has a heavier tail than its records tell: each alarm raises its bar, as the
 * estimated rate of an event rises with each time it was seen.
 */
import type { Tick } from './clock.ts';
import { scoreOfProbability } from './likelihood.ts';

/** Surprise of a red point, set so that ordinary metrics of many kinds show less than 0.5 a week. */
export const RED_SURPRISE = 3.8;
const RED_DECADES = 5;
/** An earlier surprise counts this many times against a new one, halving in this many steps. */
const ECHO = { factor: 2.5, halfLifeSteps: 40 };
/** Red opens again once the last red has sunk below red, halving in this many steps. */
const RED_HALF_LIFE_STEPS = 90;
/**
 * However barely red was reached, it takes a half-life to sink: each alarm raises the bar at once, so a surprise that
 * grows slowly (a standstill, a ramp) would fall below red and open it anew a few rows later.
 */
const RED_AT_LEAST = 2 * RED_SURPRISE;
/** News of at least this surprise teaches; forgotten by half in two months. */
const TEACHING = { surprise: 2, halfLifeDays: 60 };
/** Powers of ten of the alarms taught raise the bar by this much: for any news, and for red. */
const BAR = { news: 1, red: 2 };

export interface Incident {
  echo: number;
  redEcho: number;
  alarms: number;
}

export interface Verdict {
  /** Likelihood score in [0, 1]. */
  readonly score: number;
  readonly opens: boolean;
}

export function createIncident(): Incident {
  return { echo: 0, redEcho: 0, alarms: 0 };
}

/** The score of a surprise: RED_SURPRISE is one row in 100,000. */
export function scoreSurprise(surprise: number): number {
  return scoreOfProbability(10 ** ((-RED_DECADES * surprise) / RED_SURPRISE));
}

/** @param surprise at least 0, of the present row */
export function judgeIncident(incident: Incident, surprise: number, tick: Tick): Verdict {
  incident.echo *= 0.5 ** (tick.steps / ECHO.halfLifeSteps);
  incident.redEcho *= 0.5 ** (tick.steps / RED_HALF_LIFE_STEPS);
  incident.alarms *= 0.5 ** (tick.days / TEACHING.halfLifeDays);
  const bar = Math.log10(1 + incident.alarms);
  const lasting = Math.max(0, surprise - BAR.red * bar);
  const turnsRed = lasting >= RED_SURPRISE && incident.redEcho < RED_SURPRISE;
  const fresh = Math.max(0, surprise - ECHO.factor * incident.echo - BAR.news * bar);
  const news = turnsRed ? Math.max(lasting, fresh) : fresh;
  incident.echo = Math.max(incident.echo, surprise);
  incident.redEcho = Math.max(incident.redEcho, turnsRed ? RED_AT_LEAST : 0, lasting);
  if (news >= TEACHING.surprise) incident.alarms += 1;
  const opens = news > 0 && (news >= RED_SURPRISE || lasting < RED_SURPRISE);
  return { score: scoreSurprise(opens ? news : lasting), opens };
}
