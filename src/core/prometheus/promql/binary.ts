/**
 * Operators between two values: numbers, a number and a vector, or two vectors of which each series has one partner at
 * most. https://prometheus.io/docs/prometheus/latest/querying/operators/
 */
import { chooseLabels } from './aggregate.ts';
import {
  type BinaryExpression,
  type BinaryOperator,
  COMPARISONS,
  isOneOf,
  SET_OPERATORS,
} from './expression.ts';
import { NAME_LABEL } from './parse-selector.ts';
import { PromqlError } from './promql-error.ts';
import { keyOf, type Labels, sortLabels } from './series-labels.ts';
import { createStepSeries, type Evaluation, type Grid, type StepSeries, type Value } from './value.ts';

type Operation = Pick<BinaryExpression, 'operator' | 'isBool' | 'matching'>;

/** Comparisons give 1 and 0. */
const CALCULATE: Readonly<
  Record<Exclude<BinaryOperator, 'and' | 'or' | 'unless'>, (a: number, b: number) => number>
> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => a ** b,
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '>': (a, b) => Number(a > b),
  '<': (a, b) => Number(a < b),
  '>=': (a, b) => Number(a >= b),
  '<=': (a, b) => Number(a <= b),
};

/** @throws PromqlError where a series has several partners, or two of the result would have the same labels */
export async function combine(
  operation: Operation,
  left: Value,
  right: Value,
  evaluation: Evaluation,
): Promise<Value> {
  const { operator } = operation;
  if (left.type === 'vector' && right.type === 'vector') {
    const series = isOneOf(SET_OPERATORS, operator)
      ? await combineSets({ ...operation, operator }, left.series, right.series, evaluation)
      : await combineVectors({ ...operation, operator }, left.series, right.series, evaluation);
    return { type: 'vector', series };
  }
  if (isOneOf(SET_OPERATORS, operator)) throw new PromqlError('bad_data', `${operator} needs two vectors`);
  if (left.type === 'scalar' && right.type === 'scalar') {
    const values = left.values.map((value, step) => CALCULATE[operator](value, right.values[step] ?? NaN));
    return { type: 'scalar', values };
  }
  const [vector, scalar] = left.type === 'vector' ? [left, right] : [right, left];
  if (vector.type !== 'vector' || scalar.type !== 'scalar') return left;
  const isSwapped = left.type === 'scalar';
  const { grid, budget } = evaluation;
  const series: StepSeries[] = [];
  for (const one of vector.series) {
    await budget.work(grid.count);
    const numbers = { ...one, values: scalar.values };
    const [first, second] = isSwapped ? [numbers, one] : [one, numbers];
    series.push(calculate({ ...operation, operator }, first, second, one, grid));
  }
  return { type: 'vector', series: dropEmpty(keepsNames(operation) ? series : dropNames(series)) };
}

/** A comparison without `bool` leaves series as they are, and takes out what does not pass. */
function keepsNames({ operator, isBool }: Operation): boolean {
  return isOneOf(COMPARISONS, operator) && !isBool;
}

type Calculation = Operation & { readonly operator: keyof typeof CALCULATE };

/** @param kept the series whose values a comparison lets pass */
function calculate(
  operation: Calculation,
  left: StepSeries,
  right: StepSeries,
  kept: StepSeries,
  grid: Grid,
): StepSeries {
  const result = createStepSeries(kept.labels, grid);
  const isFilter = keepsNames(operation);
  const apply = CALCULATE[operation.operator];
  for (let step = 0; step < grid.count; step += 1) {
    if (left.present[step] !== 1 || right.present[step] !== 1) continue;
    const value = apply(left.values[step] ?? NaN, right.values[step] ?? NaN);
    if (isFilter && value === 0) continue;
    result.values[step] = isFilter ? (kept.values[step] ?? NaN) : value;
    result.present[step] = 1;
  }
  return result;
}

async function combineVectors(
  operation: Calculation,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
  { grid, budget }: Evaluation,
): Promise<readonly StepSeries[]> {
  const partners = new Map<string, StepSeries>();
  for (const series of right) {
    const key = keyOf(chooseLabels(series.labels, operation.matching));
    if (partners.has(key)) throw ambiguous('right');
    partners.set(key, series);
  }
  const used = new Set<string>();
  const found: StepSeries[] = [];
  for (const series of left) {
    await budget.work(grid.count);
    const labels = chooseLabels(series.labels, operation.matching);
    const key = keyOf(labels);
    const partner = partners.get(key);
    if (partner === undefined) continue;
    if (used.has(key)) throw ambiguous('left');
    used.add(key);
    const result = calculate(operation, series, partner, series, grid);
    const isNamed = keepsNames(operation) && operation.matching.isExcluded;
    const name = isNamed ? [...series.labels].filter(([label]) => label === NAME_LABEL) : [];
    found.push({ ...result, labels: sortLabels([...name, ...labels]) });
  }
  return dropEmpty(found);
}

function ambiguous(side: 'left' | 'right'): PromqlError {
  return new PromqlError(
    'execution',
    `found duplicate series for the match group on the ${side} hand-side of the operation; many-to-many matching not allowed: matching labels must be unique on one side`,
  );
}

/** Which steps of a series stay depends on whether the other side has anything there with the same labels. */
async function combineSets(
  { operator, matching }: Operation & { readonly operator: 'and' | 'or' | 'unless' },
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
  matching: Operation['matching'],
  { grid: { count }, budget }: Evaluation,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const marks = new Map<string, Uint8Array>();
  for (const { labels, present } of series) {
    await budget.work(count);
    const key = keyOf(chooseLabels(labels, matching));
    const known = marks.get(key) ?? new Uint8Array(count);
    present.forEach((mark, step) => void (known[step] = (known[step] ?? 0) | mark));
    marks.set(key, known);
  }
  return marks;
}

/** Series of both sides that are the same one at different steps. */
async function joinEqual(
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

function dropEmpty(series: readonly StepSeries[]): readonly StepSeries[] {
  return series.filter(({ present }) => present.includes(1));
}

/** @throws PromqlError where two series differ by nothing but their names */
export function dropNames(series: readonly StepSeries[]): readonly StepSeries[] {
  const seen = new Set<string>();
  return series.map((one) => {
    const labels: Labels = new Map([...one.labels].filter(([name]) => name !== NAME_LABEL));
    const key = keyOf(labels);
    if (seen.has(key)) {
      throw new PromqlError('execution', 'vector cannot contain metrics with the same labelset');
    }
    seen.add(key);
    return { ...one, labels };
  });
}
