/**
 * Results as Prometheus writes them: times in seconds, values as texts. Written series by series, so that a large result
 * is never one text. https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats
 */
import type { QueryResult } from '../../../core/prometheus/promql/score-queries.ts';
import type { Labels } from '../../../core/prometheus/promql/series-labels.ts';
import { type Grid, type StepSeries, timeOf } from '../../../core/prometheus/promql/value.ts';

/** Of a query at one time: a number, a text, a vector, or a matrix where it is a range selector. */
export function* writeInstant(result: QueryResult, atMs: number): Generator<string> {
  switch (result.type) {
    case 'scalar':
      yield wrap('scalar', JSON.stringify([atMs / 1000, writeNumber(result.values[0] ?? NaN)]));
      return;
    case 'string':
      yield wrap('string', JSON.stringify([atMs / 1000, result.value]));
      return;
    case 'vector':
      yield* writeList('vector', result.series, ({ labels, values }) => {
        const value = [atMs / 1000, writeNumber(values[0] ?? NaN)];
        return JSON.stringify({ metric: Object.fromEntries(labels), value });
      });
      return;
    case 'samples':
      yield* writeList('matrix', result.series, ({ labels, timestampsMs, values }) =>
        writeMatrix(
          labels,
          timestampsMs.map((ms, index) => [ms / 1000, writeNumber(values[index] ?? NaN)] as const),
        ),
      );
  }
}

/** Of a query at many times: always a matrix, in the order of the labels. */
export function* writeRange(result: QueryResult, grid: Grid): Generator<string> {
  const keyed = listSteps(result, grid).map((series) => ({
    key: JSON.stringify([...series.labels]),
    series,
  }));
  const sorted = keyed.toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  yield* writeList('matrix', sorted, ({ series: { labels, values, present } }) => {
    const points: (readonly [number, string])[] = [];
    for (let step = 0; step < grid.count; step += 1) {
      if (present[step] === 1) points.push([timeOf(grid, step) / 1000, writeNumber(values[step] ?? NaN)]);
    }
    return writeMatrix(labels, points);
  });
}

function listSteps(result: QueryResult, { count }: Grid): readonly StepSeries[] {
  if (result.type === 'vector') return result.series;
  if (result.type !== 'scalar') return [];
  return [{ labels: new Map(), values: result.values, present: new Uint8Array(count).fill(1) }];
}

function writeMatrix(labels: Labels, values: readonly (readonly [number, string])[]): string {
  return JSON.stringify({ metric: Object.fromEntries(labels), values });
}

function* writeList<T>(
  resultType: string,
  items: readonly T[],
  write: (item: T) => string,
): Generator<string> {
  yield `{"status":"success","data":{"resultType":"${resultType}","result":[`;
  for (const [index, item] of items.entries()) yield `${index === 0 ? '' : ','}${write(item)}`;
  yield ']}}';
}

function wrap(resultType: string, result: string): string {
  return `{"status":"success","data":{"resultType":"${resultType}","result":${result}}}`;
}

/** As Go writes numbers. */
function writeNumber(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
