/** How high a score is drawn, and in which class it is: the same measure as the server's. */
import type { AnomalyClass } from '../generated/graphql.ts';

const RED = 0.99999;
const YELLOW = 0.9999;
const SCALE = Math.log(1e-10);

/** 0 to 1, by the logarithm of how rare it is; everything that is red has the whole height. */
export function heightOf(score: number): number {
  if (score >= RED) return 1;
  return Math.min(1, Math.max(0, Math.log(1.000_000_000_1 - score) / SCALE));
}

/** Green from above 0, yellow from one in ten thousand, red from one in a hundred thousand. */
export function classOf(score: number | null): AnomalyClass {
  if (score === null || score <= 0) return 'NONE';
  if (score >= RED) return 'RED';
  return score >= YELLOW ? 'YELLOW' : 'GREEN';
}
