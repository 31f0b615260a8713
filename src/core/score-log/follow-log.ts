/** What a follower of the log of scores stores of itself, and how its transactions keep clear of metrics' ends. */
import type pg from 'pg';
import { toNumberArray } from '../../platform/postgres/number-array.ts';

/** How far a follower has come. */
export interface FollowerPlace {
  /** The log `position` is a place of. */
  readonly epoch: string;
  /** Places up to this one are done with. */
  readonly position: number;
  /** The floor of the log the follower has last taken note of. */
  readonly floor: number;
}

/** "LAPW" in ASCII: sets our locks apart from those of others in the same database. */
const LOCK_CLASS = 0x4c41_5057;
const FOLLOWERS_LOCK = 1;

/** Where a follower stands; one that is new is put at `first`. */
export async function openFollowerPlace(
  pool: pg.Pool,
  name: string,
  first: FollowerPlace,
): Promise<FollowerPlace> {
  await pool.query(
    `INSERT INTO log_follower (name, epoch, position, floor) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING`,
    [name, first.epoch, first.position, first.floor],
  );
  const { rows } = await pool.query<FollowerPlace>(
    'SELECT epoch, position::float8 AS position, floor::float8 AS floor FROM log_follower WHERE name = $1',
    [name],
  );
  const place = rows[0];
  if (place === undefined) throw new Error(`the place of the follower ${name} was deleted under it`);
  return place;
}

/** Returns false, and moves nothing, when the follower does not stand at `from` any more. */
export async function moveFollower(
  client: pg.PoolClient,
  name: string,
  from: FollowerPlace,
  to: FollowerPlace,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE log_follower SET epoch = $2, position = $3, floor = $4 WHERE name = $1 AND epoch = $5 AND position = $6`,
    [name, to.epoch, to.position, to.floor, from.epoch, from.position],
  );
  return rowCount === 1;
}

/** Until this transaction ends no metric's scores are taken back: whoever wants to waits in `holdFollowers`. */
export async function keepScores(client: pg.PoolClient): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock_shared($1, $2)', [LOCK_CLASS, FOLLOWERS_LOCK]);
}

/**
 * To be called before a metric's scores are declared gone, and before what followers made of them is deleted: waits
 * for the transactions of followers (milliseconds) and holds the next ones until this one ends.
 */
export async function holdFollowers(client: pg.PoolClient): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, FOLLOWERS_LOCK]);
}

/** Those of the metrics that are there and watched. */
export async function findWatched(
  client: pg.PoolClient,
  metricNumbers: readonly number[],
): Promise<ReadonlySet<number>> {
  const { rows } = await client.query<{ number: number }>(
    `SELECT number FROM metric WHERE number = ANY($1::int[]) AND status <> 'UNMONITORED'`,
    [toNumberArray(metricNumbers)],
  );
  return new Set(rows.map(({ number }) => number));
}
