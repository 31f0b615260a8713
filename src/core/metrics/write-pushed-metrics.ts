/** The rows of metrics that begin to be pushed. */
import type pg from 'pg';
import type { MetricDescription } from '../sources/source.ts';
import {
  changesTags,
  ensureResources,
  keyOfResource,
  refreshResourceTags,
  type PushedResource,
} from './write-resources.ts';

export type NewMetric = MetricDescription & { readonly accountId: number };

/**
 * Makes the metrics that are not there, and the resources they name. To be called in the write lock.
 * @returns the keys of those that were not there yet
 */
export async function insertMetrics(
  pool: pg.Pool,
  metrics: readonly NewMetric[],
): Promise<readonly number[]> {
  const resources = await ensureResources(pool, metrics.flatMap(listResource));
  const resourceOf = (metric: NewMetric) =>
    metric.resource === null ? undefined : resources.get(keyOfResource(metric));
  const { rows: made } = await pool.query<{ number: number }>(
    `WITH made AS (
       INSERT INTO metric (datasource, identity, name, description, unit, server, location, period_seconds, account_id,
         tags, resource_id)
       SELECT 'CUSTOM', n.* FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
         $7::int[], $8::int[], $9::text[]::jsonb[], $10::uuid[]) AS n
       ON CONFLICT (account_id, datasource, identity) DO NOTHING RETURNING number)
     INSERT INTO metric_progress (metric_number) SELECT number FROM made RETURNING metric_number AS number`,
    [
      metrics.map(({ identity }) => identity),
      metrics.map(({ name }) => name),
      metrics.map(({ description }) => description),
      metrics.map(({ unit }) => unit),
      metrics.map(({ server }) => server),
      metrics.map(({ location }) => location),
      metrics.map(({ periodSeconds }) => periodSeconds),
      metrics.map(({ accountId }) => accountId),
      metrics.map(({ tags }) => JSON.stringify(tags ?? [])),
      metrics.map((metric) => resourceOf(metric)?.id ?? null),
    ],
  );
  const changed = new Set<string>();
  for (const metric of metrics) {
    const resource = resourceOf(metric);
    if (resource !== undefined && changesTags(resource, metric.tags ?? [])) changed.add(resource.id);
  }
  await refreshResourceTags(pool, [...changed]);
  return made.map(({ number }) => number);
}

function listResource({ accountId, server, resource }: NewMetric): readonly PushedResource[] {
  return resource === null ? [] : [{ accountId, server }];
}

/** @returns the keys of pushed metrics by their accounts and identities */
export async function findNumbers(
  pool: pg.Pool,
  metrics: readonly { readonly accountId: number; readonly identity: string }[],
): Promise<readonly number[]> {
  const { rows } = await pool.query<{ number: number }>(
    `SELECT number FROM metric JOIN unnest($1::int[], $2::text[]) AS n (account_id, identity)
       USING (account_id, identity) WHERE datasource = 'CUSTOM'`,
    [metrics.map(({ accountId }) => accountId), metrics.map(({ identity }) => identity)],
  );
  return rows.map(({ number }) => number);
}
