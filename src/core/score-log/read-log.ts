/** How far the log of scores goes. */
import type pg from 'pg';

export async function readLogBounds(pool: pg.Pool): Promise<{ epoch: string; floor: number; last: number }> {
  const { rows } = await pool.query<{ epoch: string; floor: number; last: number }>(
    'SELECT epoch, floor::float8 AS floor, last::float8 AS last FROM score_log WHERE id = 1',
  );
  const row = rows[0];
  if (row === undefined) throw new Error('score_log has no row: the database was not made by our migrations');
  return row;
}
