/**
 * Results as Prometheus writes them: times in seconds, values as texts. Written piece by piece, so that a large result is
 * never one text. https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats
 */
import type { QueryResult } from '../../../core/prometheus/promql/score-queries.ts';
import type { Labels } from '../../../core/prometheus/promql/series-labels.ts';
import { type Grid, type StepSeries, timeOf } from '../../../core/prometheus/promql/value.ts';

const PIECE_LENGTH = 65_536;
/** What is said of a result or a list of which some is left out, as the caller asked (`limit`). */
export const TRUNCATED = 'results truncated due to limit';

/** Of a query at one time: a number, a text, a vector, or a matrix where it is a range selector. */
export function* writeInstant(result: QueryResult, atMs: number, limit = Infinity): Generator<string> {
  switch (result.type) {
    case 'scalar':
      yield wrap('scalar', JSON.stringify([atMs / 1000, writeNumber(result.values[0] ?? NaN)]));
      return;
    case 'string':
      yield wrap('string', JSON.stringify([atMs / 1000, result.value]));
      return;
    case 'vector':
      yield* writeList('vector', result.series, limit, ({ labels, values }) => {
        const value = [atMs / 1000, writeNumber(values[0] ?? NaN)];
        return JSON.stringify({ metric: Object.fromEntries(labels), value });
      });
      return;
    case 'samples':
      yield* writeMatrix(result.series, limit, ({ timestampsMs, values }) => ({
        count: values.length,
        read: (index) => [timestampsMs[index] ?? NaN, values[index] ?? NaN],
      }));
  }
}

/** Of a query at many times: always a matrix, in the order of the labels. */
export function* writeRange(result: QueryResult, grid: Grid, limit = Infinity): Generator<string> {
  const keyed = listSteps(result, grid).map((series) => ({
    key: JSON.stringify([...series.labels]),
    series,
  }));
  const sorted = keyed.toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  const series = sorted.map((one) => one.series);
  yield* writeMatrix(series, limit, ({ values, present }) => ({
    count: grid.count,
    read: (step) => (present[step] === 1 ? [timeOf(grid, step), values[step] ?? NaN] : null),
  }));
}

function listSteps(result: QueryResult, { count }: Grid): readonly StepSeries[] {
  if (result.type === 'vector') return result.series;
  if (result.type !== 'scalar') return [];
  return [{ labels: new Map(), values: result.values, present: new Uint8Array(count).fill(1) }];
}

/** The points of one series. */
interface Points {
  readonly count: number;
  /** Null where there is none. */
  readonly read: (index: number) => readonly [timestampMs: number, value: number] | null;
}

/** One series may have ten million samples, and a result ten thousand series. */
function* writeMatrix<T extends { readonly labels: Labels }>(
  series: readonly T[],
  limit: number,
  list: (one: T) => Points,
): Generator<string> {
  let text = open('matrix');
  for (const [place, one] of series.slice(0, limit).entries()) {
    text += `${place === 0 ? '' : ','}{"metric":${JSON.stringify(Object.fromEntries(one.labels))},"values":[`;
    const { count, read } = list(one);
    let separator = '';
    for (let index = 0; index < count; index += 1) {
      const point = read(index);
      if (point === null) continue;
      text += `${separator}[${point[0] / 1000},"${writeNumber(point[1])}"]`;
      separator = ',';
      if (text.length < PIECE_LENGTH) continue;
      yield text;
      text = '';
    }
    text += ']}';
  }
  yield text + close(series.length > limit);
}

function* writeList<T>(
  resultType: string,
  items: readonly T[],
  limit: number,
  write: (item: T) => string,
): Generator<string> {
  yield open(resultType);
  for (const [index, item] of items.slice(0, limit).entries())
    yield `${index === 0 ? '' : ','}${write(item)}`;
  yield close(items.length > limit);
}

function open(resultType: string): string {
  return `{"status":"success","data":{"resultType":"${resultType}","result":[`;
}

function close(isCut: boolean): string {
  return isCut ? `]},"warnings":${JSON.stringify([TRUNCATED])}}` : ']}}';
}

function wrap(resultType: string, result: string): string {
  return `{"status":"success","data":{"resultType":"${resultType}","result":${result}}}`;
}

/** As Go writes numbers. */
function writeNumber(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
