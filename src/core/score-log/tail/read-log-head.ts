/** How far the log of scores goes, and how far the bars that are made of it. */
import type pg from 'pg';
import type { LogBounds } from '../cursor.ts';

export interface LogHead extends LogBounds {
  /** Null before their follower has begun. */
  readonly barsOffset: number | null;
}

export async function readLogHead(pool: pg.Pool, barsFollower: string): Promise<LogHead> {
  const { rows } = await pool.query<LogHead>(
    `SELECT log.epoch, log.floor::float8 AS floor, log.last::float8 AS last, bars.position::float8 AS "barsOffset"
     FROM score_log AS log LEFT JOIN log_follower AS bars ON bars.name = $1 AND bars.epoch = log.epoch WHERE log.id = 1`,
    [barsFollower],
  );
  const [head] = rows;
  if (head === undefined)
    throw new Error('score_log has no row: the database was not made by our migrations');
  return head;
}
