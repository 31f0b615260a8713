/**
 * One score for a group of metrics (a resource, an autostack) from its metrics' scores at one time.
 *
 * Metrics of one resource move together, so their probabilities may be neither multiplied (that would call every
 * shared hiccup a catastrophe) nor compared with the smallest alone (that would punish large groups). The Cauchy
 * combination (Liu and Xie 2020, "Cauchy combination test") is right in the tail under any correlation: a group's
 * red is as rare as a metric's red.
 */
import { scoreOfProbability } from './likelihood.ts';

/** Rarer than this is not distinguished; keeps the sum finite. */
const SMALLEST_PROBABILITY = 1e-12;
/** Likelier than this says nothing: a quiet metric must not argue against a loud one. */
const LARGEST_PROBABILITY = 0.5;

export interface GroupScore {
  /** Likelihood score in [0, 1], read like a metric's. Never above the largest of its metrics. */
  readonly score: number;
  /** Place of the metric that carries most of it; null when none is scored. */
  readonly strongest: number | null;
}

/** A probability as a standard Cauchy value: 0 for 0.5, about 1 / (π p) for a small p. */
function toCauchy(score: number): number {
  const probability = Math.min(LARGEST_PROBABILITY, Math.max(SMALLEST_PROBABILITY, 1 - score));
  return probability === LARGEST_PROBABILITY ? 0 : 1 / Math.tan(Math.PI * probability);
}

/**
 * @param scores the metrics' likelihood scores at one time, each in [0, 1]; null where a metric has none, which
 *   leaves it out. A score outside [0, 1] is a RangeError.
 */
export function scoreGroup(scores: readonly (number | null)[]): GroupScore {
  let count = 0;
  let sum = 0;
  let largest = 0;
  let strongest: number | null = null;
  for (const [place, score] of scores.entries()) {
    if (score === null) continue;
    if (!(score >= 0 && score <= 1)) throw new RangeError(`scores[${place}] must be in [0, 1], got ${score}`);
    count += 1;
    sum += toCauchy(score);
    if (strongest === null || score > largest) [largest, strongest] = [score, place];
  }
  if (sum === 0) return { score: largest, strongest };
  const together = scoreOfProbability(Math.atan(count / sum) / Math.PI);
  return { score: Math.min(together, largest), strongest };
}
