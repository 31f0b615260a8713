/** How many points the expressions of one request may make: those that are not returned stay in memory as well. */
import { listSeries, MathError, type MathValue } from './values.ts';

export class ComputedPoints {
  #left: number;
  /** What is handed on as it is, as by SORT, was made once. */
  readonly #counted = new WeakSet<ReadonlyMap<number, number>>();

  constructor(most: number) {
    this.#left = most;
  }

  /** What was read is counted where it is read. */
  pass(value: MathValue): MathValue {
    if (value.kind !== 'number') for (const { points } of listSeries(value)) this.#counted.add(points);
    return value;
  }

  /**
   * @returns the value
   * @throws MathError once there are more than may be
   */
  take(value: MathValue): MathValue {
    if (value.kind === 'number') return value;
    for (const { points } of listSeries(value)) {
      if (this.#counted.has(points)) continue;
      this.#counted.add(points);
      this.#left -= points.size;
    }
    if (this.#left >= 0) return value;
    throw new MathError(
      'it computes too many points: ask for less time, longer periods or fewer expressions',
    );
  }
}
