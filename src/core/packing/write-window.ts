/** Replaces rows of a window by blocks. */
import type pg from 'pg';
import { insertBlocks, type NewBlock } from '../samples/packed/write-blocks.ts';
import { startOfMonth } from '../samples/sample-test.ts';
import { toNumberArray } from '../../platform/postgres/number-array.ts';
import { listColumns, type LogWindow } from './read-window.ts';

/** Rows were deleted, or their scores taken back, since they were read: nothing is wrong, they are read again. */
export class RowsChangedError extends Error {
  override readonly name = 'RowsChangedError';
}

/** So that each metric's rows are looked for by the index, however many rows there are beside them. */
export async function searchByIndex(client: pg.PoolClient): Promise<void> {
  await client.query('SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off');
}

/** Blocks of a metric never overlap. @returns those that overlap none that is stored */
export async function leaveOutOverlapping(
  client: pg.PoolClient,
  blocks: readonly NewBlock[],
): Promise<readonly NewBlock[]> {
  const { rows } = await client.query<{ place: number }>(
    `SELECT place::int FROM unnest($1::int[], $2::float8[], $3::float8[], $4::float8[]) WITH ORDINALITY
       AS n (number, first_ms, last_ms, month_ms, place)
     WHERE EXISTS (
       SELECT FROM sample_block WHERE metric_number = number AND first_timestamp >= to_timestamp(month_ms / 1000)
         AND first_timestamp <= to_timestamp(last_ms / 1000) AND last_timestamp >= to_timestamp(first_ms / 1000))`,
    [
      ...listColumns(blocks.map(withNumber)),
      toNumberArray(blocks.map(({ firstMs }) => startOfMonth(firstMs))),
    ],
  );
  const overlapping = new Set(rows.map(({ place }) => place - 1));
  return blocks.filter((_, index) => !overlapping.has(index));
}

/**
 * A row may leave a window, but none comes into one or changes in it: where as many are deleted as the blocks hold, they
 * are those.
 * @throws RowsChangedError
 */
export async function replaceRows(
  client: pg.PoolClient,
  { first, last }: LogWindow,
  blocks: readonly NewBlock[],
): Promise<void> {
  const { rowCount } = await client.query(
    `DELETE FROM sample AS s USING unnest($1::int[], $2::float8[], $3::float8[]) AS b (number, first_ms, last_ms)
     WHERE s.metric_number = b.number AND s."timestamp" >= to_timestamp(b.first_ms / 1000)
       AND s."timestamp" <= to_timestamp(b.last_ms / 1000) AND s.seq >= $4 AND s.seq <= $5`,
    [...listColumns(blocks.map(withNumber)), first, last],
  );
  const packed = blocks.reduce((sum, { columns }) => sum + columns.count, 0);
  if (rowCount !== packed) throw new RowsChangedError(`${rowCount} rows of ${packed} are as they were read`);
  // failpoint: pack.after_delete
  await insertBlocks(client, blocks);
  await client.query('UPDATE log_window SET version = version + 1 WHERE first = $1', [first]);
  // failpoint: pack.before_commit
}

function withNumber({ columns, firstMs, lastMs }: NewBlock) {
  return { metricNumber: columns.metricNumber, firstMs, lastMs };
}

/** Nothing of the window is left that could be packed. */
export async function finishWindow(pool: pg.Pool, { first }: LogWindow): Promise<void> {
  await pool.query('UPDATE log_window SET is_complete = true WHERE first = $1', [first]);
}
