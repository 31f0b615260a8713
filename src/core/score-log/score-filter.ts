/** Which scores a subscriber or a page wants. */
import type { ScoredSample } from '../samples/stored-sample.ts';
import { RED_SCORE, YELLOW_SCORE } from '../../detector/likelihood.ts';
import type { AnomalyClass, Datasource } from '../../model.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';

export interface ScoreFilter {
  /** Only of this account's metrics. */
  readonly accountId?: number;
  readonly metricIds?: readonly string[];
  readonly datasource?: Datasource;
  /** The metric's canonical resource name, whole. */
  readonly server?: string;
  /** The same, any of these. */
  readonly servers?: readonly string[];
  /** A part of the metric's name, in any case of letters. */
  readonly nameContains?: string;
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

/** Every part of the filter that is about the metric. */
export function matchesMetric(filter: ScoreFilter, entry: MetricEntry): boolean {
  return (filter.metricIds?.includes(entry.id) ?? true) && matchesName(filter, entry);
}

function matchesName(
  { accountId, datasource, server, servers, nameContains }: ScoreFilter,
  entry: MetricEntry,
): boolean {
  if (accountId !== undefined && entry.accountId !== accountId) return false;
  if (datasource !== undefined && entry.datasource !== datasource) return false;
  if (server !== undefined && entry.server !== server) return false;
  if (servers !== undefined && !servers.includes(entry.server)) return false;
  return nameContains === undefined || entry.name.toLowerCase().includes(nameContains.toLowerCase());
}

export function narrowsMetrics({
  accountId,
  metricIds,
  datasource,
  server,
  servers,
  nameContains,
}: ScoreFilter): boolean {
  return [accountId, metricIds, datasource, server, servers, nameContains].some((part) => part !== undefined);
}

/** A test of one sample that looks a metric up once, not once per sample, while its name and server stay. */
export function compileFilter(filter: ScoreFilter, registry: Registry): (sample: ScoredSample) => boolean {
  const least = leastScore(filter);
  if (!narrowsMetrics(filter)) return ({ score }) => score >= least;
  const ids = filter.metricIds === undefined ? null : new Set(filter.metricIds);
  return ({ score, metricNumber }) => {
    if (score < least) return false;
    const entry = registry.byNumber(metricNumber);
    if (entry === undefined) return false;
    return (ids === null || ids.has(entry.id)) && matchesName(filter, entry);
  };
}
