/** The functions of metric math that need nothing but their arguments. */
import { LIST_FUNCTIONS } from './list-functions.ts';
import { need, type PureFunction } from './pure-function.ts';
import { SUMMARIES } from './summaries.ts';
import {
  combineValues,
  keepFinite,
  listSeries,
  mapEachSeries,
  mapValue,
  MathError,
  type MathValue,
  type TimeSeries,
} from './values.ts';

/** A function of one argument that looks at each value by itself; what gives no finite number is left out. */
function pointwise(change: (value: number) => number): PureFunction {
  return { arity: [1, 1], apply: ([value]) => mapValue(need(value), change) };
}

/** A function of one argument that looks at each point and the one before it. */
function stepwise(change: (step: { rise: number; seconds: number }) => number): PureFunction {
  return { arity: [1, 1], apply: ([series]) => mapEachSeries(need(series), (one) => mapSteps(one, change)) };
}

function mapSteps(
  series: TimeSeries,
  change: (step: { rise: number; seconds: number }) => number,
): TimeSeries {
  const points: (readonly [number, number])[] = [];
  let last: readonly [number, number] | undefined;
  for (const [time, value] of series.points) {
    if (last !== undefined) {
      points.push([time, change({ rise: value - last[1], seconds: (time - last[0]) / 1000 })]);
    }
    last = [time, value];
  }
  return { ...series, points: keepFinite(points) };
}

/** Each point with all before it. */
function addUp(series: TimeSeries): TimeSeries {
  let total = 0;
  return {
    ...series,
    points: keepFinite([...series.points].map(([time, value]) => [time, (total += value)])),
  };
}

function readPeriod(value: MathValue): MathValue {
  if (value.kind !== 'series') throw new MathError('PERIOD takes one series');
  return { kind: 'number', value: value.series.periodSeconds };
}

/**
 * IF(condition, then, else): where the condition is not 0. Without `else`, and where `else` has no point, the other points
 * are left out; `then` counts as 0 there, as AWS documents.
 */
function choose(args: readonly MathValue[]): MathValue {
  const [condition, then, otherwise] = args;
  const [asked, yes] = [need(condition), need(then)];
  if (asked.kind === 'number') {
    if (asked.value !== 0) return yes;
    return otherwise ?? mapValue(yes, () => NaN);
  }
  const taken = combineValues(asked, yes, (test, value) => (test === 0 ? NaN : value));
  if (otherwise === undefined) return onlyWhereKnown(taken, asked);
  const rest = combineValues(asked, otherwise, (test, value) => (test === 0 ? value : NaN));
  const known = otherwise.kind === 'number' ? rest : onlyWhereKnown(rest, otherwise);
  return joinPoints(onlyWhereKnown(taken, asked), onlyWhereKnown(known, asked));
}

/** What is missing counts as 0 in a combination; a condition that is missing decides nothing. */
function onlyWhereKnown(value: MathValue, others: MathValue): MathValue {
  return pairSeries(value, others, (series, other) => ({
    ...series,
    points: new Map([...series.points].filter(([time]) => other.points.has(time))),
  }));
}

function joinPoints(left: MathValue, right: MathValue): MathValue {
  if (left.kind === 'series' && right.kind === 'list') return joinPoints(right, left);
  return pairSeries(left, right, (series, other) => {
    const merged = [...series.points, ...other.points];
    return { ...series, points: new Map(merged.sort(([a], [b]) => a - b)) };
  });
}

/** Two lists are of one length, and are gone through side by side; a series goes with each of a list. */
function pairSeries(
  left: MathValue,
  right: MathValue,
  combine: (left: TimeSeries, right: TimeSeries) => TimeSeries,
): MathValue {
  const others = listSeries(right);
  let place = 0;
  return mapEachSeries(left, (series) => {
    const other = others[right.kind === 'list' ? place++ : 0];
    return other === undefined ? series : combine(series, other);
  });
}

export const PURE_FUNCTIONS: ReadonlyMap<string, PureFunction> = new Map<string, PureFunction>([
  ...SUMMARIES,
  ...LIST_FUNCTIONS,
  ['ABS', pointwise(Math.abs)],
  ['CEIL', pointwise(Math.ceil)],
  ['FLOOR', pointwise(Math.floor)],
  ['LOG', pointwise(Math.log)],
  ['LOG10', pointwise(Math.log10)],
  ['DIFF', stepwise(({ rise }) => rise)],
  ['DIFF_TIME', stepwise(({ seconds }) => seconds)],
  ['RATE', stepwise(({ rise, seconds }) => rise / seconds)],
  ['RUNNING_SUM', { arity: [1, 1], apply: ([value]) => mapEachSeries(need(value), addUp) }],
  ['PERIOD', { arity: [1, 1], apply: ([value]) => readPeriod(need(value)) }],
  ['IF', { arity: [2, 3], apply: choose }],
]);
