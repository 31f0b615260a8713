/** Which samples are stored already. */
import type pg from 'pg';

/** Values by metric and time. */
export type StoredValues = ReadonlyMap<string, number>;

interface Place {
  readonly metricNumber: number;
  readonly timestampMs: number;
}

/** The values stored at these places. Nothing is asked for none. */
export async function findStored(pool: pg.Pool, places: readonly Place[]): Promise<StoredValues> {
  if (places.length === 0) return new Map();
  const { rows } = await pool.query<{ metric_number: number; timestamp_ms: number; value: number }>(
    `SELECT s.metric_number, (extract(epoch FROM s."timestamp") * 1000)::float8 AS timestamp_ms, s.value
     FROM unnest($1::int[], $2::timestamptz[]) AS a(metric_number, at)
     JOIN sample s ON s.metric_number = a.metric_number AND s."timestamp" = a.at`,
    [
      places.map(({ metricNumber }) => metricNumber),
      places.map(({ timestampMs }) => new Date(timestampMs).toISOString()),
    ],
  );
  return new Map(rows.map((row) => [keyOf(row.metric_number, row.timestamp_ms), row.value]));
}

export function keyOf(metricNumber: number, timestampMs: number): string {
  return `${metricNumber} ${timestampMs}`;
}
