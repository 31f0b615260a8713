/** Which scores a subscriber or a page wants. */
import type { ScoredSample } from '../samples/stored-sample.ts';
import { RED_SCORE, YELLOW_SCORE } from '../../detector/likelihood.ts';
import type { AnomalyClass, Datasource } from '../../model.ts';
import type { MetricEntry, MetricLookup } from '../metrics/registry.ts';
import { matchesWildcards, type TagFilter } from '../metrics/tag-filter.ts';

export interface ScoreFilter {
  /** Only of this account's metrics. */
  readonly accountId?: number;
  readonly metricIds?: readonly string[];
  readonly datasources?: readonly Datasource[];
  /** The metric's canonical resource name, whole: any of these. */
  readonly servers?: readonly string[];
  /** The same, of their autostacks. */
  readonly stackServers?: readonly string[];
  /** Whole names. */
  readonly names?: readonly string[];
  /** A part of the metric's name, in any case of letters. */
  readonly nameContains?: string;
  /** Of the whole name, with the wildcards of tag filters. */
  readonly namePattern?: string;
  /** Checked filters on the tags of the series and of its resource; every one has to match. */
  readonly tags?: readonly TagFilter[];
  /** Least anomaly score. */
  readonly minAnomalyScore?: number;
  readonly minClass?: AnomalyClass;
}

/** The least score a class begins at. */
const CLASS_SCORE = { NONE: 0, GREEN: Number.MIN_VALUE, YELLOW: YELLOW_SCORE, RED: RED_SCORE } as const;

/** The least score that passes. */
export function leastScore(filter: ScoreFilter): number {
  return Math.max(filter.minAnomalyScore ?? 0, CLASS_SCORE[filter.minClass ?? 'NONE']);
}

/** Every part of the filter that is about the metric, but its tags, made ready for many metrics. */
export function compileMetricTest(filter: ScoreFilter): (entry: MetricEntry) => boolean {
  const { accountId, nameContains, namePattern } = filter;
  const isOneOf = <T>(values: readonly T[] | undefined, read: (entry: MetricEntry) => T) => {
    const set = new Set(values);
    return values === undefined ? [] : [(entry: MetricEntry) => set.has(read(entry))];
  };
  const part = nameContains?.toLowerCase();
  const tests: readonly ((entry: MetricEntry) => boolean)[] = [
    ...isOneOf(accountId === undefined ? undefined : [accountId], (entry) => entry.accountId),
    ...isOneOf(filter.metricIds, ({ id }) => id),
    ...isOneOf(filter.datasources, ({ datasource }) => datasource),
    ...isOneOf(filter.servers, ({ server }) => server),
    ...isOneOf(filter.stackServers, ({ server }) => server),
    ...isOneOf(filter.names, ({ name }) => name),
    ...(part === undefined ? [] : [({ name }: MetricEntry) => name.toLowerCase().includes(part)]),
    ...(namePattern === undefined ? [] : [({ name }: MetricEntry) => matchesWildcards(namePattern, name)]),
  ];
  return (entry) => tests.every((test) => test(entry));
}

/** Whether any part of the filter is about the metric. */
export function narrowsMetrics(filter: ScoreFilter): boolean {
  const { accountId, metricIds, datasources, servers, stackServers, names, nameContains, namePattern, tags } =
    filter;
  const parts = [accountId, metricIds, datasources, servers, stackServers, names, nameContains, namePattern];
  return [...parts, tags].some((part) => part !== undefined);
}

/** A test of one sample by all but the tags of its metric. */
export function compileFilter(
  filter: ScoreFilter,
  registry: MetricLookup,
): (sample: ScoredSample) => boolean {
  const least = leastScore(filter);
  if (!narrowsMetrics(filter)) return ({ score }) => score >= least;
  const matches = compileMetricTest(filter);
  return ({ score, metricNumber }) => {
    if (score < least) return false;
    const entry = registry.byNumber(metricNumber);
    return entry !== undefined && matches(entry);
  };
}
