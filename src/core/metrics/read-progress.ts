/** Progress of metrics whose newest point has no score. */
import type pg from 'pg';

export interface UnscoredProgress {
  readonly number: number;
  readonly lastRowId: number;
  /** Time of the newest stored sample. */
  readonly lastTimestampMs: number;
}

/** Of scored points the rows may be a minute behind, and are not given. */
export async function readUnscoredProgress(pool: pg.Pool): Promise<readonly UnscoredProgress[]> {
  const { rows } = await pool.query<UnscoredProgress>(
    `SELECT metric_number AS number, last_row_id AS "lastRowId",
       (extract(epoch FROM last_timestamp) * 1000)::float8 AS "lastTimestampMs"
     FROM metric_progress WHERE last_timestamp > coalesce(scored_to, '-infinity')`,
  );
  return rows;
}
