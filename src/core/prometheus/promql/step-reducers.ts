/**
 * Makes of a series' samples, which come in time order, its values at the steps of a query. As Prometheus 3 has it, a
 * sample belongs to a range when it is newer than its beginning and not newer than its end.
 */
import type { RangeReducer } from './functions/function-names.ts';
import type { QueryBudget } from './query-budget.ts';
import { NumberList } from './math/number-list.ts';
import { REDUCERS } from './math/range-functions.ts';
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
  readonly #reduce: (typeof REDUCERS)[RangeReducer];
  readonly #budget: QueryBudget;
  readonly #parameters: Float64Array | null;
  readonly #timestampsMs = new NumberList();
  readonly #values = new NumberList();
  /** Samples before this one are behind every range that is left. */
  #first = 0;
  #next = 0;

  /** @param options.parameters of functions that take a number, at each step */
  constructor(
    options: ReducerOptions & {
      readonly name: RangeReducer;
      readonly budget: QueryBudget;
      readonly parameters?: Float64Array | null;
    },
  ) {
    this.#options = options;
    this.#parameters = options.parameters ?? null;
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
      const value = this.#reduce({
        timestampsMs: this.#timestampsMs.numbers,
        values: this.#values.numbers,
        first: this.#first,
        end: this.#values.length,
        fromMs: endMs - spanMs,
        toMs: endMs,
        atMs: endMs + offsetMs,
        parameter: this.#parameters?.[this.#next] ?? NaN,
      });
      if (value === null) continue;
      series.values[this.#next] = value;
      series.present[this.#next] = 1;
    }
  }

  #forgetTo(timestampMs: number): void {
    while (this.#first < this.#timestampsMs.length && this.#isAt(this.#first, timestampMs)) this.#first += 1;
    // Moving what is left costs less than it holds.
    if (this.#first <= this.#values.length / 2) return;
    this.#timestampsMs.dropFirst(this.#first);
    this.#values.dropFirst(this.#first);
    this.#first = 0;
  }

  #isAt(index: number, timestampMs: number): boolean {
    return (this.#timestampsMs.numbers[index] ?? Infinity) <= timestampMs;
  }
}
