/**
 * Metrics as the registry has them in memory. Thousands of subscribers ask little more than the name of the metric of
 * every score: that must not cost a statement each.
 */
import type { GraphQLResolveInfo, SelectionSetNode } from 'graphql';
import type { MetricEntry, MetricLookup } from '../../../core/metrics/registry.ts';
import type { Metric } from '../../../generated/prisma/client.ts';
import { NotFoundError } from '../../../errors.ts';
import { readMetricId } from '../builder/node-id.ts';
import { asksOnly, isOneOf } from '../builder/selection.ts';

const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  '__typename',
  'id',
  'datasource',
  'name',
  'server',
  'location',
  'status',
  'periodSeconds',
  // Their resolvers ask the registry.
  'lastTimestamp',
  'lastRowId',
  'learning',
]);

/** These are read by what the registry knows: the metric's number and its ids. */
const PAGE_FIELDS: ReadonlySet<string> = new Set([
  ...KNOWN_FIELDS,
  'latest',
  'data',
  'series',
  'bars',
  'resource',
  'autostack',
  'incidents',
  'annotations',
]);
const BESIDE_NODES: ReadonlySet<string> = new Set(['__typename', 'pageInfo', 'totalCount']);
const BESIDE_NODE: ReadonlySet<string> = new Set(['__typename', 'cursor']);

/** @throws InvalidInputError for what is no id of a metric; NotFoundError where there is none that the caller sees */
export function requireEntry(registry: MetricLookup, id: string, path: readonly string[]): MetricEntry {
  const entry = registry.byId(readMetricId(id, path));
  if (entry === undefined) throw new NotFoundError(`${path.join('.')}: no metric has the id ${id}`);
  return entry;
}

/**
 * The metric without asking the database.
 * @returns null when more is asked of it than the registry knows, or when it was deleted
 */
export function findKnownMetric(
  registry: MetricLookup,
  metricNumber: number,
  info: GraphQLResolveInfo,
): Metric | null {
  const entry = registry.byNumber(metricNumber);
  const isKnown = info.fieldNodes.every(({ selectionSet }) =>
    asksOnly(selectionSet, info, isOneOf(KNOWN_FIELDS)),
  );
  return entry === undefined || !isKnown ? null : toMetric(entry);
}

/** As `findKnownMetric`, of a metric whose samples may be asked for too. */
export function findKnownById(registry: MetricLookup, id: string, info: GraphQLResolveInfo): Metric | null {
  const entry = registry.byId(id);
  const isKnown = info.fieldNodes.every(({ selectionSet }) =>
    asksOnly(selectionSet, info, isOneOf(PAGE_FIELDS)),
  );
  return entry === undefined || !isKnown ? null : toMetric(entry);
}

/**
 * The metrics of a page without asking the database; one that was deleted is left out.
 * @returns null when more is asked of them than the registry knows
 */
export function findKnownPage(
  registry: MetricLookup,
  ids: readonly string[],
  info: GraphQLResolveInfo,
): readonly Metric[] | null {
  const isMetricKnown = (metric: SelectionSetNode | undefined) =>
    asksOnly(metric, info, isOneOf(PAGE_FIELDS));
  const isEdgeKnown = (edge: SelectionSetNode | undefined) =>
    asksOnly(edge, info, (name, below) => (name === 'node' ? isMetricKnown(below) : BESIDE_NODE.has(name)));
  const isKnown = info.fieldNodes.every((page) =>
    asksOnly(page.selectionSet, info, (name, below) => {
      if (name === 'nodes') return isMetricKnown(below);
      return name === 'edges' ? isEdgeKnown(below) : BESIDE_NODES.has(name);
    }),
  );
  if (!isKnown) return null;
  return ids.flatMap((id) => {
    const entry = registry.byId(id);
    return entry === undefined ? [] : [toMetric(entry)];
  });
}

const AS_IT_WAS = Symbol('as it was');

/** A metric about to be deleted: its answer shows how far it had come, which the registry knows no more by then. */
export function keepAsItIs<Row extends Pick<Metric, 'id'>>(metric: Row, registry: MetricLookup): Row {
  const entry = registry.byId(metric.id);
  return Object.assign(metric, { [AS_IT_WAS]: entry === undefined ? undefined : { ...entry } });
}

/** How far the metric has come. @returns undefined for one that was deleted meanwhile */
export function findEntry(
  metric: Pick<Metric, 'id'> & { readonly [AS_IT_WAS]?: MetricEntry | undefined },
  registry: MetricLookup,
): MetricEntry | undefined {
  return registry.byId(metric.id) ?? metric[AS_IT_WAS];
}

function toMetric(entry: MetricEntry): Metric {
  const { id, number, datasource, identity, name, server, location, resourceId, autostackId } = entry;
  const { status, periodSeconds } = entry;
  const known: Partial<Metric> = {
    id,
    number,
    datasource,
    identity,
    name,
    server,
    location,
    resourceId,
    autostackId,
    status,
    periodSeconds,
  };
  // No resolver of another field will see it: the selection has none.
  return known as Metric;
}
