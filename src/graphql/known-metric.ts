/**
 * Metrics as the registry has them in memory. Thousands of subscribers ask little more than the name of the metric of
 * every score: that must not cost a statement each.
 */
import { type GraphQLResolveInfo, Kind } from 'graphql';
import type { Registry } from '../core/registry.ts';
import type { Metric } from '../generated/prisma/client.ts';

const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  '__typename',
  'id',
  'datasource',
  'name',
  'server',
  'location',
  'status',
  'periodSeconds',
]);

/**
 * The metric without asking the database.
 * @returns null when more is asked of it than the registry knows, or when it was deleted
 */
export function findKnownMetric(
  registry: Registry,
  metricNumber: number,
  info: GraphQLResolveInfo,
): Metric | null {
  const entry = registry.byNumber(metricNumber);
  if (entry === undefined || !asksOnlyKnown(info)) return null;
  const { id, number, datasource, identity, name, server, location, status, periodSeconds } = entry;
  const known: Partial<Metric> = {
    id,
    number,
    datasource,
    identity,
    name,
    server,
    location,
    status,
    periodSeconds,
  };
  // No resolver of another field will see it: the selection has none.
  return known as Metric;
}

/** Fragments are not looked into: they are rare here, and taken as asking for more. */
function asksOnlyKnown({ fieldNodes }: GraphQLResolveInfo): boolean {
  return fieldNodes.every(({ selectionSet }) =>
    selectionSet?.selections.every(
      (selection) => selection.kind === Kind.FIELD && KNOWN_FIELDS.has(selection.name.value),
    ),
  );
}
