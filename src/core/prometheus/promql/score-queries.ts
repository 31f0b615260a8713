/**
 * What Prometheus' HTTP API answers, of the series Lapwing makes: queries at one time or many, and which series, labels and
 * values there are. https://prometheus.io/docs/prometheus/latest/querying/api/
 */
import type { Queryable } from '../../samples/find-samples.ts';
import { FairLimit } from '../../../platform/runtime/concurrency-limit.ts';
import { Evaluator } from './evaluate.ts';
import { type Expression, typeOf } from './expression.ts';
import type { LabelMatcher } from './label-matcher.ts';
import { applyAtModifier } from './operators/at-modifier.ts';
import { parseQuery } from './parse-query.ts';
import { PromqlError } from './promql-error.ts';
import { QueryBudget } from './query-budget.ts';
import { readMatchingMetrics } from './read-metric-labels.ts';
import { listSeries } from './score-series.ts';
import type { Labels } from './series-labels.ts';
import { SeriesReader } from './series-reader.ts';
import type { Grid, SampleSeries, StepSeries } from './value.ts';

export interface QueryOptions {
  /** One account's, or everybody's. */
  readonly pool: Queryable;
  /** Whose queries take turns with those of others. */
  readonly caller: string;
  readonly query: string;
  /** How old a sample may be that counts as the newest. */
  readonly lookbackMs: number;
  readonly timeoutMs: number;
  /** Ends the query when nobody waits for it any more. */
  readonly signal: AbortSignal;
}

export type QueryResult =
  | { readonly type: 'scalar'; readonly values: Float64Array }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector'; readonly series: readonly StepSeries[] }
  | { readonly type: 'samples'; readonly series: readonly SampleSeries[] };

/** Queries that are evaluated at once; each may hold some 100 MB, and the database has others to answer. */
const MAX_AT_ONCE = 3;
/** For a list of series. */
const LIST_TIMEOUT_MS = 30_000;
/** What the labels of one metric take, in points of a budget. */
const METRIC_WORK = 100;

export class ScoreQueries {
  readonly #limit = new FairLimit(MAX_AT_ONCE);

  /** @throws PromqlError */
  queryAt(options: QueryOptions, atMs: number): Promise<QueryResult> {
    const expression = parseQuery(options.query);
    if (expression.kind === 'string') return Promise.resolve({ type: 'string', value: expression.value });
    return this.#run(options, async (reader, budget) => {
      const grid = { startMs: atMs, stepMs: 1, count: 1 };
      if (expression.kind === 'selector' && expression.rangeMs !== null) {
        const selector = applyAtModifier(expression, grid, grid);
        return { type: 'samples', series: await reader.readRange(selector, atMs) };
      }
      const evaluator = new Evaluator({ reader, budget, grid });
      if (expression.kind !== 'subquery') return evaluator.evaluate(expression);
      return { type: 'samples', series: await evaluator.evaluateSubquery(expression) };
    });
  }

  /** @param grid of steps the caller has bounded @throws PromqlError */
  queryRange(options: QueryOptions, grid: Grid): Promise<QueryResult> {
    const expression = parseQuery(options.query);
    checkRangeType(expression);
    return this.#run(options, (reader, budget) =>
      new Evaluator({ reader, budget, grid }).evaluate(expression),
    );
  }

  #run(
    options: QueryOptions,
    evaluate: (reader: SeriesReader, budget: QueryBudget) => Promise<QueryResult>,
  ): Promise<QueryResult> {
    // The time in the queue counts.
    const budget = new QueryBudget(options);
    return this.#limit.run(options.caller, () => evaluate(new SeriesReader({ ...options, budget }), budget));
  }

  /**
   * Is one of the queries at once: all there is may be many metrics.
   * @param selectors what one of has to choose a series; no selectors choose all
   * @returns the labels of each series once, with its name
   * @throws PromqlError
   */
  listSeries(
    options: Pick<QueryOptions, 'pool' | 'caller' | 'signal'>,
    selectors: readonly (readonly LabelMatcher[])[],
  ): Promise<readonly Labels[]> {
    const { pool, caller, signal } = options;
    const budget = new QueryBudget({ timeoutMs: LIST_TIMEOUT_MS, signal });
    return this.#limit.run(caller, async () => {
      const found = new Map<string, Labels>();
      for (const matchers of selectors.length === 0 ? [[]] : selectors) {
        budget.checkTime();
        for (const metric of await readMatchingMetrics(pool, matchers)) {
          for (const { metricNumber, series, labels } of listSeries(metric, matchers)) {
            found.set(`${metricNumber} ${series.name}`, labels);
          }
          await budget.work(METRIC_WORK);
        }
      }
      return [...found.values()];
    });
  }
}

function checkRangeType(expression: Expression): void {
  const type = typeOf(expression);
  if (type === 'scalar' || type === 'instant vector') return;
  throw new PromqlError(
    'bad_data',
    `invalid expression type "${type}" for range query, must be Scalar or instant Vector`,
  );
}
