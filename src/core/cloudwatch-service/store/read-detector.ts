/** How the anomaly detector of a series is configured, for bands over that series. */
import type pg from 'pg';

/** @returns as it is stored; null where there is none */
export async function readDetector(pool: pg.Pool, seriesHash: Buffer, stat: string): Promise<unknown> {
  const { rows } = await pool.query<{ configuration: unknown }>(
    'SELECT configuration FROM cloudwatch_anomaly_detector WHERE series_hash = $1 AND stat = $2',
    [seriesHash, stat],
  );
  return rows[0]?.configuration ?? null;
}
