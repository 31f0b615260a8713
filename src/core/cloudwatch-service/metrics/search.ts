/** SEARCH: one statistic of every series a query finds. */
import { findAllMetrics } from './list-metrics.ts';
import type { ListedMetric } from '../model/metric-filter.ts';
import { MathError, type TimeSeries } from '../math/values.ts';
import { nameAccount } from '../model/arn.ts';
import type { EvaluationContext } from '../model/operation.ts';
import type { PointBudget } from '../store/point-budget.ts';
import { askSeries } from '../store/read-buckets.ts';
import { readSeries } from '../store/read-series.ts';
import { parseSearch, type SearchQuery } from './search-terms.ts';
import { SearchSyntaxError } from './search-tokens.ts';
import { parseStatistic } from '../model/statistic.ts';
import { checkPeriod, type TimeRange } from '../model/time-range.ts';

/** Series looked at before a search is cut. */
const MAX_CANDIDATES = 20_000;

export interface SearchAnswer {
  readonly series: readonly TimeSeries[];
  /** Whether more series fit than are shown. */
  readonly isCut: boolean;
}

/** @throws MathError when the search cannot be read, or finds too much; CloudwatchError for a bad statistic or period */
export async function searchSeries(
  asked: { readonly text: string; readonly statistic: string; readonly periodSeconds: number },
  range: TimeRange,
  context: EvaluationContext,
  budget: PointBudget,
): Promise<SearchAnswer> {
  const periodSeconds = checkPeriod(asked.periodSeconds, 'SEARCH period');
  const stat = asked.statistic === '' ? DEFAULT_STATISTIC : asked.statistic;
  const statistic = parseStatistic(stat, 'SEARCH statistic');
  const { found, isCut } = await findMatches(readSearch(asked.text), context);
  const answers = await readSeries(
    context.pool,
    found.map((metric) => ({
      ...askSeries(metric, context.accountId, range, periodSeconds, null),
      statistic,
      label: [...metric.dimensions.map(({ value }) => value), metric.metricName].join(' '),
      metric: { ...metric, stat },
    })),
    budget,
  );
  return { series: answers.map(({ series }) => series), isCut };
}

/** Where a search names none: clients build searches before their users have chosen one. */
const DEFAULT_STATISTIC = 'Average';

function readSearch(text: string): SearchQuery {
  try {
    return parseSearch(text);
  } catch (error) {
    if (error instanceof SearchSyntaxError) throw new MathError(error.message, { cause: error });
    throw error;
  }
}

async function findMatches(
  query: SearchQuery,
  context: EvaluationContext,
): Promise<{ found: readonly ListedMetric[]; isCut: boolean }> {
  const candidates = await findAllMetrics(
    context,
    {
      namespace: query.schema?.namespace ?? query.namespace,
      metricName: query.metricName,
      dimensions: (query.schema?.dimensions ?? []).map((name) => ({ name, value: null })),
      recent: false,
    },
    MAX_CANDIDATES + 1,
  );
  const account = nameAccount(context.accountId);
  const found = candidates.slice(0, MAX_CANDIDATES).filter((metric) => query.matches(metric, account));
  const most = context.limits.searchedSeries;
  return { found: found.slice(0, most), isCut: found.length > most || candidates.length > MAX_CANDIDATES };
}
