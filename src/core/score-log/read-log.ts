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
  /** Of the samples within their metrics. */
  readonly rowIds: readonly number[] | null;
  readonly leastScore: number;
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** A place among samples ordered by their scores; the place in the log decides between equals. */
export interface ScoredPlace {
  readonly score: number;
  readonly seq: number;
}

/** Rows after a place that a selection lets through, in their order, at most `limit`. */
export async function searchLog(
  pool: pg.Pool,
  after: number,
  selection: LogSelection,
  limit: number,
): Promise<readonly ScoredSample[]> {
  const { conditions, values, bind } = bindSelection(selection);
  const { rows } = await pool.query<SampleRow>(
    `SELECT ${SAMPLE_COLUMNS} FROM sample WHERE ${conditions} AND seq > ${bind(after)}
     ORDER BY sample.seq LIMIT ${bind(limit)}`,
    values,
  );
  return rows.map(readStoredSample).filter(isScored);
}

/** The same, the highest scores first: what is less anomalous than a place, or as anomalous and scored before it. */
export async function searchMostAnomalous(
  pool: pg.Pool,
  after: ScoredPlace | null,
  selection: LogSelection,
  limit: number,
): Promise<readonly ScoredSample[]> {
  const { conditions, values, bind } = bindSelection(selection);
  const beyond =
    after === null ? '' : `AND (score, seq) < (${bind(after.score)}::float8, ${bind(after.seq)}::bigint)`;
  const { rows } = await pool.query<SampleRow>(
    `SELECT ${SAMPLE_COLUMNS} FROM sample WHERE ${conditions} ${beyond}
     ORDER BY sample.score DESC, sample.seq DESC LIMIT ${bind(limit)}`,
    values,
  );
  return rows.map(readStoredSample).filter(isScored);
}

/** How many rows a selection lets through. */
export async function countLog(pool: pg.Pool, selection: LogSelection): Promise<number> {
  const { conditions, values } = bindSelection(selection);
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM sample WHERE ${conditions}`,
    values,
  );
  return rows[0]?.count ?? 0;
}

function bindSelection({ metricNumbers, rowIds, leastScore, fromMs, toMs }: LogSelection) {
  const values: unknown[] = [metricNumbers, rowIds, leastScore, fromMs, toMs];
  const conditions = `seq IS NOT NULL AND ($1::int[] IS NULL OR metric_number = ANY($1))
    AND ($2::int[] IS NULL OR row_id = ANY($2)) AND score >= $3
    AND "timestamp" >= coalesce(to_timestamp($4::float8 / 1000), '-infinity')
    AND "timestamp" <= coalesce(to_timestamp($5::float8 / 1000), 'infinity')`;
  return { conditions, values, bind: (value: unknown) => `$${values.push(value)}` };
}
