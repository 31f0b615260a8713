/** What a follower of the log of scores stores of itself, and how its transactions keep clear of metrics' ends. */
import type pg from 'pg';
import { toNumberArray } from '../../platform/postgres/number-array.ts';
import { lockUntilCommit, shareUntilCommit } from '../../platform/postgres/transaction-lock.ts';

/** How far a follower has come. */
export interface FollowerOffset {
  /** The log `offset` belongs to. */
  readonly epoch: string;
  /** The follower is done with the log up to this offset. */
  readonly offset: number;
  /** The floor of the log when the follower moved last. */
  readonly floor: number;
}

/** Reads the offset of a follower; a new one is put at `first`. */
export async function openFollowerOffset(
  pool: pg.Pool,
  name: string,
  first: FollowerOffset,
): Promise<FollowerOffset> {
  await pool.query(
    `INSERT INTO log_follower (name, epoch, position, floor) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING`,
    [name, first.epoch, first.offset, first.floor],
  );
  const { rows } = await pool.query<FollowerOffset>(
    'SELECT epoch, position::float8 AS offset, floor::float8 AS floor FROM log_follower WHERE name = $1',
    [name],
  );
  const [stored] = rows;
  if (stored === undefined) throw new Error(`the offset of the follower ${name} was deleted under it`);
  return stored;
}

/** @throws when the follower is not at `from` any more */
export async function moveFollower(
  client: pg.PoolClient,
  name: string,
  from: FollowerOffset,
  to: FollowerOffset,
): Promise<void> {
  const { rowCount } = await client.query(
    `UPDATE log_follower SET epoch = $2, position = $3, floor = $4 WHERE name = $1 AND epoch = $5 AND position = $6`,
    [name, to.epoch, to.offset, to.floor, from.epoch, from.offset],
  );
  if (rowCount !== 1) throw new Error(`the offset of the follower ${name} moved meanwhile`);
}

/** Until this transaction ends no metric's scores are taken back: that waits in `holdFollowers`. */
export async function keepScores(client: pg.PoolClient): Promise<void> {
  await shareUntilCommit(client, 'followers');
}

/**
 * To be called before a metric's scores are declared gone, and before what followers made of them is deleted: waits
 * for the transactions of followers (milliseconds) and holds the next ones until this one ends.
 */
export async function holdFollowers(client: pg.PoolClient): Promise<void> {
  await lockUntilCommit(client, 'followers');
}

/** Those of the metrics that exist and are monitored. */
export async function findMonitored(
  client: pg.PoolClient,
  metricNumbers: readonly number[],
): Promise<ReadonlySet<number>> {
  const { rows } = await client.query<{ number: number }>(
    `SELECT number FROM metric WHERE number = ANY($1::int[]) AND status <> 'UNMONITORED'`,
    [toNumberArray(metricNumbers)],
  );
  return new Set(rows.map(({ number }) => number));
}
