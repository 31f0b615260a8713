/** All samples of a metric in time order, by pages: for exports. */
import type pg from 'pg';
import type { Sample } from '../../model.ts';

const PAGE = 10_000;

/** @param sinceMs only samples from this time on; null for all */
export async function* readSampleTimes(
  pool: pg.Pool,
  metricNumber: number,
  sinceMs: number | null,
): AsyncGenerator<readonly Sample[]> {
  let afterMs = sinceMs === null ? null : sinceMs - 1;
  for (;;) {
    const { rows } = await pool.query<{ timestamp_ms: number; value: number }>(
      `SELECT (extract(epoch FROM "timestamp") * 1000)::float8 AS timestamp_ms, value FROM sample
       WHERE metric_number = $1 AND "timestamp" > coalesce(to_timestamp($2::float8 / 1000), '-infinity')
       ORDER BY "timestamp" LIMIT $3`,
      [metricNumber, afterMs, PAGE],
    );
    yield rows.map((row) => ({ timestampMs: row.timestamp_ms, value: row.value }));
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    afterMs = last.timestamp_ms;
  }
}
