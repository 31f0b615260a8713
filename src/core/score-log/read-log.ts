/** The log of scores: its bounds, and its rows by their place. */
import type pg from 'pg';
import {
  isScored,
  readStoredSample,
  SAMPLE_COLUMNS,
  type SampleRow,
  type ScoredSample,
} from '../samples/stored-sample.ts';

export async function readLogBounds(pool: pg.Pool): Promise<{ epoch: string; floor: number; last: number }> {
  const { rows } = await pool.query<{ epoch: string; floor: number; last: number }>(
    'SELECT epoch, floor::float8 AS floor, last::float8 AS last FROM score_log WHERE id = 1',
  );
  const row = rows[0];
  if (row === undefined) throw new Error('score_log has no row: the database was not made by our migrations');
  return row;
}

/** Rows with places in (after, upTo], in their order, at most `limit`. */
export async function readLog(
  pool: pg.Pool,
  range: { readonly after: number; readonly upTo: number; readonly limit: number },
): Promise<readonly ScoredSample[]> {
  const { rows } = await pool.query<SampleRow>(
    `SELECT ${SAMPLE_COLUMNS} FROM sample WHERE seq > $1 AND seq <= $2 ORDER BY sample.seq LIMIT $3`,
    [range.after, range.upTo, range.limit],
  );
  return rows.map(readStoredSample).filter(isScored);
}

/** What a page of the log is narrowed to; null leaves a side open. */
export interface LogSelection {
  readonly metricNumbers: readonly number[] | null;
  readonly leastScore: number;
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** Rows after a place that a selection lets through, in their order, at most `limit`. */
export async function searchLog(
  pool: pg.Pool,
  after: number,
  selection: LogSelection,
  limit: number,
): Promise<readonly ScoredSample[]> {
  const { rows } = await pool.query<SampleRow>(
    `SELECT ${SAMPLE_COLUMNS} FROM sample WHERE ${SELECTED} ORDER BY sample.seq LIMIT $6`,
    [...bindSelection(after, selection), limit],
  );
  return rows.map(readStoredSample).filter(isScored);
}

/** How many rows a selection lets through. */
export async function countLog(pool: pg.Pool, selection: LogSelection): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM sample WHERE ${SELECTED}`,
    bindSelection(0, selection),
  );
  return rows[0]?.count ?? 0;
}

/** The conditions of a selection, on $1 to $5. */
const SELECTED = `seq > $1 AND ($2::int[] IS NULL OR metric_number = ANY($2)) AND score >= $3
  AND "timestamp" >= coalesce(to_timestamp($4::float8 / 1000), '-infinity')
  AND "timestamp" <= coalesce(to_timestamp($5::float8 / 1000), 'infinity')`;

function bindSelection(
  after: number,
  { metricNumbers, leastScore, fromMs, toMs }: LogSelection,
): unknown[] {
  return [after, metricNumbers, leastScore, fromMs, toMs];
}
