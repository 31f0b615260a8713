/** The most anomalous point of what is labelled: by it a label knows what resembles it. */
import type pg from 'pg';
import type { LabelledPeak } from './alert-threshold.ts';

/** One statement. Deviations are bounded, because PostgreSQL fails where a difference overflows. @returns null when no scored sample of the metric lies there */
export async function readLabelPeak(
  pool: pg.Pool,
  metricNumber: number,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<LabelledPeak | null> {
  const { rows } = await pool.query<LabelledPeak>(
    `SELECT extract(epoch FROM "timestamp")::float8 * 1000 AS "timestampMs", score,
       greatest(-1e300, least(1e300, value)) - greatest(-1e300, least(1e300, expected)) AS deviation
     FROM sample WHERE metric_number = $1 AND score IS NOT NULL AND "timestamp" BETWEEN $2 AND $3
     ORDER BY score DESC, "timestamp" LIMIT 1`,
    [metricNumber, from, to],
  );
  return rows[0] ?? null;
}
