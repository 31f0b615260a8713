/** Metrics Insights: what a query finds, as series. The samples of all metrics of a group are taken together. */
import type { TimeSeries } from '../../math/values.ts';
import { joinAggregates, type Aggregate } from '../../model/aggregate.ts';
import { nameAccount } from '../../model/arn.ts';
import type { EvaluationContext } from '../../model/operation.ts';
import { computeStatistic, type PlainStatistic } from '../../model/statistic.ts';
import type { TimeRange } from '../../model/time-range.ts';
import type { Bucket } from '../../store/bucket.ts';
import { splitQuestions, type PointBudget } from '../../store/point-budget.ts';
import { askSeries, readBuckets } from '../../store/read-buckets.ts';
import { findAllMetrics } from '../list-metrics.ts';
import type { ListedMetric } from '../../model/metric-filter.ts';
import type { InsightsFunction, InsightsSelect } from './parse-insights.ts';

/** As on AWS: metrics one query may match, and series it may give. */
const MAX_MATCHING = 10_000;
const MAX_SERIES = 500;

const STATISTICS: Readonly<Record<InsightsFunction, PlainStatistic>> = {
  AVG: 'Average',
  COUNT: 'SampleCount',
  MAX: 'Maximum',
  MIN: 'Minimum',
  SUM: 'Sum',
};

export interface InsightsAnswer {
  readonly series: readonly TimeSeries[];
  /** Codes of what was left out, for the messages of the answer. */
  readonly messages: readonly string[];
}

/** @throws MathError when the budget is used up */
export async function evaluateInsights(
  select: InsightsSelect,
  periodSeconds: number,
  range: TimeRange,
  context: EvaluationContext,
  budget: PointBudget,
): Promise<InsightsAnswer> {
  const { matches, isCut } = await findMatches(select, context);
  const groups = new Map<string, Group>();
  const questions = matches.map((metric) => ({
    ...askSeries(metric, context.accountId, range, periodSeconds, null),
    metric,
  }));
  for (const part of splitQuestions(questions)) {
    const buckets = await readBuckets(context.pool, part, false);
    for (const [i, { metric }] of part.entries()) {
      budget.take(addToGroup(findGroup(groups, metric, select, context), buckets[i] ?? []));
    }
  }
  const ordered = orderGroups([...groups.values()], select);
  const limit = Math.min(select.limit ?? MAX_SERIES, MAX_SERIES);
  return {
    series: ordered.slice(0, limit).map((group) => showGroup(group, select, periodSeconds)),
    messages: [
      ...(isCut ? ['MaxMatchingResultsExceeded'] : []),
      ...(select.limit === null && ordered.length > MAX_SERIES ? ['MaxQueryResultsExceeded'] : []),
    ],
  };
}

interface Group {
  /** Of the labels of GROUP BY. */
  readonly values: readonly string[];
  readonly label: string;
  /** Start of the period → what all of its metrics say of it. */
  readonly points: Map<number, Aggregate>;
}

function findGroup(
  groups: Map<string, Group>,
  metric: ListedMetric,
  { groupBy, metricName }: InsightsSelect,
  context: EvaluationContext,
): Group {
  const values = groupBy.map((label) => readLabel(metric, label, context) ?? 'Other');
  const key = JSON.stringify(values);
  const group = groups.get(key) ?? { values, label: values.join(' ') || metricName, points: new Map() };
  groups.set(key, group);
  return group;
}

/** @returns how many points the group has more */
function addToGroup({ points }: Group, buckets: readonly Bucket[]): number {
  const before = points.size;
  for (const { startMs, aggregate } of buckets) {
    const known = points.get(startMs);
    points.set(startMs, known === undefined ? aggregate : joinAggregates(known, aggregate));
  }
  return points.size - before;
}

async function findMatches(
  select: InsightsSelect,
  context: EvaluationContext,
): Promise<{ matches: readonly ListedMetric[]; isCut: boolean }> {
  const { namespace, metricName, labels } = select;
  const dimensions = (labels ?? []).map((name) => ({ name, value: null }));
  const candidates = await findAllMetrics(
    context,
    { namespace, metricName, dimensions, recent: false },
    MAX_MATCHING + 1,
  );
  const matches = candidates
    .slice(0, MAX_MATCHING)
    .filter((metric) => labels === null || metric.dimensions.length === new Set(labels).size)
    .filter((metric) => select.where((label) => readLabel(metric, label, context)));
  return { matches, isCut: candidates.length > MAX_MATCHING };
}

function readLabel(metric: ListedMetric, label: string, context: EvaluationContext): string | undefined {
  if (label === 'AWS.AccountId') return nameAccount(context.accountId);
  return metric.dimensions.find(({ name }) => name === label)?.value;
}

/** By the function over the whole range; groups without data come last. Without ORDER BY, by their labels. */
function orderGroups(groups: readonly Group[], { orderBy }: InsightsSelect): readonly Group[] {
  if (orderBy === null) return groups.toSorted((a, b) => compareLabels(a.values, b.values));
  const sign = orderBy.descending ? -1 : 1;
  const keyed = groups.map((group) => {
    const all = [...group.points.values()];
    const [first, ...others] = all;
    if (first === undefined) return { group, key: Infinity };
    const whole = others.reduce(joinAggregates, first);
    return {
      group,
      key: sign * (computeStatistic(whole, { kind: STATISTICS[orderBy.function] }) ?? Infinity),
    };
  });
  return keyed.sort((a, b) => (a.key === b.key ? 0 : a.key - b.key)).map(({ group }) => group);
}

function compareLabels(a: readonly string[], b: readonly string[]): number {
  const place = a.findIndex((value, i) => value !== b[i]);
  return place < 0 ? 0 : compareTexts(a[place] ?? '', b[place] ?? '');
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function showGroup(group: Group, select: InsightsSelect, periodSeconds: number): TimeSeries {
  const kind = STATISTICS[select.function];
  const times = [...group.points].sort(([a], [b]) => a - b);
  return {
    label: group.label,
    periodSeconds,
    points: new Map(times.map(([time, aggregate]) => [time, computeStatistic(aggregate, { kind }) ?? 0])),
  };
}
