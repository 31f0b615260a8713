/**
 * Many series with one: `group_left` and `group_right`.
 * https://prometheus.io/docs/prometheus/latest/querying/operators/#many-to-one-and-one-to-many-vector-matches
 */
import { chooseLabels } from '../aggregate.ts';
import type { GroupSide, LabelChoice } from '../expression.ts';
import { NAME_LABEL } from '../parse-selector.ts';
import { PromqlError } from '../promql-error.ts';
import { keyOf, type Labels, sortLabels } from '../series-labels.ts';
import type { Evaluation, StepSeries } from '../value.ts';

interface ManyOperation {
  readonly matching: LabelChoice;
  readonly grouping: GroupSide;
  /** Whether the series keep their names. */
  readonly keepsNames: boolean;
  /** Of one of many and its partner, with the labels of the first. */
  readonly calculate: (one: StepSeries, partner: StepSeries) => StepSeries;
}

/**
 * Each series of `many` has one partner at most at each step; which one may change, and its labels with it.
 * @throws PromqlError where there are two partners, or two of the result would have the same labels
 */
export async function combineMany(
  operation: ManyOperation,
  many: readonly StepSeries[],
  one: readonly StepSeries[],
  evaluation: Evaluation,
): Promise<readonly StepSeries[]> {
  const { grid, budget } = evaluation;
  const partners = await groupPartners(operation, many, one, evaluation);
  const found = new Map<string, StepSeries>();
  for (const series of many) {
    for (const partner of partners.get(keyOf(chooseLabels(series.labels, operation.matching))) ?? []) {
      await budget.work(grid.count);
      const result = operation.calculate(series, partner);
      if (!result.present.includes(1)) continue;
      const labels = nameResult(operation, series.labels, partner.labels);
      const key = keyOf(labels);
      const known = found.get(key);
      if (known === undefined) budget.takePoints(grid.count);
      found.set(key, known === undefined ? { ...result, labels } : join(known, result));
    }
  }
  return [...found.values()];
}

/** By the labels that are matched. */
async function groupPartners(
  { matching, grouping }: ManyOperation,
  many: readonly StepSeries[],
  one: readonly StepSeries[],
  { grid, budget }: Evaluation,
): Promise<ReadonlyMap<string, readonly StepSeries[]>> {
  // Where there is none of the many, nothing is paired, and nothing is wrong.
  const asked = new Uint8Array(grid.count);
  for (const { present } of many) {
    await budget.work(grid.count);
    for (let step = 0; step < grid.count; step += 1) if (present[step] === 1) asked[step] = 1;
  }
  const groups = new Map<string, { readonly series: StepSeries[]; readonly taken: Uint8Array }>();
  for (const series of one) {
    await budget.work(grid.count);
    const key = keyOf(chooseLabels(series.labels, matching));
    const group = groups.get(key) ?? { series: [], taken: new Uint8Array(grid.count) };
    for (let step = 0; step < grid.count; step += 1) {
      if (series.present[step] !== 1) continue;
      if (group.taken[step] === 1 && asked[step] === 1) throw manyPartners(grouping);
      group.taken[step] = 1;
    }
    group.series.push(series);
    groups.set(key, group);
  }
  return new Map([...groups].map(([key, { series }]) => [key, series]));
}

/** The labels of the one of many, and those the clause takes from its partner, which may take one away. */
function nameResult({ grouping, keepsNames }: ManyOperation, labels: Labels, partner: Labels): Labels {
  const result = new Map([...labels].filter(([label]) => keepsNames || label !== NAME_LABEL));
  for (const label of grouping.labels) {
    const value = partner.get(label);
    if (value === undefined) result.delete(label);
    else result.set(label, value);
  }
  return sortLabels(result);
}

function join(known: StepSeries, other: StepSeries): StepSeries {
  const [values, present] = [known.values.slice(), known.present.slice()];
  for (const [step, isThere] of other.present.entries()) {
    if (isThere !== 1) continue;
    if (present[step] === 1) {
      const message = 'multiple matches for labels: grouping labels must ensure unique matches';
      throw new PromqlError('execution', message);
    }
    values[step] = other.values[step] ?? NaN;
    present[step] = 1;
  }
  return { labels: known.labels, values, present };
}

function manyPartners({ many }: GroupSide): PromqlError {
  const side = many === 'left' ? 'right' : 'left';
  return new PromqlError(
    'execution',
    `found duplicate series for the match group on the ${side} hand-side of the operation; many-to-many matching not allowed: matching labels must be unique on one side`,
  );
}
