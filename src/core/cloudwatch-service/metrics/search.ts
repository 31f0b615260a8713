/** SEARCH: one statistic of every series a query finds. */
import { findMetrics, type ListedMetric } from './list-metrics.ts';
import { MathError, type TimeSeries } from '../math/values.ts';
import { hashSeries } from '../model/metric-name.ts';
import type { EvaluationContext } from '../model/operation.ts';
import { readSeries } from '../store/read-series.ts';
import { parseSearch, type SearchQuery } from './search-terms.ts';
import { SearchSyntaxError } from './search-tokens.ts';
import { parseStatistic } from '../model/statistic.ts';
import { checkPeriod, type TimeRange } from '../model/time-range.ts';

/** Series looked at before a search is refused as too wide. */
const MOST_CANDIDATES = 20_000;

/** @throws MathError when the search cannot be read or is too wide; CloudwatchError for a bad statistic or period */
export async function searchSeries(
  asked: { readonly text: string; readonly statistic: string; readonly periodSeconds: number | null },
  range: TimeRange,
  context: EvaluationContext,
): Promise<readonly TimeSeries[]> {
  if (asked.periodSeconds === null) throw new MathError('SEARCH needs a period');
  const periodSeconds = checkPeriod(asked.periodSeconds, 'SEARCH period');
  const statistic = parseStatistic(asked.statistic, 'SEARCH statistic');
  const found = await findMatches(readSearch(asked.text), context);
  const answers = await readSeries(
    context.pool,
    found.map((metric) => ({
      ...range,
      hash: hashSeries(context.accountId, metric),
      periodSeconds,
      unit: null,
      statistic,
      label: [...metric.dimensions.map(({ value }) => value), metric.metricName].join(' '),
    })),
  );
  return answers.map(({ series }) => series);
}

function readSearch(text: string): SearchQuery {
  try {
    return parseSearch(text);
  } catch (error) {
    if (error instanceof SearchSyntaxError) throw new MathError(error.message, { cause: error });
    throw error;
  }
}

async function findMatches(query: SearchQuery, context: EvaluationContext): Promise<readonly ListedMetric[]> {
  const candidates = await findMetrics(
    context,
    {
      namespace: query.schema?.namespace ?? null,
      metricName: null,
      dimensions: (query.schema?.dimensions ?? []).map((name) => ({ name, value: null })),
      recent: false,
    },
    0,
    MOST_CANDIDATES + 1,
  );
  if (candidates.length > MOST_CANDIDATES) {
    throw new MathError(`SEARCH looks at ${MOST_CANDIDATES} metrics at most: narrow its schema`);
  }
  const found = candidates.filter((metric) => query.matches(metric));
  const most = context.limits.searchedSeries;
  if (found.length > most) throw new MathError(`SEARCH finds ${found.length} metrics, more than ${most}`);
  return found;
}
