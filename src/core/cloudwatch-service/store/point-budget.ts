/** How many points one request may hold in memory. A search can match as many as were ever pushed. */
import { fitAnswer } from '../../../platform/runtime/heap-share.ts';
import { MathError } from '../math/values.ts';
import { type BucketQuestion, splitBySize } from './bucket.ts';

/** Points that are read before they are counted: with the pairs of percentiles 800 bytes each. */
const POINTS_AT_A_TIME = Math.min(200_000, fitAnswer(800));
/** A series has hardly more than some weeks of minutes, whatever range is asked for. */
const MAX_POINTS_OF_A_SERIES = 40_000;

export class PointBudget {
  #left: number;

  constructor(points: number) {
    this.#left = points;
  }

  /** @throws MathError once there are more than may be */
  take(points: number): void {
    this.#left -= points;
    if (this.#left >= 0) return;
    throw new MathError(
      'it takes too many points at once: ask for less time, longer periods or fewer metrics',
    );
  }
}

/** In their order, into as many parts as keep what is read for each of them small. */
export function splitQuestions<Question extends BucketQuestion>(
  questions: readonly Question[],
): readonly (readonly Question[])[] {
  return splitBySize(questions, POINTS_AT_A_TIME, ({ startMs, endMs, periodSeconds }) =>
    Math.min((endMs - startMs) / 1000 / periodSeconds, MAX_POINTS_OF_A_SERIES),
  );
}
