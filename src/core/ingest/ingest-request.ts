/** Requests that wait for their batch, and the metrics their points belong to when it is written. */
import { objectToFailure, type RejectedPoint } from './accept-result.ts';
import type { Objection } from './validate-point.ts';
import type { CustomMetrics, WantedMetric } from '../metrics/custom-metrics.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import { nameOnResource } from '../sources/series-resource.ts';
import type { Span } from '@opentelemetry/api';
import type { TracedBatch } from '../../platform/tracing/tracing.ts';
import type { Arrival } from './arrivals.ts';

/** A checked point that waits in a queue. */
export interface Pending extends Omit<Arrival, 'entry'> {
  readonly index: number;
  /** For a pushed point, whose metric may have to be made. */
  readonly name: string | null;
  readonly unit: string | null;
  /** The resource its sender says it is of; null where nothing was said. */
  readonly resource: string | null;
  /** What its protocol says its values are; null where nothing was said. */
  readonly valueKind: WantedMetric['valueKind'];
  /** As known when it came; when its batch is written the metric may have been deleted, or made. */
  entry: MetricEntry | undefined;
}

/** What one call asks to be stored. */
export interface IngestRequest {
  readonly pending: readonly Pending[];
  /** What was refused before it had to wait. */
  readonly rejected: readonly RejectedPoint[];
  /** Whose metrics the names are. */
  readonly accountId: number;
  /** The metric of points without a name, and up to where its source has been read. */
  readonly metricNumber: number | null;
  readonly readToMs: number | null;
  /** The span of the request it came with; undefined where no traces are sent. */
  readonly span: Span | undefined;
}

/** What traces say of requests that are written together. */
export function describeBatch(requests: readonly IngestRequest[]): TracedBatch {
  const points = requests.reduce((sum, { pending }) => sum + pending.length, 0);
  return {
    names: ['ingest batch', 'ingest score', 'ingest commit'],
    requests: requests.map(({ span }) => span),
    attributes: { 'lapwing.requests': requests.length, 'lapwing.points': points },
  };
}

/** Whether the point has a metric now, when its batch is written. */
export function settleEntry(
  point: Pending,
  request: IngestRequest,
  registry: Registry,
): point is Pending & Arrival {
  const { entry, name } = point;
  const { accountId, metricNumber } = request;
  if (entry !== undefined && registry.byNumber(entry.number) === entry) return true;
  if (name !== null) point.entry = registry.byPushedName(name, accountId);
  else point.entry = metricNumber === null ? undefined : registry.byNumber(metricNumber);
  return point.entry !== undefined;
}

/** Why a point has no metric when its batch is written: too many names, or the metric was deleted meanwhile. */
export function objectToMissing(
  { name }: Pending,
  { accountId }: IngestRequest,
  { explainRefusal }: CustomMetrics,
  notMade: ReadonlyMap<string, Error>,
): Objection {
  if (name === null) return { reason: 'unknown_metric', message: 'the metric was deleted meanwhile' };
  const failure = notMade.get(`${accountId} ${name}`);
  if (failure !== undefined) return objectToFailure(name, failure);
  const message = `metric: ${JSON.stringify(name)} is a new name, and ${explainRefusal(accountId)}`;
  return { reason: 'too_many_metrics', message };
}

export function nameFailures(failures: ReadonlyMap<WantedMetric, Error>): ReadonlyMap<string, Error> {
  return new Map([...failures].map(([{ accountId, name }, error]) => [`${accountId} ${name}`, error]));
}

export function listNewNames({ pending, accountId }: IngestRequest, registry: Registry): WantedMetric[] {
  const names: WantedMetric[] = [];
  for (const { name, unit, resource, valueKind, entry } of pending) {
    if (name === null || (entry !== undefined && registry.byNumber(entry.number) === entry)) continue;
    if (registry.byPushedName(name, accountId) !== undefined) continue;
    names.push({ accountId, name, unit, resource, valueKind });
  }
  return names;
}

/** The metric a pushed point belongs to: with a resource, the one of this name that is of it, else the series that says so. */
export function findPushedMetric(
  registry: Pick<Registry, 'byPushedName'>,
  accountId: number,
  metric: string,
  resource: string | null,
): MetricEntry | undefined {
  const named = registry.byPushedName(metric, accountId);
  if (resource === null || named?.server === resource) return named;
  return registry.byPushedName(nameOnResource(metric, resource), accountId);
}
