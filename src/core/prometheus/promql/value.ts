/** What parts of a query have for values: one number, or one of each series, at each of its steps. */
import type { QueryBudget } from './query-budget.ts';
import type { Labels } from './series-labels.ts';

/** The times a query is evaluated at: `count` of them, the first at `startMs`. */
export interface Grid {
  readonly startMs: number;
  /** Of one step any number greater than 0. */
  readonly stepMs: number;
  readonly count: number;
}

/** What every part of a query is evaluated with. */
export interface Evaluation {
  readonly grid: Grid;
  readonly budget: QueryBudget;
}

/** A series at each step of a grid. */
export interface StepSeries {
  readonly labels: Labels;
  readonly values: Float64Array;
  /** 1 where there is a value: NaN is one. */
  readonly present: Uint8Array;
}

export type Value =
  | { readonly type: 'scalar'; readonly values: Float64Array }
  | { readonly type: 'vector'; readonly series: readonly StepSeries[] };

/** A series sample by sample: what a range selector by itself gives. */
export interface SampleSeries {
  readonly labels: Labels;
  readonly timestampsMs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

export function createStepSeries(labels: Labels, { count }: Grid): StepSeries {
  return { labels, values: new Float64Array(count), present: new Uint8Array(count) };
}

export function timeOf({ startMs, stepMs }: Grid, step: number): number {
  return startMs + step * stepMs;
}
