/** How anomalous a resource or an autostack is now: one score from the newest samples of its metrics. */
import type { StoredSample } from '../samples/stored-sample.ts';
import { scoreGroup } from '../../detector/group.ts';
import { classifyScore } from '../../detector/likelihood.ts';

/** A metric of the group, and its newest sample. */
export interface GroupMember {
  readonly periodSeconds: number;
  readonly sample: StoredSample;
}

export interface GroupAnomaly {
  /** In [0, 1], calibrated as a metric's. */
  readonly score: number;
  /** Time of the newest sample that counted. */
  readonly atMs: number;
  /** The metric that carries most of it. */
  readonly strongestNumber: number;
  readonly memberCount: number;
  /** How many of them are red now. */
  readonly anomalousCount: number;
}

/** A sample speaks of now as long as the next but one is not overdue. */
const PERIODS_OF_NOW = 2;

/**
 * Combines the members that speak of the time of the newest sample: what is older, unscored or provisional is left
 * out.
 * @returns null when none is left
 */
export function scoreNow(members: readonly GroupMember[]): GroupAnomaly | null {
  const settled = members.filter(({ sample }) => sample.score !== null && !sample.provisional);
  const newestMs = Math.max(...settled.map(({ sample }) => sample.timestampMs));
  const current = settled.filter(
    ({ sample, periodSeconds }) => newestMs - sample.timestampMs <= PERIODS_OF_NOW * 1000 * periodSeconds,
  );
  const { score, strongest } = scoreGroup(current.map(({ sample }) => sample.score));
  const member = strongest === null ? undefined : current[strongest];
  if (member === undefined) return null;
  return {
    score,
    atMs: newestMs,
    strongestNumber: member.sample.metricNumber,
    memberCount: current.length,
    anomalousCount: current.filter(({ sample }) => classifyScore(sample.score) === 'RED').length,
  };
}
