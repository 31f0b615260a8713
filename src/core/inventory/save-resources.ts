/** What was listed of a region becomes the inventory: new states are kept, what is gone is marked. */
import type pg from 'pg';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { DEFAULT_ACCOUNT } from '../../model.ts';
import type { FoundResource } from '../sources/source.ts';

/** The state of an instance or volume EC2 does not list any more. */
export const GONE = 'terminated';

/**
 * Of a type that was not listed whole only the names are known, from CloudWatch: what was known of it before stays. So
 * does the name of an instance that was terminated: EC2 takes its tags away some time before it stops listing it.
 */
const UPSERT = `
  WITH given AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]::jsonb[],
      $7::text[]::jsonb[], $8::float8[], $9::float8[])
      AS g(type, namespace, resource_id, name, state, tags, attributes, size_rank, started_ms)
  ), before AS (
    SELECT r.type, r.resource_id, r.state FROM resource r JOIN given USING (type, resource_id)
    WHERE r.account_id = ${DEFAULT_ACCOUNT} AND r.region = $10
  ), saved AS (
    INSERT INTO resource AS r (datasource, region, type, namespace, resource_id, name, state, tags, attributes,
      size_rank, started_at, seen_at)
    SELECT 'CLOUDWATCH', $10, type, namespace, resource_id, name, state, tags, attributes, size_rank,
      to_timestamp(started_ms / 1000), to_timestamp($11::float8 / 1000) FROM given
    ON CONFLICT (account_id, region, type, resource_id) DO UPDATE SET
      name = CASE WHEN r.type = ANY($12) AND EXCLUDED.state IS DISTINCT FROM '${GONE}' THEN EXCLUDED.name
        ELSE coalesce(EXCLUDED.name, r.name) END,
      seen_at = EXCLUDED.seen_at,
      state = CASE WHEN r.type = ANY($12) THEN EXCLUDED.state ELSE coalesce(EXCLUDED.state, r.state) END,
      tags = CASE WHEN r.type = ANY($12) THEN EXCLUDED.tags ELSE r.tags END,
      attributes = CASE WHEN r.type = ANY($12) THEN EXCLUDED.attributes ELSE r.attributes END,
      size_rank = CASE WHEN r.type = ANY($12) THEN EXCLUDED.size_rank ELSE r.size_rank END,
      started_at = CASE WHEN r.type = ANY($12) THEN EXCLUDED.started_at ELSE r.started_at END
    RETURNING id, type, resource_id, state
  )
  INSERT INTO resource_state (resource_id, at, state)
  SELECT saved.id, to_timestamp($11::float8 / 1000), saved.state
  FROM saved LEFT JOIN before USING (type, resource_id)
  WHERE saved.state IS NOT NULL AND saved.state IS DISTINCT FROM before.state
  ON CONFLICT (resource_id, at) DO UPDATE SET state = EXCLUDED.state`;

const MARK_GONE = `
  WITH gone AS (
    UPDATE resource SET state = '${GONE}'
    WHERE datasource = 'CLOUDWATCH' AND region = $1 AND type = ANY($2) AND seen_at < to_timestamp($3::float8 / 1000)
      AND state IS DISTINCT FROM '${GONE}'
    RETURNING id
  )
  INSERT INTO resource_state (resource_id, at, state) SELECT id, to_timestamp($3::float8 / 1000), '${GONE}' FROM gone
  ON CONFLICT (resource_id, at) DO UPDATE SET state = EXCLUDED.state`;

/** Metrics that are called as their resource was follow it: to be done before the resource has its new name. */
const RENAME_METRICS = `
  UPDATE metric m SET tag_name = g.name
  FROM resource r JOIN unnest($1::text[], $2::text[], $3::text[]) AS g(type, resource_id, name)
    USING (type, resource_id)
  WHERE r.id = m.resource_id AND r.account_id = ${DEFAULT_ACCOUNT} AND r.region = $4 AND r.datasource = 'CLOUDWATCH'
    AND r.type = ANY($5) AND m.tag_name = r.name AND r.name IS DISTINCT FROM g.name`;

/** Friendly names that came to be known after their metrics. One a person gave stays. */
const NAME_METRICS = `
  UPDATE metric m SET tag_name = r.name FROM resource r
  WHERE r.id = m.resource_id AND r.region = $1 AND r.datasource = 'CLOUDWATCH' AND m.tag_name IS NULL
    AND r.name IS NOT NULL`;

/** What moves between two pages while they are read is listed twice; a statement may write a row once. */
function keepLast(resources: readonly FoundResource[]): readonly FoundResource[] {
  return [...new Map(resources.map((one) => [JSON.stringify([one.type, one.resourceId]), one])).values()];
}

/** @param listing.wholeTypes types of which all were listed: the others of them are gone */
export async function saveResources(
  pool: pg.Pool,
  listing: {
    readonly region: string;
    readonly resources: readonly FoundResource[];
    readonly wholeTypes: readonly string[];
    readonly atMs: number;
  },
): Promise<void> {
  const { region, wholeTypes, atMs } = listing;
  const resources = keepLast(listing.resources);
  await inTransaction(pool, async (client) => {
    if (resources.length > 0) {
      const alive = resources.filter(({ state }) => state !== GONE);
      await client.query(RENAME_METRICS, [
        alive.map(({ type }) => type),
        alive.map(({ resourceId }) => resourceId),
        alive.map(({ name }) => name),
        region,
        wholeTypes,
      ]);
      await client.query(UPSERT, [
        resources.map(({ type }) => type),
        resources.map(({ namespace }) => namespace),
        resources.map(({ resourceId }) => resourceId),
        resources.map(({ name }) => name),
        resources.map(({ state }) => state),
        resources.map(({ tags }) => JSON.stringify(tags)),
        resources.map(({ attributes }) => JSON.stringify(attributes)),
        resources.map(({ sizeRank }) => sizeRank),
        resources.map(({ startedMs }) => startedMs),
        region,
        atMs,
        wholeTypes,
      ]);
    }
    await client.query(MARK_GONE, [region, wholeTypes, atMs]);
    await client.query(NAME_METRICS, [region]);
  });
}
