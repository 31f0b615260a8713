/** Replaces rows of a window by blocks. */
import type pg from 'pg';
import { toNumberArray } from '../../platform/postgres/number-array.ts';
import { insertBlocks } from '../samples/packed/write-blocks.ts';
import type { WindowPart } from './encode-window.ts';
import type { LogWindow } from './read-window.ts';

/** Rows came or went since they were read: nothing is wrong, they are read again. */
export class RowsChangedError extends Error {
  override readonly name = 'RowsChangedError';
}

/**
 * Pages from which rows are deleted are logged whole; compressing them takes five times as long as deleting the rows.
 * Only a superuser may change that, which the embedded database's role is.
 */
export async function logUncompressed(client: pg.PoolClient): Promise<void> {
  await client.query(
    `SELECT set_config('wal_compression', 'off', true) WHERE current_setting('is_superuser') = 'on'`,
  );
}

/**
 * To be called after `excludePacking`. The rows may have been read long before, in other transactions: that is safe, since
 * what happens to rows of a window shows here. Rows that leave it (scores taken back, a metric deleted) make the rest fewer;
 * rows that come into it, out of its blocks, change its version; no row changes within it, and one that got its score
 * anew has an offset behind all windows. So where neither is the case, what is deleted is what was read. What keeps rows
 * from coming or going while this transaction compares them is `excludePacking`, which all that changes them asks for.
 * @param window as it was before its rows were read, or as the part before left it: its version is raised by one
 * @throws RowsChangedError
 */
export async function replaceRows(
  client: pg.PoolClient,
  window: LogWindow,
  { metricNumbers, blocks }: WindowPart,
): Promise<void> {
  const { first, last, version } = window;
  const updated = await client.query(
    'UPDATE log_window SET version = version + 1 WHERE first = $1 AND version = $2',
    [first, version],
  );
  if (updated.rowCount !== 1) throw new RowsChangedError('something of the window was unpacked meanwhile');
  const deleted = await client.query(
    'DELETE FROM sample WHERE seq >= $1 AND seq <= $2 AND metric_number = ANY($3::int[])',
    [first, last, toNumberArray(metricNumbers)],
  );
  const packed = blocks.reduce((sum, { count }) => sum + count, 0);
  if (deleted.rowCount !== packed)
    throw new RowsChangedError(`${deleted.rowCount} rows of ${packed} are as they were read`);
  // failpoint: pack.after_delete
  await insertBlocks(client, blocks);
  // failpoint: pack.before_commit
}

/**
 * Nothing of the window is left to be packed.
 * @param window as its last part left it
 * @returns false where something was unpacked since
 */
export async function completeWindow(pool: pg.Pool, { first, version }: LogWindow): Promise<boolean> {
  const updated = await pool.query(
    'UPDATE log_window SET version = version + 1, is_complete = true WHERE first = $1 AND version = $2',
    [first, version],
  );
  return updated.rowCount === 1;
}
