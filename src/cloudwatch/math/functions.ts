/** The functions of metric math that need nothing but their arguments. */
import {
  combineValues,
  keepFinite,
  listSeries,
  mapEachSeries,
  mapValue,
  MathError,
  unite,
  type MathValue,
  type TimeSeries,
} from './values.ts';

export interface PureFunction {
  /** How many arguments: fewest and most. */
  readonly arity: readonly [number, number];
  apply(args: readonly MathValue[]): MathValue;
}

const MOST_IN_A_LIST = 500;

/** A list becomes one series, point by point over those that have the point; one series becomes one number. */
function summary(reduce: (values: readonly number[]) => number): PureFunction {
  return {
    arity: [1, MOST_IN_A_LIST],
    apply(args) {
      const [first] = args;
      if (args.length === 1 && first?.kind === 'series') {
        const values = [...first.series.points.values()];
        return { kind: 'number', value: values.length === 0 ? 0 : reduce(values) };
      }
      if (args.every((arg) => arg.kind === 'number')) {
        return { kind: 'number', value: reduce(args.map((arg) => arg.value)) };
      }
      return { kind: 'series', series: reduceList(args.flatMap(listSeries), reduce) };
    },
  };
}

function reduceList(list: readonly TimeSeries[], reduce: (values: readonly number[]) => number): TimeSeries {
  const points = unite(list).map((time) => {
    const values = list.flatMap((series) => series.points.get(time) ?? []);
    return [time, reduce(values)] as const;
  });
  return {
    label: list[0]?.label ?? '',
    periodSeconds: Math.max(60, ...list.map((series) => series.periodSeconds)),
    points: keepFinite(points),
  };
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

function need(value: MathValue | undefined): MathValue {
  if (value === undefined) throw new MathError('an argument is missing');
  return value;
}

/** IF(condition, then, else): where the condition is not 0. Without `else` the other points are left out. */
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
  return joinPoints(onlyWhereKnown(taken, asked), onlyWhereKnown(rest, asked));
}

/** What is missing counts as 0 in a combination; a condition that is missing decides nothing. */
function onlyWhereKnown(value: MathValue, condition: MathValue): MathValue {
  const known = new Set(unite(listSeries(condition)));
  return mapEachSeries(value, (series) => ({
    ...series,
    points: new Map([...series.points].filter(([time]) => known.has(time))),
  }));
}

function joinPoints(left: MathValue, right: MathValue): MathValue {
  const others = listSeries(right);
  let place = 0;
  return mapEachSeries(left, (series) => {
    const merged = [...series.points, ...(others[place++]?.points ?? [])];
    return { ...series, points: new Map(merged.sort(([a], [b]) => a - b)) };
  });
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

export const PURE_FUNCTIONS: ReadonlyMap<string, PureFunction> = new Map([
  ['SUM', summary(sum)],
  ['AVG', summary((values) => sum(values) / values.length)],
  ['MIN', summary((values) => values.reduce((least, value) => Math.min(least, value)))],
  ['MAX', summary((values) => values.reduce((most, value) => Math.max(most, value)))],
  ['ABS', { arity: [1, 1], apply: ([value]: readonly MathValue[]) => mapValue(need(value), Math.abs) }],
  ['DIFF', stepwise(({ rise }) => rise)],
  ['RATE', stepwise(({ rise, seconds }) => rise / seconds)],
  ['IF', { arity: [2, 3], apply: choose }],
  [
    'LIST',
    {
      arity: [1, MOST_IN_A_LIST],
      apply: (args: readonly MathValue[]): MathValue => ({ kind: 'list', list: args.flatMap(listSeries) }),
    },
  ],
]);
