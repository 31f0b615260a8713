/** The functions of metric math that make one of many: of a list one series, of a series one number. */
import { keepFinite, listSeries, unite, type MathValue, type TimeSeries } from './values.ts';
import { MAX_IN_A_LIST, type PureFunction } from './pure-function.ts';

type Reduce = (values: readonly number[]) => number;

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
      return { kind: 'series', series: reduceList(args.flatMap(listSeries), reduce, fillsGaps) };
    },
  };
}

function reduceList(list: readonly TimeSeries[], reduce: Reduce, fillsGaps: boolean): TimeSeries {
  const points = unite(list).map((time) => {
    const values = list.flatMap((series) => series.points.get(time) ?? (fillsGaps ? 0 : []));
    return [time, reduce(values)] as const;
  });
  return {
    label: list[0]?.label ?? '',
    periodSeconds: Math.max(60, ...list.map((series) => series.periodSeconds)),
    points: keepFinite(points),
  };
}

const sum: Reduce = (values) => values.reduce((total, value) => total + value, 0);
const average: Reduce = (values) => sum(values) / values.length;

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
