/** Stored samples that wait for their score, and when they begin. */
import type pg from 'pg';
import type { UnscoredSample } from './new-sample.ts';

export interface UnscoredRange {
  readonly metricNumber: number;
  /** Only samples after this time, in milliseconds since 1970; null from the first. */
  readonly afterMs: number | null;
  /** Only samples up to this time; null to the last. */
  readonly upToMs: number | null;
}

/**
 * By metric number, each metric's in time order: its first `limit` of the range. Metrics without any are left out.
 */
export async function readUnscored(
  pool: pg.Pool,
  ranges: readonly UnscoredRange[],
  limit: number,
): Promise<ReadonlyMap<number, readonly UnscoredSample[]>> {
  const { rows } = await pool.query<{ number: number; at_ms: number; value: number; row_id: number }>(
    `SELECT wanted.number, (extract(epoch FROM waiting."timestamp") * 1000)::float8 AS at_ms, value, row_id
     FROM unnest($1::int[], $2::float8[], $3::float8[]) AS wanted (number, after_ms, up_to_ms)
     CROSS JOIN LATERAL (
       SELECT "timestamp", value, row_id FROM sample
       WHERE metric_number = wanted.number AND score IS NULL
         AND "timestamp" > coalesce(to_timestamp(wanted.after_ms / 1000), '-infinity')
         AND "timestamp" <= coalesce(to_timestamp(wanted.up_to_ms / 1000), 'infinity')
       ORDER BY "timestamp" LIMIT $4
     ) AS waiting
     ORDER BY wanted.number, waiting."timestamp"`,
    [
      ranges.map(({ metricNumber }) => metricNumber),
      ranges.map(({ afterMs }) => afterMs),
      ranges.map(({ upToMs }) => upToMs),
      limit,
    ],
  );
  const byMetric = new Map<number, UnscoredSample[]>();
  for (const { number, at_ms, value, row_id } of rows) {
    const sample = { metricNumber: number, rowId: row_id, timestampMs: at_ms, value };
    const samples = byMetric.get(number);
    if (samples === undefined) byMetric.set(number, [sample]);
    else samples.push(sample);
  }
  return byMetric;
}

/** @returns milliseconds since 1970 by metric number, of those that have samples */
export async function readFirstTimes(
  pool: pg.Pool,
  metricNumbers: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await pool.query<{ number: number; first_ms: number }>(
    `SELECT number, (extract(epoch FROM first) * 1000)::float8 AS first_ms
     FROM unnest($1::int[]) AS wanted (number)
     CROSS JOIN LATERAL (
       SELECT least(
         (SELECT min("timestamp") FROM sample WHERE metric_number = wanted.number),
         (SELECT min(first_timestamp) FROM sample_block WHERE metric_number = wanted.number)
       ) AS first
     ) AS begun
     WHERE first IS NOT NULL`,
    [metricNumbers],
  );
  return new Map(rows.map(({ number, first_ms: firstMs }) => [number, firstMs]));
}
