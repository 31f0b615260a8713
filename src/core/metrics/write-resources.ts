/** Resources that are known from the series of their metrics alone: made with the first of these, gone with the last. */
import type pg from 'pg';
import type { SeriesTag } from '../sources/source.ts';
import { describePushedResource } from '../sources/series-resource.ts';
import { readTags } from './stored-tags.ts';

/** A resource a pushed series names. */
export interface PushedResource {
  readonly accountId: number;
  /** What the series calls it. */
  readonly server: string;
}

export interface StoredResource {
  /** A uuid. */
  readonly id: string;
  /** Those its series have in common, as far as is known by now. */
  readonly tags: readonly SeriesTag[];
}

/** By account and name, in a form that cannot be read two ways. */
export function keyOfResource({ accountId, server }: PushedResource): string {
  return `${accountId} ${server}`;
}

const { region, type, namespace } = describePushedResource('');

/**
 * Makes those that are not there. A name that is the canonical one of a resource another source knows means that one.
 * To be called in the write lock. One statement.
 * @returns every resource that is wanted, by `keyOfResource`
 */
export async function ensureResources(
  pool: Pick<pg.Pool, 'query'>,
  wanted: readonly PushedResource[],
): Promise<ReadonlyMap<string, StoredResource>> {
  const distinct = [...new Map(wanted.map((resource) => [keyOfResource(resource), resource])).values()];
  if (distinct.length === 0) return new Map();
  const { rows } = await pool.query<{ account_id: number; server: string; id: string; tags: unknown }>(
    `WITH wanted AS (
       SELECT * FROM unnest($1::int[], $2::text[]) AS w(account_id, server)
     ), elsewhere AS (
       SELECT w.account_id, w.server, r.id, r.tags FROM wanted w JOIN resource r
         ON r.account_id = w.account_id AND r.region || '/' || r.namespace || '/' || r.resource_id = w.server
       WHERE r.datasource <> 'CUSTOM'
     ), made AS (
       INSERT INTO resource (account_id, datasource, region, type, namespace, resource_id, name)
       SELECT account_id, 'CUSTOM', $3, $4, $5, server, server FROM wanted w
       WHERE NOT EXISTS (SELECT FROM elsewhere e WHERE (e.account_id, e.server) = (w.account_id, w.server))
       ON CONFLICT (account_id, region, type, resource_id) DO UPDATE SET seen_at = EXCLUDED.seen_at
       RETURNING account_id, resource_id AS server, id, tags
     )
     SELECT * FROM elsewhere UNION ALL SELECT * FROM made`,
    [
      distinct.map(({ accountId }) => accountId),
      distinct.map(({ server }) => server),
      region,
      type,
      namespace,
    ],
  );
  return new Map(
    rows.map(({ account_id, server, id, tags }) => [
      keyOfResource({ accountId: account_id, server }),
      { id, tags: readTags(tags) },
    ]),
  );
}

/** Whether a new series may change what the series of a resource have in common. */
export function changesTags({ tags }: StoredResource, series: readonly SeriesTag[]): boolean {
  const has = (wanted: SeriesTag) =>
    series.some(({ key, value }) => key === wanted.key && value === wanted.value);
  return tags.length === 0 ? series.length > 0 : !tags.every(has);
}

/**
 * Writes the tags all series of a resource have; a series with no tag but the one that names the resource says nothing
 * of the others. Resources of which more is known than their series are left alone.
 * @param ids uuids
 */
export async function refreshResourceTags(
  pool: Pick<pg.Pool, 'query'>,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await pool.query(
    `WITH series AS (
       SELECT r.id, m.tags, EXISTS (
         SELECT FROM jsonb_array_elements(m.tags) AS t(tag) WHERE tag->>'value' <> r.resource_id) AS says_more
       FROM resource r JOIN metric m ON m.resource_id = r.id
       WHERE r.id = ANY($1::uuid[]) AND r.datasource IN ('CUSTOM', 'INFLUXDB', 'PROMETHEUS') AND jsonb_array_length(m.tags) > 0
     ), totals AS (
       SELECT id, count(*) AS every_one, count(*) FILTER (WHERE says_more) AS saying_more FROM series GROUP BY id
     ), held AS (
       SELECT id, tag, count(*) AS every_one, count(*) FILTER (WHERE says_more) AS saying_more
       FROM series CROSS JOIN LATERAL jsonb_array_elements(series.tags) AS t(tag) GROUP BY id, tag
     ), common AS (
       SELECT t.id, coalesce(jsonb_agg(h.tag ORDER BY h.tag->>'key') FILTER (WHERE h.tag IS NOT NULL), '[]') AS tags
       FROM totals t LEFT JOIN held h ON h.id = t.id AND (h.every_one = t.every_one
         OR t.saying_more > 0 AND h.saying_more = t.saying_more)
       GROUP BY t.id
     )
     UPDATE resource r SET tags = common.tags FROM common WHERE r.id = common.id AND r.tags <> common.tags`,
    [ids],
  );
}

/** Drops those of these resources, known from their series alone, that have none left. */
export async function dropEmptyResources(
  client: Pick<pg.PoolClient, 'query'>,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await client.query(
    `DELETE FROM resource r WHERE r.id = ANY($1::uuid[]) AND r.datasource = 'CUSTOM'
       AND NOT EXISTS (SELECT FROM metric WHERE metric.resource_id = r.id)`,
    [ids],
  );
}
