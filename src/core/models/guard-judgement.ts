/**
 * The one place where what a detector says is held to its promise: scores in [0, 1], a finite expected value within a
 * finite range. The database refuses anything else, and JSON cannot say it.
 */
import type { Log } from '../../log.ts';
import type { Judgement } from '../../model.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { MetricEntry } from '../metrics/registry.ts';

/** Gives the judgement, mended where it breaks the promise. @param value of the point that was judged, finite */
export type GuardJudgement = (entry: MetricEntry, judgement: Judgement, value: number) => Judgement;

/** Counts what had to be mended, and logs the first of each metric. */
export function createGuardJudgement({
  stats,
  log,
}: {
  readonly stats: Stats;
  readonly log: Log;
}): GuardJudgement {
  const logged = new Set<number>();
  return (entry, judgement, value) => {
    if (isSound(judgement)) return judgement;
    stats.count('judgements_mended');
    if (!logged.has(entry.number)) {
      logged.add(entry.number);
      log.error({ metric: entry.id, value, judgement }, 'the detector gave numbers that cannot be');
    }
    return mendJudgement(judgement, value);
  };
}

/** An invalid score becomes 0; an invalid range becomes the value itself, which is all that is known. */
export function mendJudgement(judgement: Judgement, value: number): Judgement {
  if (isSound(judgement)) return judgement;
  const expected = Number.isFinite(judgement.expected) ? judgement.expected : value;
  const ends = [judgement.low, judgement.high].map((end) => limit(end, expected));
  return {
    ...judgement,
    rawScore: toShare(judgement.rawScore),
    score: toShare(judgement.score),
    expected,
    low: Math.min(...ends),
    high: Math.max(...ends),
  };
}

function isSound({ rawScore, score, expected, low, high }: Judgement): boolean {
  // NaN is in no range.
  return (
    isShare(rawScore) &&
    isShare(score) &&
    Number.isFinite(expected) &&
    Number.isFinite(low) &&
    Number.isFinite(high) &&
    low <= high
  );
}

function isShare(share: number): boolean {
  return share >= 0 && share <= 1;
}

function toShare(share: number): number {
  return Number.isNaN(share) ? 0 : Math.min(1, Math.max(0, share));
}

function limit(end: number, fallback: number): number {
  if (Number.isNaN(end)) return fallback;
  return Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, end));
}
