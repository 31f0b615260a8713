/** Reads the points an alarm looks at. */
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import { computeStatistic, needsValues } from '../model/statistic.ts';
import { sortUnits } from '../model/units.ts';
import type { EvaluationContext } from '../model/operation.ts';
import type { TimeRange } from '../model/time-range.ts';
import type { TimeSeries } from '../math/values.ts';
import type { StatQuery } from '../metrics/data-query.ts';
import { QueryEvaluator } from '../metrics/evaluate-queries.ts';
import { askSeries, readBuckets } from '../store/read-buckets.ts';
import type { AlarmRule } from './check-alarm.ts';
import { countLookback, type WatchedPoint } from './judge-alarm.ts';

/**
 * @param endMs end of the newest period looked at
 * @returns oldest first
 */
export async function readWindow(
  rule: AlarmRule,
  context: EvaluationContext,
  endMs: number,
): Promise<readonly WatchedPoint[]> {
  const periodMs = rule.periodSeconds * 1000;
  const count = rule.evaluationPeriods + countLookback(rule.periodSeconds);
  const range = { startMs: endMs - count * periodMs, endMs };
  const query = rule.queries.get(rule.watched);
  const points =
    rule.series !== null && query?.kind === 'stat'
      ? await readMetric(query, range, context)
      : await readQueries(rule, range, context);
  return Array.from({ length: count }, (_, i) => {
    const timeMs = range.startMs + i * periodMs;
    return points.get(timeMs) ?? { timeMs, value: null };
  });
}

type Points = ReadonlyMap<number, WatchedPoint>;

/** With the samples behind each value, which AWS shows in the state data. */
async function readMetric(query: StatQuery, range: TimeRange, context: EvaluationContext): Promise<Points> {
  const { series, statistic, periodSeconds, unit } = query;
  const question = askSeries(series, context.accountId, range, periodSeconds, unit);
  const [buckets = []] = await readBuckets(context.pool, [question], needsValues(statistic));
  const [shown] = sortUnits(new Set(buckets.map((bucket) => bucket.unit)));
  return new Map(
    buckets
      .filter((bucket) => bucket.unit === shown)
      .map(({ startMs, aggregate }) => [
        startMs,
        {
          timeMs: startMs,
          value: computeStatistic(aggregate, statistic),
          sampleCount: aggregate.sampleCount,
        },
      ]),
  );
}

async function readQueries(rule: AlarmRule, range: TimeRange, context: EvaluationContext): Promise<Points> {
  const evaluator = new QueryEvaluator(rule.queries, range, context);
  const watched = requireOne(await evaluator.answer(rule.watched), `The query ${rule.watched}`);
  const bandId = 'bandId' in rule.comparison ? rule.comparison.bandId : null;
  const [upper, lower] = bandId === null ? [] : await evaluator.answer(bandId);
  return new Map(
    [...watched.points].map(([timeMs, value]) => {
      const band = { upper: upper?.points.get(timeMs), lower: lower?.points.get(timeMs) };
      const isComparable = bandId === null || band.upper !== undefined;
      return [timeMs, { timeMs, value: isComparable ? value : null, ...band }];
    }),
  );
}

/** What an alarm compares must be one series; of a query that finds nothing there are no points. */
function requireOne(series: readonly TimeSeries[], what: string): Pick<TimeSeries, 'points'> {
  const [one, ...more] = series;
  if (more.length > 0) {
    throw new CloudwatchError('InvalidParameterValue', `${what} must give one series, not ${series.length}.`);
  }
  return one ?? { points: new Map() };
}
