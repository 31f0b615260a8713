/** What became of the points of one request: the answer its sender gets. */
import type { FailureCode } from '../../errors.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Refused } from './commit.ts';
import type { Arrival } from './arrivals.ts';
import type { Objection, RejectReason } from './validate-point.ts';

export interface RejectedPoint {
  /** Its place in what was sent, from 0. */
  readonly index: number;
  readonly code: FailureCode;
  readonly reason: string;
}

/** Disjoint: accepted + duplicates + late + rejected.length is the number of points sent. */
export interface AcceptResult {
  readonly accepted: number;
  readonly duplicates: number;
  /** Stored, but older than what the metric's model has learned from, so never scored. */
  readonly late: number;
  readonly rejected: readonly RejectedPoint[];
}

const CODE_OF_REASON: Readonly<Partial<Record<RejectReason, FailureCode>>> = {
  too_many_metrics: 'QUOTA_EXCEEDED',
  unknown_metric: 'NOT_FOUND',
  metric_failed: 'METRIC_FAILED',
};

/** The point in the answer; counted. */
export function rejectPoint(index: number, { reason, message }: Objection, stats: Stats): RejectedPoint {
  stats.countReason('points_rejected', reason);
  return { index, code: CODE_OF_REASON[reason] ?? 'INVALID_INPUT', reason: message };
}

/** @param refused metrics of which nothing is stored */
export function tally(
  arrivals: readonly (Arrival & { readonly index: number })[],
  rejected: readonly RejectedPoint[],
  refused: Refused,
  stats: Stats,
): AcceptResult {
  const counts = { accepted: 0, duplicate: 0, late: 0 };
  const all = [...rejected];
  for (const { entry, index, outcome } of arrivals) {
    const failure = refused.size === 0 ? undefined : refused.get(entry);
    if (failure !== undefined) all.push(rejectPoint(index, objectToFailure(entry.name, failure), stats));
    else if (outcome !== null) counts[outcome] += 1;
  }
  const { accepted, duplicate: duplicates, late } = counts;
  return { accepted, duplicates, late, rejected: all.sort((a, b) => a.index - b.index) };
}

/** Why a point of a metric the server fails on is not stored: sending it again will not help before that is mended. */
export function objectToFailure(name: string, { message }: Error): Objection {
  return {
    reason: 'metric_failed',
    message: `metric: the server failed to store points of ${JSON.stringify(name)}: ${message}`,
  };
}
