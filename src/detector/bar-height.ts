/** How high a bar stands for a score. */
import { RED_SCORE, toLogScale } from './likelihood.ts';

/**
 * The logarithmic scale, except that every red stands at full height, as HTM-IT drew it.
 * @param score in [0, 1]
 * @returns in [0, 1]; 0.5 gives 0.03, 0.9 gives 0.1, 0.9999 gives 0.4
 */
export function barHeight(score: number): number {
  return score >= RED_SCORE ? 1 : toLogScale(score);
}
