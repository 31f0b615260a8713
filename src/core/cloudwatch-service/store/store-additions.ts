/** Writes data in one transaction: grouped by series, unit and minute, merged with what is stored. */
import type pg from 'pg';
import { inTransaction } from '../../../platform/postgres/transaction.ts';
import type { AdditionBatch } from './addition.ts';
import { AggregateSum, type Aggregate } from '../model/aggregate.ts';
import type { SeriesIds, SeriesToFind } from './series-ids.ts';

// A list of pairs longer than the bound is shortened on its way in too. What minimum = maximum says already is not
// stored again, and is put back before a merge.
const UPSERT_AGGREGATES = `
  INSERT INTO cloudwatch_aggregate AS kept
    (series_id, timestamp, unit, sum, sample_count, minimum, maximum, pairs)
  SELECT series_id, timestamp, unit, sum, sample_count, minimum, maximum,
    cloudwatch_join_pairs(pairs::float8[], '{}')
  FROM unnest($1::int[], $2::timestamptz[], $3::smallint[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
    $8::text[]) AS given (series_id, timestamp, unit, sum, sample_count, minimum, maximum, pairs)
  ORDER BY series_id, timestamp, unit
  ON CONFLICT (series_id, timestamp, unit) DO UPDATE SET
    sum = kept.sum + excluded.sum,
    sample_count = kept.sample_count + excluded.sample_count,
    minimum = least(kept.minimum, excluded.minimum),
    maximum = greatest(kept.maximum, excluded.maximum),
    pairs = CASE WHEN least(kept.minimum, excluded.minimum) < greatest(kept.maximum, excluded.maximum)
      THEN cloudwatch_join_pairs(
        CASE WHEN kept.minimum = kept.maximum THEN ARRAY[kept.minimum, kept.sample_count] ELSE kept.pairs END,
        CASE WHEN excluded.minimum = excluded.maximum THEN ARRAY[excluded.minimum, excluded.sample_count]
          ELSE excluded.pairs END) END`;

interface Group {
  readonly hash: string;
  readonly timestampMs: number;
  readonly unit: number;
  readonly aggregate: AggregateSum;
}

/** All of it or nothing. */
export async function storeAdditions(
  pool: pg.Pool,
  batches: readonly AdditionBatch[],
  seriesIds: SeriesIds,
  now: Date,
): Promise<void> {
  const { series, groups } = groupAdditions(batches);
  const found = await inTransaction(pool, async (client) => {
    const made = await seriesIds.find(client, series, now);
    await upsertAggregates(client, groups, made.ids);
    return made;
  });
  found.remember();
}

function groupAdditions(batches: readonly AdditionBatch[]): {
  series: ReadonlyMap<string, SeriesToFind>;
  groups: readonly Group[];
} {
  const series = new Map<string, SeriesToFind>();
  const groups = new Map<string, Group>();
  for (const { accountId, writer, additions } of batches) {
    for (const { series: name, hash, timestampMs, unit, aggregate } of additions) {
      const hex = hash.toString('hex');
      series.set(hex, { accountId, name, hash, writer });
      const key = `${hex} ${timestampMs} ${unit}`;
      const group = groups.get(key);
      if (group === undefined)
        groups.set(key, { hash: hex, timestampMs, unit, aggregate: new AggregateSum(aggregate) });
      else group.aggregate.add(aggregate);
    }
  }
  return { series, groups: [...groups.values()] };
}

async function upsertAggregates(
  client: pg.PoolClient,
  groups: readonly Group[],
  ids: ReadonlyMap<string, number>,
): Promise<void> {
  const totals = groups.map(({ aggregate }) => aggregate.total);
  await client.query(UPSERT_AGGREGATES, [
    groups.map((group) => requireId(ids, group.hash)),
    groups.map((group) => new Date(group.timestampMs).toISOString()),
    groups.map((group) => group.unit),
    totals.map(({ sum }) => sum),
    totals.map(({ sampleCount }) => sampleCount),
    totals.map(({ minimum }) => minimum),
    totals.map(({ maximum }) => maximum),
    totals.map(writePairs),
  ]);
}

function requireId(ids: ReadonlyMap<string, number>, hash: string): number {
  const id = ids.get(hash);
  if (id === undefined) throw new Error('an upserted series has no id');
  return id;
}

/** As PostgreSQL reads an array; null where the four numbers say all there is. */
function writePairs({ minimum, maximum, pairs }: Aggregate): string | null {
  return pairs === null || minimum === maximum ? null : `{${pairs.join(',')}}`;
}
