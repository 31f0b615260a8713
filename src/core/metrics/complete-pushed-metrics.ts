/** Pushed metrics that versions before made: they get the tags of their series, and the resource they belong to. */
import type pg from 'pg';
import type { Log } from '../../log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { readSeriesTags, toCanonicalName, toPushedServer } from '../sources/pushed-name.ts';
import { findPushedResource } from '../sources/series-resource.ts';
import { ensureResources, keyOfResource, refreshResourceTags } from './write-resources.ts';

/** Metrics of one transaction. */
const BATCH_ROWS = 1000;

interface MetricRow {
  readonly number: number;
  readonly account_id: number;
  readonly name: string;
  readonly server: string;
  /** Whether a notification rule names it by its server: it keeps that, so that the rule goes on to mean it. */
  readonly is_named: boolean;
}

/**
 * To be called at start, before metrics are read. One transaction for each thousand: a start that is cut goes on where
 * it was. Notes go with their metrics.
 */
export async function completePushedMetrics(pool: pg.Pool, log: Log): Promise<void> {
  let metrics = 0;
  for (;;) {
    const { rows } = await pool.query<MetricRow>(
      `SELECT number, account_id, name, server, EXISTS (
         SELECT FROM notification_rule WHERE scope->'servers' ? metric.server) AS is_named
       FROM metric WHERE datasource = 'CUSTOM' AND tags IS NULL ORDER BY number LIMIT $1`,
      [BATCH_ROWS],
    );
    if (rows.length === 0) break;
    await inTransaction(pool, (client) => complete(client, rows));
    metrics += rows.length;
  }
  if (metrics > 0) log.info({ metrics }, 'pushed metrics were given their tags and resources');
}

async function complete(client: pg.PoolClient, rows: readonly MetricRow[]): Promise<void> {
  const found = rows.map((row) => ({ row, server: findServer(row) }));
  const wanted = found.flatMap(({ row, server }) =>
    server === null ? [] : [{ accountId: row.account_id, server }],
  );
  const resources = await ensureResources(client, wanted);
  await client.query(
    `WITH given AS (
       SELECT * FROM unnest($1::int[], $2::text[]::jsonb[], $3::text[], $4::uuid[]) AS g(number, tags, server, resource_id)
     ), moved AS (
       UPDATE annotation a SET server = given.server FROM given JOIN metric m USING (number)
       WHERE a.account_id = m.account_id AND a.server = m.server AND given.server <> m.server
     )
     UPDATE metric m SET tags = given.tags, server = coalesce(given.server, m.server), resource_id = given.resource_id
     FROM given WHERE m.number = given.number`,
    [
      rows.map(({ number }) => number),
      rows.map(({ name }) => JSON.stringify(listTags(name))),
      found.map(({ server }) => server),
      found.map(({ row, server }) =>
        server === null
          ? null
          : (resources.get(keyOfResource({ accountId: row.account_id, server }))?.id ?? null),
      ),
    ],
  );
  await refreshResourceTags(
    client,
    [...resources.values()].map(({ id }) => id),
  );
}

/** What a metric was given as its resource, else what its series names. */
function findServer({ name, server, is_named: isNamed }: MetricRow): string | null {
  if (server !== toPushedServer(name)) return server;
  return isNamed ? null : findPushedResource(toCanonicalName(name));
}

function listTags(name: string) {
  return Array.from(readSeriesTags(toCanonicalName(name)), ([key, value]) => ({ key, value }));
}
