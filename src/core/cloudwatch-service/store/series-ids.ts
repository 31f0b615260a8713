/** Which row of cloudwatch_series a pushed series has; made on first sight. */
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { SeriesName } from '../model/metric-name.ts';

export interface SeriesToFind {
  readonly accountId: number;
  readonly name: SeriesName;
  readonly hash: Buffer;
  /** Access key that writes. */
  readonly writer: string;
}

export interface SeriesIds {
  /**
   * Finds or makes each series inside the client's transaction. Call `remember` once that is committed.
   * @param wanted keyed by the hash in hexadecimal
   */
  find(client: pg.PoolClient, wanted: ReadonlyMap<string, SeriesToFind>, now: Date): Promise<FoundSeries>;
}

interface FoundSeries {
  readonly ids: ReadonlyMap<string, number>;
  remember(): void;
}

/**
 * After this long a series is looked up again, which also says that it is still written to. Purging drops series
 * idle for days, so that an id from the cache is never of a series that is gone.
 */
const REMEMBERED_MS = 5 * 60_000;
const MAX_REMEMBERED = 200_000;

// Sorted by hash: two servers that store the same series at once then wait for each other in one order, never in a ring.
const UPSERT_SERIES = `
  INSERT INTO cloudwatch_series AS kept (account_id, hash, namespace, name, last_seen, last_writer)
  SELECT account_id, hash, namespace, name, $6, writer
  FROM unnest($1::int[], $2::bytea[], $3::text[], $4::text[], $5::text[])
    AS given (account_id, hash, namespace, name, writer)
  ORDER BY hash
  ON CONFLICT (hash) DO UPDATE
    SET last_seen = greatest(kept.last_seen, excluded.last_seen), last_writer = excluded.last_writer
  RETURNING id, encode(hash, 'hex') AS hash, xmax = 0 AS created`;

const INSERT_DIMENSIONS = `
  INSERT INTO cloudwatch_dimension (series_id, name, value)
  SELECT * FROM unnest($1::int[], $2::text[], $3::text[])
  ON CONFLICT DO NOTHING`;

export function createSeriesIds(): SeriesIds {
  // Limited by its size: by its number of entries it would take room for all of them now.
  const known = new LRUCache<string, { readonly id: number; readonly seenMs: number }>({
    maxSize: MAX_REMEMBERED,
    sizeCalculation: () => 1,
  });
  return {
    async find(client, wanted, now) {
      const ids = new Map<string, number>();
      const unknown = new Map<string, SeriesToFind>();
      for (const [hash, series] of wanted) {
        const entry = known.get(hash);
        if (entry !== undefined && now.getTime() - entry.seenMs < REMEMBERED_MS) ids.set(hash, entry.id);
        else unknown.set(hash, series);
      }
      const fresh = unknown.size === 0 ? [] : await upsertSeries(client, unknown, now);
      for (const { hash, id } of fresh) ids.set(hash, id);
      const remember = () => {
        for (const { hash, id } of fresh) known.set(hash, { id, seenMs: now.getTime() });
      };
      return { ids, remember };
    },
  };
}

interface UpsertedRow {
  id: number;
  hash: string;
  created: boolean;
}

async function upsertSeries(
  client: pg.PoolClient,
  unknown: ReadonlyMap<string, SeriesToFind>,
  now: Date,
): Promise<readonly UpsertedRow[]> {
  const series = [...unknown.values()];
  const { rows } = await client.query<UpsertedRow>(UPSERT_SERIES, [
    series.map((one) => one.accountId),
    series.map((one) => one.hash),
    series.map((one) => one.name.namespace),
    series.map((one) => one.name.metricName),
    series.map((one) => one.writer),
    now,
  ]);
  const dimensions = rows
    .filter((row) => row.created)
    .flatMap(({ id, hash }) =>
      (unknown.get(hash)?.name.dimensions ?? []).map((dimension) => ({ id, ...dimension })),
    );
  if (dimensions.length > 0) {
    await client.query(INSERT_DIMENSIONS, [
      dimensions.map((one) => one.id),
      dimensions.map((one) => one.name),
      dimensions.map((one) => one.value),
    ]);
  }
  return rows;
}
