/** What there is to be packed: windows of the log, and the rows of one. */
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { toNumberArray } from '../../platform/postgres/number-array.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { startOfMonth } from '../samples/sample-test.ts';
import { type MetricExtent, ROW_COLUMNS, WindowRows } from './window-rows.ts';

/** A part of the log; both ends belong to it. */
export interface LogWindow {
  readonly first: number;
  readonly last: number;
  /** Another number, and something was packed in it or taken out of its blocks. */
  readonly version: number;
}

const WINDOW = 'first::float8 AS first, last::float8 AS last, version';
/** Rows read between two rests: a megabyte, and some milliseconds in which nothing else is done. */
const ROWS_AT_ONCE = 8192;

/** The first window that is not packed to its end. @param except first offsets of windows */
export async function findUnfinished(pool: pg.Pool, except: ReadonlySet<number>): Promise<LogWindow | null> {
  const { rows } = await pool.query<LogWindow>(
    `SELECT ${WINDOW} FROM log_window
     WHERE NOT is_complete AND first <> ALL($1::bigint[]) ORDER BY log_window.first LIMIT 1`,
    [[...except]],
  );
  return rows[0] ?? null;
}

/**
 * Begins the window behind all others, once its newest row is old enough.
 * @param size how many offsets it has
 * @returns null when it is too early for it
 */
export async function beginWindow(
  pool: pg.Pool,
  { size, beforeMs }: { readonly size: number; readonly beforeMs: number },
): Promise<LogWindow | null> {
  const { rows } = await pool.query<LogWindow>(
    `INSERT INTO log_window (first, last)
     SELECT next.first, next.first + $1 - 1 FROM (
       SELECT greatest(log.floor, coalesce((SELECT max(w.last) FROM log_window AS w), 0)) + 1 AS first, log.last
       FROM score_log AS log WHERE id = 1
     ) AS next
     WHERE next.first + $1 - 1 <= next.last AND coalesce((
       SELECT s."timestamp" FROM sample AS s WHERE s.seq >= next.first AND s.seq <= next.first + $1 - 1
       ORDER BY s.seq DESC LIMIT 1
     ), '-infinity') <= to_timestamp($2::float8 / 1000)
     RETURNING ${WINDOW}`,
    [size, beforeMs],
  );
  return rows[0] ?? null;
}

/**
 * All rows of the window, as they are while each of them is read: `replaceRows` finds out whether they still are.
 * @param rest after each piece, with no connection in use
 */
export async function readRows(
  pool: pg.Pool,
  { first, last }: LogWindow,
  rest: () => Promise<void>,
): Promise<WindowRows> {
  const rows = new WindowRows(last - first + 1);
  for (let from = first; from <= last; from += ROWS_AT_ONCE) {
    rows.append(await copyRows(pool, from, Math.min(last, from + ROWS_AT_ONCE - 1)));
    await rest();
  }
  return rows;
}

/** @returns those of the offsets, both ends included, as COPY writes them */
async function copyRows(pool: pg.Pool, from: number, to: number): Promise<Buffer> {
  // COPY takes no parameters.
  const sql = `COPY (SELECT ${ROW_COLUMNS} FROM sample WHERE seq >= ${from} AND seq <= ${to})
    TO STDOUT (FORMAT binary)`;
  return inTransaction(pool, async (client) => {
    const chunks: Buffer[] = [];
    for await (const chunk of client.query(copyTo(sql)) as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  });
}

/** Those whose stored progress does not cover all their rows: only rows complete it at a start. */
export async function findUncovered(
  pool: pg.Pool,
  metrics: readonly MetricExtent[],
): Promise<ReadonlySet<number>> {
  const { rows } = await pool.query<{ number: number }>(
    `SELECT number FROM unnest($1::int[], $2::float8[], $3::int[]) AS m (number, last_ms, row_id)
     WHERE NOT EXISTS (
       SELECT FROM metric_progress AS p WHERE p.metric_number = number
         AND p.scored_to >= to_timestamp(last_ms / 1000) AND p.last_row_id >= row_id)`,
    [
      toNumberArray(metrics.map(({ metricNumber }) => metricNumber)),
      toNumberArray(metrics.map(({ lastMs }) => lastMs)),
      toNumberArray(metrics.map(({ lastRowId }) => lastRowId)),
    ],
  );
  return new Set(rows.map(({ number }) => number));
}

/** Those with a block of the same time: blocks of a metric never overlap. */
export async function findOverlapping(
  pool: pg.Pool,
  metrics: readonly MetricExtent[],
): Promise<ReadonlySet<number>> {
  const { rows } = await pool.query<{ number: number }>(
    `SELECT number FROM unnest($1::int[], $2::float8[], $3::float8[], $4::float8[])
       AS m (number, first_ms, last_ms, month_ms)
     WHERE EXISTS (
       SELECT FROM sample_block WHERE metric_number = number AND first_timestamp >= to_timestamp(month_ms / 1000)
         AND first_timestamp <= to_timestamp(last_ms / 1000) AND last_timestamp >= to_timestamp(first_ms / 1000))`,
    [
      toNumberArray(metrics.map(({ metricNumber }) => metricNumber)),
      toNumberArray(metrics.map(({ firstMs }) => firstMs)),
      toNumberArray(metrics.map(({ lastMs }) => lastMs)),
      toNumberArray(metrics.map(({ firstMs }) => startOfMonth(firstMs))),
    ],
  );
  return new Set(rows.map(({ number }) => number));
}
