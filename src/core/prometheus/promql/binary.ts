/**
 * Operators between two values: numbers, a number and a vector, or two vectors of which each series has one partner at
 * most, and is that of one unless the query says otherwise. https://prometheus.io/docs/prometheus/latest/querying/operators/
 */
import { chooseLabels } from './aggregate.ts';
import { combineSets, dropEmpty, joinEqual, joinMarks } from './combine-sets.ts';
import {
  type BinaryExpression,
  type BinaryOperator,
  COMPARISONS,
  isOneOf,
  SET_OPERATORS,
} from './expression.ts';
import { combineMany } from './operators/combine-many.ts';
import { NAME_LABEL } from './parse-selector.ts';
import { PromqlError } from './promql-error.ts';
import { keyOf, type Labels, sortLabels } from './series-labels.ts';
import { createStepSeries, type Evaluation, type Grid, type StepSeries, type Value } from './value.ts';

type Operation = Pick<BinaryExpression, 'operator' | 'isBool' | 'matching' | 'grouping'>;

/** Comparisons give 1 and 0. */
const CALCULATE: Readonly<
  Record<Exclude<BinaryOperator, 'and' | 'or' | 'unless'>, (a: number, b: number) => number>
> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': raise,
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '>': (a, b) => Number(a > b),
  '<': (a, b) => Number(a < b),
  '>=': (a, b) => Number(a >= b),
  '<=': (a, b) => Number(a <= b),
};

/** As C has it, where JavaScript says NaN. */
function raise(base: number, exponent: number): number {
  const isOne = base === 1 || (base === -1 && Math.abs(exponent) === Infinity);
  return isOne ? 1 : base ** exponent;
}

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

/** Of both sides those series that belong together, whichever steps they are at. */
interface MatchGroup {
  readonly labels: Labels;
  readonly left: StepSeries[];
  readonly right: StepSeries[];
}

/** Step by step a series has one partner at most; one that ends may be followed by another with the same labels. */
async function combineVectors(
  operation: Calculation,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
  evaluation: Evaluation,
): Promise<readonly StepSeries[]> {
  const { grid, budget } = evaluation;
  const { grouping } = operation;
  if (grouping !== null) {
    const isLeft = grouping.many === 'left';
    const [many, one] = isLeft ? [left, right] : [right, left];
    const calculateOne = (series: StepSeries, partner: StepSeries) => {
      const [first, second] = isLeft ? [series, partner] : [partner, series];
      return calculate(operation, first, second, first, grid);
    };
    const keeps = keepsNames(operation);
    return combineMany(
      { ...operation, grouping, keepsNames: keeps, calculate: calculateOne },
      many,
      one,
      evaluation,
    );
  }
  const groups = new Map<string, MatchGroup>();
  for (const [side, series] of [['left', left] as const, ['right', right] as const]) {
    for (const one of series) {
      const labels = chooseLabels(one.labels, operation.matching);
      const key = keyOf(labels);
      const group = groups.get(key) ?? { labels, left: [], right: [] };
      group[side].push(one);
      groups.set(key, group);
    }
  }
  // Where the left side is empty nothing is paired, and nothing is wrong.
  const anyLeft = await markAll(left, evaluation);
  const found: StepSeries[] = [];
  for (const group of groups.values()) {
    if (group.right.length === 0) continue;
    const partner = await mergeSide(group.right, anyLeft, evaluation);
    const taken = new Uint8Array(grid.count);
    for (const series of group.left) {
      await budget.work(grid.count);
      const result = calculate(operation, series, partner, series, grid);
      if (result.present.some((mark, step) => mark === 1 && taken[step] === 1)) throw ambiguous('left');
      if (group.left.length > 1) joinMarks(taken, result.present);
      const isNamed = keepsNames(operation) && operation.matching.isExcluded;
      const name = isNamed ? [...series.labels].filter(([label]) => label === NAME_LABEL) : [];
      found.push({ ...result, labels: sortLabels([...name, ...group.labels]) });
    }
  }
  const isSplit = [...groups.values()].some((group) => group.left.length > 1);
  return isSplit ? joinEqual(dropEmpty(found), evaluation) : dropEmpty(found);
}

/** @param others the steps at which the other side has anything @throws PromqlError where two are at such a step */
async function mergeSide(
  series: readonly StepSeries[],
  others: Uint8Array,
  { grid, budget }: Evaluation,
): Promise<StepSeries> {
  const [only, ...more] = series;
  if (only !== undefined && more.length === 0) return only;
  const merged = createStepSeries(new Map(), grid);
  for (const { values, present } of series) {
    await budget.work(grid.count);
    for (let step = 0; step < grid.count; step += 1) {
      if (present[step] !== 1) continue;
      if (merged.present[step] === 1 && others[step] === 1) throw ambiguous('right');
      merged.values[step] = values[step] ?? NaN;
      merged.present[step] = 1;
    }
  }
  return merged;
}

async function markAll(series: readonly StepSeries[], { grid, budget }: Evaluation): Promise<Uint8Array> {
  const marks = new Uint8Array(grid.count);
  for (const { present } of series) {
    await budget.work(grid.count);
    joinMarks(marks, present);
  }
  return marks;
}

function ambiguous(side: 'left' | 'right'): PromqlError {
  return new PromqlError(
    'execution',
    side === 'left'
      ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
      : 'found duplicate series for the match group on the right hand-side of the operation; many-to-many matching not allowed: matching labels must be unique on one side',
  );
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
