/** The functions of metric math that make one of many: of a list one series, of a series one number. */
import { keepFinite, layOut, type MathValue, type TimeSeries } from './values.ts';
import { MAX_IN_A_LIST, type PureFunction } from './pure-function.ts';

/** @param absent how many more count as 0 */
type Reduce = (values: readonly number[], absent?: number) => number;

/**
 * @param ofNone what a series without points gives
 * @param fillsGaps whether a series that lacks a point others have counts as 0 there
 */
function summary(reduce: Reduce, { ofNone = 0, fillsGaps = false } = {}): PureFunction {
  return {
    arity: [1, MAX_IN_A_LIST],
    apply(args): MathValue {
      const [first] = args;
      if (args.length === 1 && first?.kind === 'series') {
        const values = [...first.series.points.values()];
        return { kind: 'number', value: values.length === 0 ? ofNone : reduce(values) };
      }
      if (args.every((arg) => arg.kind === 'number')) {
        return { kind: 'number', value: reduce(args.map((arg) => arg.value)) };
      }
      return { kind: 'series', series: reduceList(layOut(args), reduce, fillsGaps) };
    },
  };
}

/** Each point is looked at once: a list may hold as many series as points. */
function reduceList(list: readonly TimeSeries[], reduce: Reduce, fillsGaps: boolean): TimeSeries {
  const gathered = new Map<number, number[]>();
  for (const { points } of list) {
    for (const [time, value] of points) {
      const values = gathered.get(time);
      if (values === undefined) gathered.set(time, [value]);
      else values.push(value);
    }
  }
  const points = [...gathered]
    .sort(([a], [b]) => a - b)
    .map(([time, values]) => {
      return [time, reduce(values, fillsGaps ? list.length - values.length : 0)] as const;
    });
  return {
    label: list[0]?.label ?? '',
    periodSeconds: list.reduce((longest, { periodSeconds }) => Math.max(longest, periodSeconds), 60),
    points: keepFinite(points),
  };
}

const sum: Reduce = (values) => values.reduce((total, value) => total + value, 0);
const average: Reduce = (values, absent = 0) => sum(values) / (values.length + absent);

/** Of all there are, not an estimate from some: the documentation does not say which, and has "of all data points". */
function deviate(values: readonly number[]): number {
  const mean = average(values);
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
}

/** By which SORT can order a list. */
export const SORT_KEYS: ReadonlyMap<string, Reduce> = new Map([
  ['SUM', sum],
  ['AVG', average],
  ['MIN', (values) => values.reduce((least, value) => Math.min(least, value))],
  ['MAX', (values) => values.reduce((most, value) => Math.max(most, value))],
]);

export const SUMMARIES: ReadonlyMap<string, PureFunction> = new Map([
  ...[...SORT_KEYS].map(([name, reduce]) => [name, summary(reduce, { fillsGaps: name === 'AVG' })] as const),
  ['STDDEV', summary(deviate)] as const,
  ['DATAPOINT_COUNT', summary((values) => values.length)] as const,
]);
