/** The functions of metric math that choose from a list of series, and put it in order. */
import { MAX_IN_A_LIST, need, type PureFunction } from './pure-function.ts';
import { SORT_KEYS } from './summaries.ts';
import { layOut, listSeries, MathError, type MathValue, type TimeSeries } from './values.ts';

const asList = (list: readonly TimeSeries[]): MathValue => ({ kind: 'list', list });

/** The first of the list, or the last; of an empty list, as a search gives that finds nothing, nothing. */
function pick(place: 0 | -1): PureFunction {
  return {
    arity: [1, 1],
    apply([list]) {
      const series = listSeries(need(list)).at(place);
      return series === undefined ? asList([]) : { kind: 'series', series };
    },
  };
}

/** SLICE(list, start, end): counted from 0, the end left out; without an end, all from the start on. */
function slice([list, start, end]: readonly MathValue[]): MathValue {
  const from = readPlace(need(start));
  return asList(listSeries(need(list)).slice(from, end === undefined ? undefined : readPlace(end)));
}

function readPlace(value: MathValue): number {
  if (value.kind === 'number' && Number.isInteger(value.value) && value.value >= 0) return value.value;
  throw new MathError('SLICE takes whole numbers, 0 or more, after the list');
}

/**
 * Series without points come last, whatever the order.
 * @param by SUM, AVG, MIN or MAX
 * @param order ASC or DESC
 * @param most how many of them are kept; null for all
 * @throws MathError for other words
 */
export function sortList(value: MathValue, by: string, order: string, most: number | null): MathValue {
  const reduce = SORT_KEYS.get(by);
  if (reduce === undefined) throw new MathError(`SORT knows ${[...SORT_KEYS.keys()].join(', ')}, not ${by}`);
  if (order !== 'ASC' && order !== 'DESC') throw new MathError(`SORT knows ASC and DESC, not ${order}`);
  const sign = order === 'ASC' ? 1 : -1;
  const keyed = listSeries(value).map((series) => {
    const values = [...series.points.values()];
    return { series, key: values.length === 0 ? Infinity : sign * reduce(values) };
  });
  // Two without points would differ by Infinity minus itself, which is no number.
  keyed.sort((a, b) => (a.key === b.key ? 0 : a.key - b.key));
  return asList(keyed.slice(0, most ?? undefined).map(({ series }) => series));
}

export const LIST_FUNCTIONS: ReadonlyMap<string, PureFunction> = new Map<string, PureFunction>([
  ['LIST', { arity: [1, MAX_IN_A_LIST], apply: (args) => asList(layOut(args)) }],
  ['FIRST', pick(0)],
  ['LAST', pick(-1)],
  ['SLICE', { arity: [2, 3], apply: slice }],
  [
    'REMOVE_EMPTY',
    {
      arity: [1, 1],
      apply: ([list]) => asList(listSeries(need(list)).filter(({ points }) => points.size > 0)),
    },
  ],
  [
    'METRIC_COUNT',
    { arity: [1, 1], apply: ([list]) => ({ kind: 'number', value: listSeries(need(list)).length }) },
  ],
]);
