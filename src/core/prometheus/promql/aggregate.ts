/** Aggregations: one series of many, step by step. https://prometheus.io/docs/prometheus/latest/querying/operators/ */
import { ExactSum, findVariance, SumColumns } from './math/exact-sum.ts';
import type { AggregateExpression, Aggregation, LabelChoice } from './expression.ts';
import { PromqlError } from './promql-error.ts';
import { NAME_LABEL } from './parse-selector.ts';
import { findQuantile } from './math/quantile.ts';
import { keyOf, type Labels } from './series-labels.ts';
import { createStepSeries, type Evaluation, type Grid, type StepSeries } from './value.ts';

const SORT_FACTOR = 10;

export interface Group {
  readonly labels: Labels;
  readonly members: StepSeries[];
}

/** @param parameter of those that take one, at each step @throws PromqlError */
export async function aggregate(
  { operator, grouping }: Pick<AggregateExpression, 'operator' | 'grouping'>,
  series: readonly StepSeries[],
  parameter: Float64Array | null,
  evaluation: Evaluation,
): Promise<StepSeries[]> {
  const groups = groupSeries(series, grouping);
  const found: StepSeries[] = [];
  if (operator === 'quantile' || operator === 'stddev' || operator === 'stdvar') {
    for (const group of groups) found.push(await measureGroup(group, operator, parameter, evaluation));
    return found;
  }
  if (operator !== 'topk' && operator !== 'bottomk') {
    for (const group of groups) found.push(await reduceGroup(group, operator, evaluation));
    return found;
  }
  const limits = parameter ?? new Float64Array(evaluation.grid.count);
  for (const limit of limits) {
    if (Number.isNaN(limit)) throw new PromqlError('execution', `Parameter value is NaN in ${operator}`);
  }
  const direction = operator === 'topk' ? 1 : -1;
  for (const group of groups) found.push(...(await chooseMembers(group, direction, limits, evaluation)));
  return found;
}

/** The labels that count, in the order of their names. */
export function chooseLabels(labels: Labels, { labels: names, isExcluded }: LabelChoice): Labels {
  const chosen = [...labels].filter(([name]) =>
    isExcluded ? name !== NAME_LABEL && !names.includes(name) : names.includes(name),
  );
  return new Map(chosen);
}

export function groupSeries(series: readonly StepSeries[], grouping: LabelChoice): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const member of series) {
    const labels = chooseLabels(member.labels, grouping);
    const key = keyOf(labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels, members: [member] });
    else group.members.push(member);
  }
  return [...groups.values()];
}

type Measured = 'quantile' | 'stddev' | 'stdvar';
type Joined = Exclude<Aggregation, 'topk' | 'bottomk' | Measured>;

/** What two values become; sums are added apart. */
const JOIN: Readonly<Record<Exclude<Joined, 'sum' | 'avg'>, (joined: number, value: number) => number>> = {
  count: (joined) => joined + 1,
  group: () => 1,
  max: (joined, value) => (value > joined || Number.isNaN(joined) ? value : joined),
  min: (joined, value) => (value < joined || Number.isNaN(joined) ? value : joined),
};

async function reduceGroup(
  group: Group,
  operator: Joined,
  { grid, budget }: Evaluation,
): Promise<StepSeries> {
  if (operator === 'sum' || operator === 'avg') return sumGroup(group, operator === 'avg', { grid, budget });
  const { labels, members } = group;
  const result = createStepSeries(labels, grid);
  const join = JOIN[operator];
  const isCounted = operator === 'count' || operator === 'group';
  for (const { values, present } of members) {
    await budget.work(grid.count);
    for (let step = 0; step < grid.count; step += 1) {
      if (present[step] !== 1) continue;
      const [joined, value] = [result.values[step] ?? 0, values[step] ?? 0];
      const isFirst = result.present[step] === 0;
      result.values[step] = isFirst ? (isCounted ? 1 : value) : join(joined, value);
      result.present[step] = 1;
    }
  }
  return result;
}

/** What needs all values of a step together. */
async function measureGroup(
  { labels, members }: Group,
  operator: Measured,
  parameter: Float64Array | null,
  { grid, budget }: Evaluation,
): Promise<StepSeries> {
  const result = createStepSeries(labels, grid);
  for (let step = 0; step < grid.count; step += 1) {
    await budget.work(SORT_FACTOR * members.length);
    const there = members.flatMap(({ values, present }) =>
      present[step] === 1 ? [values[step] ?? NaN] : [],
    );
    if (there.length === 0) continue;
    result.values[step] =
      operator === 'quantile' ? findQuantile(parameter?.[step] ?? NaN, there) : measure(operator, there);
    result.present[step] = 1;
  }
  return result;
}

function measure(operator: 'stddev' | 'stdvar', values: readonly number[]): number {
  const variance = findVariance(values);
  return operator === 'stddev' ? Math.sqrt(variance) : variance;
}

async function sumGroup(
  { labels, members }: Group,
  isMean: boolean,
  { grid, budget }: Evaluation,
): Promise<StepSeries> {
  const result = createStepSeries(labels, grid);
  const counts = new Uint32Array(grid.count);
  const sums = new SumColumns(grid.count);
  for (const { values, present } of members) {
    await budget.work(grid.count);
    for (let step = 0; step < grid.count; step += 1) {
      if (present[step] !== 1) continue;
      sums.add(step, values[step] ?? NaN);
      counts[step] = (counts[step] ?? 0) + 1;
      result.present[step] = 1;
    }
  }
  for (const [step, count] of counts.entries()) {
    if (count === 0) continue;
    const sum = sums.at(step);
    // A sum beyond the largest number may have a mean that is none.
    const isExact = !isMean || Number.isFinite(sum);
    result.values[step] = isExact ? sum / (isMean ? count : 1) : meanAt(members, step, count);
  }
  return result;
}

function meanAt(members: readonly StepSeries[], step: number, count: number): number {
  const mean = new ExactSum();
  for (const { values, present } of members) {
    if (present[step] === 1) mean.add((values[step] ?? NaN) / count);
  }
  return mean.value;
}

/** The series as they are, at the steps at which they are among the first. @param direction 1 for the highest */
async function chooseMembers(
  { members }: Group,
  direction: 1 | -1,
  limits: Float64Array,
  { grid, budget }: Evaluation,
): Promise<StepSeries[]> {
  const chosen = members.map(({ labels }) => createStepSeries(labels, grid));
  for (let step = 0; step < grid.count; step += 1) {
    const there: { readonly index: number; readonly value: number }[] = [];
    for (const [index, { values, present }] of members.entries()) {
      if (present[step] === 1) there.push({ index, value: values[step] ?? NaN });
    }
    // Sorting looks at each some ten times.
    await budget.work(SORT_FACTOR * members.length);
    there.sort((a, b) => compareNumbers(direction * b.value, direction * a.value));
    for (const { index, value } of there.slice(0, Math.max(0, Math.trunc(limits[step] ?? 0)))) {
      const series = chosen[index];
      if (series === undefined) continue;
      series.values[step] = value;
      series.present[step] = 1;
    }
  }
  const order = [...chosen.keys()];
  // At one step they come in order, as a table shows them.
  if (grid.count === 1) {
    order.sort((a, b) =>
      compareNumbers(direction * (chosen[b]?.values[0] ?? NaN), direction * (chosen[a]?.values[0] ?? NaN)),
    );
  }
  return order.flatMap((index) => chosen[index] ?? []).filter(({ present }) => present.includes(1));
}

/** At one step they come in order, as a table shows them; of more there is none. */
export function sortSeries(
  series: readonly StepSeries[],
  { isDescending }: { readonly isDescending: boolean },
  { count }: Grid,
): readonly StepSeries[] {
  if (count !== 1) return series;
  const direction = isDescending ? 1 : -1;
  return series.toSorted((a, b) =>
    compareNumbers(direction * (b.values[0] ?? NaN), direction * (a.values[0] ?? NaN)),
  );
}

/** NaN comes last. */
function compareNumbers(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a - b;
}
