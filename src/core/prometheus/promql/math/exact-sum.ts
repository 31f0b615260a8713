/**
 * Sums that lose nothing to the order of their numbers, as Prometheus adds them (Kahan, as Neumaier improved it), and means that
 * are finite where the sum is not. Pure.
 */

/** One sum. Many of them at once are held by SumColumns. */
export class ExactSum {
  #sum = 0;
  #lost = 0;

  add(value: number): void {
    const sum = this.#sum + value;
    this.#lost = Number.isFinite(sum) ? this.#lost + missing(this.#sum, value, sum) : 0;
    this.#sum = sum;
  }

  get value(): number {
    return Number.isFinite(this.#sum) ? this.#sum + this.#lost : this.#sum;
  }
}

/** A sum for each step of a grid. */
export class SumColumns {
  readonly #sums: Float64Array;
  readonly #lost: Float64Array;

  constructor(count: number) {
    this.#sums = new Float64Array(count);
    this.#lost = new Float64Array(count);
  }

  add(step: number, value: number): void {
    const before = this.#sums[step] ?? 0;
    const sum = before + value;
    this.#sums[step] = sum;
    this.#lost[step] = Number.isFinite(sum) ? (this.#lost[step] ?? 0) + missing(before, value, sum) : 0;
  }

  at(step: number): number {
    const sum = this.#sums[step] ?? 0;
    return Number.isFinite(sum) ? sum + (this.#lost[step] ?? 0) : sum;
  }
}

/** What a sum of two numbers is short of. */
function missing(a: number, b: number, sum: number): number {
  return Math.abs(a) >= Math.abs(b) ? a - sum + b : b - sum + a;
}

/** Of a population, by Welford's method. */
export function findVariance(values: Iterable<number>): number {
  let [count, mean, squares] = [0, 0, 0];
  for (const value of values) {
    count += 1;
    const delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
  }
  return squares / count;
}
