/**
 * The values of a subquery: those of its expression at whole multiples of its step.
 * https://prometheus.io/docs/prometheus/latest/querying/basics/#subquery
 */
import type { Subquery } from '../expression.ts';
import { PromqlError } from '../promql-error.ts';
import type { RangeReduction } from '../series-reader.ts';
import { RangeWindow } from '../step-reducers.ts';
import {
  createStepSeries,
  type Evaluation,
  type Grid,
  type SampleSeries,
  type StepSeries,
  timeOf,
} from '../value.ts';

/** A month of minutes is 44,640. */
const MAX_STEPS = 200_000;

/** Gives the series of the subquery's expression at the steps of a grid. */
type EvaluateAt = (grid: Grid) => Promise<readonly StepSeries[]>;

/** What a function makes of the range before each step. @throws PromqlError where it is too much */
export async function reduceSubquery(
  subquery: Subquery,
  reduction: RangeReduction,
  evaluateAt: EvaluateAt,
  { grid, budget }: Evaluation,
): Promise<StepSeries[]> {
  const inner = findInnerGrid(subquery, grid);
  const found: StepSeries[] = [];
  for (const { labels, values, present } of inner.count === 0 ? [] : await evaluateAt(inner)) {
    budget.takePoints(grid.count);
    const series = createStepSeries(labels, grid);
    const window = new RangeWindow({
      grid,
      series,
      spanMs: subquery.rangeMs,
      offsetMs: subquery.offsetMs,
      budget,
      ...reduction,
    });
    for (let step = 0; step < inner.count; step += 1) {
      if (present[step] === 1) window.add(timeOf(inner, step), values[step] ?? NaN);
      if (budget.isPauseDue) await budget.work(0);
    }
    window.finish();
    await budget.work(inner.count + grid.count);
    if (series.present.includes(1)) found.push(series);
  }
  return found;
}

/** The subquery by itself, at the one time of a grid. @throws PromqlError where it is too much */
export async function sampleSubquery(
  subquery: Subquery,
  evaluateAt: EvaluateAt,
  grid: Grid,
): Promise<readonly SampleSeries[]> {
  const inner = findInnerGrid(subquery, grid);
  const found = inner.count === 0 ? [] : await evaluateAt(inner);
  return found.map(({ labels, values, present }) => {
    const steps = [...present.keys()].filter((step) => present[step] === 1);
    return {
      labels,
      timestampsMs: steps.map((step) => timeOf(inner, step)),
      values: steps.map((step) => values[step] ?? NaN),
    };
  });
}

/** All steps that are in the range of one of the outer steps at least; what is at the very beginning of a range is not. */
function findInnerGrid({ rangeMs, stepMs, offsetMs }: Subquery, grid: Grid): Grid {
  const afterMs = grid.startMs - offsetMs - rangeMs;
  const toMs = timeOf(grid, grid.count - 1) - offsetMs;
  const startMs = (Math.floor(afterMs / stepMs) + 1) * stepMs;
  const count = Math.max(0, Math.floor((toMs - startMs) / stepMs) + 1);
  if (count <= MAX_STEPS) return { startMs, stepMs, count };
  throw new PromqlError('execution', `a subquery may have ${MAX_STEPS} steps, this one has ${count}`);
}
