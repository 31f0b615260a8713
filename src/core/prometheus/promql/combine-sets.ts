/** Which series there are at a step: set operators, and series that are one at different steps. */
import { chooseLabels } from './aggregate.ts';
import type { BinaryExpression } from './expression.ts';
import { keyOf } from './series-labels.ts';
import { createStepSeries, type Evaluation, type StepSeries } from './value.ts';

type SetOperation = Pick<BinaryExpression, 'matching'> & { readonly operator: 'and' | 'or' | 'unless' };

/** Which steps of a series stay depends on whether the other side has anything there with the same labels. */
export async function combineSets(
  { operator, matching }: SetOperation,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
  evaluation: Evaluation,
): Promise<readonly StepSeries[]> {
  const { grid, budget } = evaluation;
  const keep = async (some: readonly StepSeries[], other: readonly StepSeries[], isWanted: boolean) => {
    const marksByKey = await markSteps(other, matching, evaluation);
    const kept: StepSeries[] = [];
    for (const series of some) {
      await budget.work(grid.count);
      const marks = marksByKey.get(keyOf(chooseLabels(series.labels, matching)));
      const present = series.present.map((mark, step) => mark & Number((marks?.[step] === 1) === isWanted));
      kept.push({ ...series, present });
    }
    return dropEmpty(kept);
  };
  if (operator !== 'or') return keep(left, right, operator === 'and');
  return joinEqual([...left, ...(await keep(right, left, false))], evaluation);
}

async function markSteps(
  series: readonly StepSeries[],
  matching: SetOperation['matching'],
  { grid: { count }, budget }: Evaluation,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const marks = new Map<string, Uint8Array>();
  for (const { labels, present } of series) {
    await budget.work(count);
    const key = keyOf(chooseLabels(labels, matching));
    const known = marks.get(key) ?? new Uint8Array(count);
    joinMarks(known, present);
    marks.set(key, known);
  }
  return marks;
}

/** Series of both sides that are the same one at different steps. */
export async function joinEqual(
  series: readonly StepSeries[],
  { grid, budget }: Evaluation,
): Promise<readonly StepSeries[]> {
  const joined = new Map<string, StepSeries>();
  for (const one of series) {
    await budget.work(grid.count);
    const key = keyOf(one.labels);
    const known = joined.get(key);
    const result = createStepSeries(one.labels, grid);
    for (const { values, present } of known === undefined ? [one] : [known, one]) {
      present.forEach((mark, step) => {
        if (mark !== 1) return;
        result.values[step] = values[step] ?? NaN;
        result.present[step] = 1;
      });
    }
    joined.set(key, result);
  }
  return [...joined.values()];
}

export function dropEmpty(series: readonly StepSeries[]): readonly StepSeries[] {
  return series.filter(({ present }) => present.includes(1));
}

export function joinMarks(marks: Uint8Array, present: Uint8Array): void {
  present.forEach((mark, step) => void (marks[step] = (marks[step] ?? 0) | mark));
}
