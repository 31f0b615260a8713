/** What there is to be packed: windows of the log, and the rows of one. */
import type pg from 'pg';
import { toNumberArray } from '../../platform/postgres/number-array.ts';
import {
  readSampleArray,
  SAMPLE_ARRAY,
  type SampleArray,
  type StoredSample,
} from '../samples/stored-sample.ts';

/** A part of the log; both ends belong to it. */
export interface LogWindow {
  readonly first: number;
  readonly last: number;
}

/** The rows of one metric in a window. */
export interface MetricRows {
  readonly metricNumber: number;
  readonly rows: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Whether what is stored of the metric's progress covers all of them: only rows complete it at a start. */
  readonly isCovered: boolean;
}

/** The first window that is not packed to its end. @param except first offsets of windows */
export async function findUnfinished(pool: pg.Pool, except: ReadonlySet<number>): Promise<LogWindow | null> {
  const { rows } = await pool.query<LogWindow>(
    `SELECT first::float8 AS first, last::float8 AS last FROM log_window
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
     RETURNING first::float8 AS first, last::float8 AS last`,
    [size, beforeMs],
  );
  return rows[0] ?? null;
}

export async function listMetricRows(
  pool: pg.Pool,
  { first, last }: LogWindow,
): Promise<readonly MetricRows[]> {
  const { rows } = await pool.query<MetricRows>(
    `SELECT found.number AS "metricNumber", found.rows, (extract(epoch FROM found.first) * 1000)::float8 AS "firstMs",
       (extract(epoch FROM found.last) * 1000)::float8 AS "lastMs",
       coalesce(p.scored_to >= found.last AND p.last_row_id >= found.row_id, false) AS "isCovered"
     FROM (
       SELECT metric_number AS number, count(*)::int AS rows, min("timestamp") AS first, max("timestamp") AS last,
         max(row_id) AS row_id
       FROM sample WHERE seq >= $1 AND seq <= $2 GROUP BY metric_number
     ) AS found LEFT JOIN metric_progress AS p ON p.metric_number = found.number
     ORDER BY found.number`,
    [first, last],
  );
  return rows;
}

/** By metric, then by time. */
export async function readRows(
  client: pg.PoolClient,
  { first, last }: LogWindow,
  metrics: readonly MetricRows[],
): Promise<readonly StoredSample[]> {
  const { rows } = await client.query<{ sample: SampleArray }>(
    `SELECT ${SAMPLE_ARRAY} AS sample FROM unnest($1::int[], $2::float8[], $3::float8[]) AS m (number, first_ms, last_ms)
     JOIN sample ON metric_number = number AND "timestamp" >= to_timestamp(first_ms / 1000)
       AND "timestamp" <= to_timestamp(last_ms / 1000) AND seq >= $4 AND seq <= $5
     ORDER BY number, "timestamp"`,
    [...listColumns(metrics), first, last],
  );
  return rows.map(({ sample }) => readSampleArray(sample));
}

/** Of these times. */
export function listColumns(
  metrics: readonly { readonly metricNumber: number; readonly firstMs: number; readonly lastMs: number }[],
): readonly string[] {
  return [
    toNumberArray(metrics.map(({ metricNumber }) => metricNumber)),
    toNumberArray(metrics.map(({ firstMs }) => firstMs)),
    toNumberArray(metrics.map(({ lastMs }) => lastMs)),
  ];
}
