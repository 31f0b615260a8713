/**
 * Makes of a series' samples, which come in time order, its values at the steps of a query. As Prometheus 3 has it, a
 * sample belongs to a range when it is newer than its beginning and not newer than its end.
 */
import { ExactSum } from './exact-sum.ts';
import type { RangeFunction } from './expression.ts';
import type { QueryBudget } from './query-budget.ts';
import { type Grid, type StepSeries, timeOf } from './value.ts';

export interface StepReducer {
  /** Takes a sample that is newer than those before. */
  add: (timestampMs: number, value: number) => void;
  /** No samples come any more. */
  finish: () => void;
}

interface ReducerOptions {
  readonly grid: Grid;
  /** How far the samples of a step reach back before it; from the step less the offset. */
  readonly spanMs: number;
  readonly offsetMs: number;
  readonly series: StepSeries;
}

/** At each step the newest sample. */
export class NewestSample implements StepReducer {
  readonly #options: ReducerOptions;
  #next = 0;
  #timestampMs = -Infinity;
  #value = 0;

  constructor(options: ReducerOptions) {
    this.#options = options;
  }

  add(timestampMs: number, value: number): void {
    this.#fillBefore(timestampMs);
    this.#timestampMs = timestampMs;
    this.#value = value;
  }

  finish(): void {
    this.#fillBefore(Infinity);
  }

  /** The steps that see nothing newer than the sample of now. */
  #fillBefore(timestampMs: number): void {
    const { grid, spanMs, offsetMs, series } = this.#options;
    for (; this.#next < grid.count; this.#next += 1) {
      const endMs = timeOf(grid, this.#next) - offsetMs;
      if (endMs >= timestampMs) return;
      if (this.#timestampMs <= endMs - spanMs) continue;
      series.values[this.#next] = this.#value;
      series.present[this.#next] = 1;
    }
  }
}

/** At each step what a function makes of the samples of its range. */
export class RangeWindow implements StepReducer {
  readonly #options: ReducerOptions;
  readonly #reduce: (values: readonly number[], from: number) => number;
  readonly #budget: QueryBudget;
  readonly #timestampsMs: number[] = [];
  readonly #values: number[] = [];
  /** Samples before this one are behind every range that is left. */
  #first = 0;
  #next = 0;

  constructor(options: ReducerOptions & { readonly name: RangeFunction; readonly budget: QueryBudget }) {
    this.#options = options;
    this.#reduce = REDUCERS[options.name];
    this.#budget = options.budget;
  }

  add(timestampMs: number, value: number): void {
    this.#evaluateBefore(timestampMs);
    this.#timestampsMs.push(timestampMs);
    this.#values.push(value);
  }

  finish(): void {
    this.#evaluateBefore(Infinity);
  }

  /** The steps whose ranges end before a time. */
  #evaluateBefore(timestampMs: number): void {
    const { grid, spanMs, offsetMs, series } = this.#options;
    for (; this.#next < grid.count; this.#next += 1) {
      const endMs = timeOf(grid, this.#next) - offsetMs;
      if (endMs >= timestampMs) return;
      this.#forgetTo(endMs - spanMs);
      if (this.#first === this.#values.length) continue;
      this.#budget.takeVisited(this.#values.length - this.#first);
      series.values[this.#next] = this.#reduce(this.#values, this.#first);
      series.present[this.#next] = 1;
    }
  }

  #forgetTo(timestampMs: number): void {
    while (this.#first < this.#timestampsMs.length && this.#isAt(this.#first, timestampMs)) this.#first += 1;
    // Moving what is left costs less than it holds.
    if (this.#first <= this.#values.length / 2) return;
    this.#timestampsMs.splice(0, this.#first);
    this.#values.splice(0, this.#first);
    this.#first = 0;
  }

  #isAt(index: number, timestampMs: number): boolean {
    return (this.#timestampsMs[index] ?? Infinity) <= timestampMs;
  }
}

/** Each of the samples from an index on, of which there is one at least. */
const REDUCERS: Readonly<Record<RangeFunction, (values: readonly number[], from: number) => number>> = {
  avg_over_time: average,
  count_over_time: (values, from) => values.length - from,
  last_over_time: (values) => values.at(-1) ?? NaN,
  max_over_time: (values, from) => fold(values, from, Math.max),
  min_over_time: (values, from) => fold(values, from, Math.min),
  sum_over_time: (values, from) => sum(values, from, 1),
};

function average(values: readonly number[], from: number): number {
  const count = values.length - from;
  const mean = sum(values, from, 1) / count;
  return Number.isFinite(mean) ? mean : sum(values, from, count);
}

/** @param divisor of each of them, for those whose sum would be infinite */
function sum(values: readonly number[], from: number, divisor: number): number {
  const total = new ExactSum();
  for (let index = from; index < values.length; index += 1) total.add((values[index] ?? NaN) / divisor);
  return total.value;
}

function fold(values: readonly number[], from: number, join: (a: number, b: number) => number): number {
  let result = values[from] ?? NaN;
  for (let index = from + 1; index < values.length; index += 1) result = join(result, values[index] ?? NaN);
  return result;
}
