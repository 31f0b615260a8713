/** Reads the points an alarm looks at. */
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import { computeStatistic, needsValues } from '../model/statistic.ts';
import { sortUnits } from '../model/units.ts';
import type { EvaluationContext } from '../model/operation.ts';
import type { TimeRange } from '../model/time-range.ts';
import type { TimeSeries } from '../math/values.ts';
import type { StatQuery } from '../metrics/data-query.ts';
import { QueryEvaluator } from '../metrics/evaluate-queries.ts';
import type { Bucket } from '../store/bucket.ts';
import { askSeries, readBuckets } from '../store/read-buckets.ts';
import type { AlarmRule } from './check-alarm.ts';
import { countLookback, type EvaluatedPoint } from './judge-alarm.ts';

/** The window of one alarm: what it looks at, up to the end of its newest period. */
export interface AskedWindow {
  readonly rule: AlarmRule;
  readonly accountId: number;
  readonly endMs: number;
}

type Context = Omit<EvaluationContext, 'accountId'>;
type Points = ReadonlyMap<number, EvaluatedPoint>;

function findRange({ rule, endMs }: AskedWindow): TimeRange & { readonly count: number } {
  const count = rule.evaluationPeriods + countLookback(rule.periodSeconds);
  return { startMs: endMs - count * rule.periodSeconds * 1000, endMs, count };
}

/** @returns every period of the window, oldest first */
function listPoints(window: AskedWindow, points: Points): readonly EvaluatedPoint[] {
  const { startMs, count } = findRange(window);
  return Array.from({ length: count }, (_, i) => {
    const timeMs = startMs + i * window.rule.periodSeconds * 1000;
    return points.get(timeMs) ?? { timeMs, value: null };
  });
}

/** The metric a window is of, where it is of one alone. */
function findMetric({ rule }: AskedWindow): StatQuery | null {
  const query = rule.queries.get(rule.evaluated);
  return rule.series !== null && query?.kind === 'stat' ? query : null;
}

/**
 * Windows on single metrics, two statements for all of them, with the samples behind each value, which AWS shows in the
 * state data.
 * @returns by window; those on expressions are left out
 */
export async function readMetricWindows(
  windows: readonly AskedWindow[],
  context: Context,
): Promise<ReadonlyMap<AskedWindow, readonly EvaluatedPoint[]>> {
  const found = new Map<AskedWindow, readonly EvaluatedPoint[]>();
  for (const withValues of [false, true]) {
    const asked = windows.flatMap((window) => {
      const query = findMetric(window);
      return query !== null && needsValues(query.statistic) === withValues ? [{ window, query }] : [];
    });
    if (asked.length === 0) continue;
    const questions = asked.map(({ window, query: { series, periodSeconds, unit } }) =>
      askSeries(series, window.accountId, findRange(window), periodSeconds, unit),
    );
    const answers = await readBuckets(context.pool, questions, withValues);
    for (const [i, { window, query }] of asked.entries()) {
      found.set(window, listPoints(window, showBuckets(answers[i] ?? [], query)));
    }
  }
  return found;
}

function showBuckets(buckets: readonly Bucket[], { statistic }: StatQuery): Points {
  const [shown] = sortUnits(new Set(buckets.map((bucket) => bucket.unit)));
  const points = new Map<number, EvaluatedPoint>();
  for (const { unit, startMs, aggregate } of buckets) {
    if (unit !== shown) continue;
    const { sampleCount } = aggregate;
    points.set(startMs, { timeMs: startMs, value: computeStatistic(aggregate, statistic), sampleCount });
  }
  return points;
}

/** A window on whatever the alarm looks at. */
export async function readWindow(window: AskedWindow, context: Context): Promise<readonly EvaluatedPoint[]> {
  const metric = (await readMetricWindows([window], context)).get(window);
  if (metric !== undefined) return metric;
  const { rule, accountId } = window;
  return listPoints(window, await readQueries(rule, findRange(window), { ...context, accountId }));
}

async function readQueries(rule: AlarmRule, range: TimeRange, context: EvaluationContext): Promise<Points> {
  const evaluator = new QueryEvaluator(rule.queries, range, context);
  const evaluated = requireOne(await evaluator.answer(rule.evaluated), `The query ${rule.evaluated}`);
  const bandId = 'bandId' in rule.comparison ? rule.comparison.bandId : null;
  const [upper, lower] = bandId === null ? [] : await evaluator.answer(bandId);
  return new Map(
    [...evaluated.points].map(([timeMs, value]) => {
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
