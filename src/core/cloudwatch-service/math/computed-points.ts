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

  /** Points that are gone over once more, in another way than by an expression. @throws MathError as take() does */
  count(points: number): void {
    this.#left -= points;
    if (this.#left >= 0) return;
    throw new MathError(
      'it computes too many points: ask for less time, longer periods or fewer expressions',
    );
  }

  /**
   * @returns the value
   * @throws MathError once there are more than may be
   */
  take(value: MathValue): MathValue {
    if (value.kind === 'number') return value;
    let added = 0;
    for (const { points } of listSeries(value)) {
      if (!this.#counted.has(points)) added += points.size;
      this.#counted.add(points);
    }
    this.count(added);
    return value;
  }
}
