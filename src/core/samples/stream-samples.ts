/** Stored samples of any number, by pages of a cursor: memory holds one page, whoever reads sets the pace. */
import type pg from 'pg';
import { listConditions } from './read-samples.ts';
import { readStoredSample, SAMPLE_COLUMNS, type SampleRow, type StoredSample } from './stored-sample.ts';

export interface SampleSelection {
  /** Metrics in the order they are given. */
  readonly metricNumbers: readonly number[];
  /** Of the samples within their metrics; null for all. */
  readonly rowIds: readonly number[] | null;
  /** Maximum number of samples of all metrics together; null for all. */
  readonly limit: number | null;
  /** Both ends belong to the selection; null for open. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Only scored samples with at least this score; null for all, unscored ones too. */
  readonly minScore: number | null;
}

const PAGE_ROWS = 2000;

/**
 * What `read` gives, all of it as the database was at one moment. The connection is held until the reader has had
 * enough: it ends when the generator does, whether it was read to its end or not.
 */
export async function* readSnapshot<T>(
  pool: pg.Pool,
  read: (client: pg.PoolClient) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    yield* read(client);
  } finally {
    // Closes the cursors too.
    await client.query('ROLLBACK').catch((error: unknown) => {
      broken = error instanceof Error ? error : new Error(String(error));
    });
    client.release(broken);
  }
}

/** By metric, then by time. To be read within a transaction, one selection at a time. */
export async function* streamSamples(
  client: pg.PoolClient,
  { metricNumbers, rowIds, limit, ...window }: SampleSelection,
): AsyncGenerator<readonly StoredSample[]> {
  const values: unknown[] = [metricNumbers];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const conditions = [
    ...listConditions({ ...window, afterMs: null, beforeMs: null }, bind),
    ...(rowIds === null ? [] : [`row_id = ANY(${bind(rowIds)}::int[])`]),
  ];
  // One index scan per metric, in the order of the list: nothing is sorted, so the first page comes at once.
  await client.query(
    `DECLARE samples NO SCROLL CURSOR FOR
     SELECT chosen.* FROM unnest($1::int[]) AS wanted (number) CROSS JOIN LATERAL (
       SELECT ${SAMPLE_COLUMNS} FROM sample
       WHERE ${['metric_number = wanted.number', ...conditions].join(' AND ')}
       ORDER BY "timestamp"
     ) AS chosen LIMIT ${bind(limit)}`,
    values,
  );
  for (;;) {
    const { rows } = await client.query<SampleRow>(`FETCH ${PAGE_ROWS} FROM samples`);
    if (rows.length > 0) yield rows.map(readStoredSample);
    if (rows.length < PAGE_ROWS) break;
  }
  await client.query('CLOSE samples');
}
