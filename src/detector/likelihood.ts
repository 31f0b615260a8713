/**
 * The scale scores are read on. A score is a likelihood in [0, 1]; it is shown on a logarithmic scale, where
 * each step of 0.1 means ten times rarer, and in classes.
 */
import type { AnomalyClass } from '../model.ts';

/** One row in 10,000 is as rare: 0.4 on the logarithmic scale. */
export const YELLOW_SCORE = 0.9999;
/** One row in 100,000 is as rare: 0.5 on the logarithmic scale. */
export const RED_SCORE = 0.99999;

/** The highest score a row gets that is not to be alarmed on, however rare it is. */
export const JUST_BELOW_RED = RED_SCORE - 1e-7;

/** Keeps the logarithm finite: nothing is rarer than one in 10^10. */
const SMALLEST_PROBABILITY = 1e-10;
const SMALLEST_TOLD_APART = 1e-12;

/**
 * The logarithmic scale of HTM-IT: ln(1 + 1e-10 − score) / ln(1e-10), so 0.9 → 0.1, 0.99 → 0.2, 0.99999 → 0.5.
 * @param score in [0, 1]; what lies outside is moved to the nearer end
 * @returns in [0, 1]
 */
export function toLogScale(score: number): number {
  const clipped = Math.min(1, Math.max(0, score));
  const scaled = Math.log(1 - clipped + SMALLEST_PROBABILITY) / Math.log(SMALLEST_PROBABILITY);
  return Math.min(1, Math.max(0, scaled));
}

/**
 * The class of a score. Compared as scores, not on the logarithmic scale, where rounding would push 0.99999
 * just below 0.5.
 * @param score in [0, 1], or null when the row was not scored; 0 counts as not scored, as it always has
 */
export function classifyScore(score: number | null): AnomalyClass {
  if (score === null || !(score > 0)) return 'NONE';
  if (score >= RED_SCORE) return 'RED';
  return score >= YELLOW_SCORE ? 'YELLOW' : 'GREEN';
}

/** The score of something seen by chance once in `1 / probability` rows. */
export function scoreOfProbability(probability: number): number {
  return 1 - Math.min(1, Math.max(0, probability));
}

/** Orders of magnitude of a score as of `scoreOfOrders`, at most 12: a double distinguishes no more from 1. */
export function ordersOfScore(score: number): number {
  return -Math.log10(Math.max(SMALLEST_TOLD_APART, 1 - score));
}

/** The score of something `orders` orders of magnitude rarer than every row. */
export function scoreOfOrders(orders: number): number {
  return scoreOfProbability(10 ** -orders);
}
