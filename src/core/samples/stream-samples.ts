/** Stored samples of any number, by pages: memory holds one page, the reader sets the pace. */
import type pg from 'pg';
import { pageSamples } from './find-samples.ts';
import type { StoredSample } from './stored-sample.ts';

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
    // Readers may be slow, and it keeps nobody from writing.
    await client.query(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = '1min'`,
    );
    yield* read(client);
  } finally {
    await client.query('ROLLBACK').catch((error: unknown) => {
      broken = error instanceof Error ? error : new Error(String(error));
    });
    client.release(broken);
  }
}

/** By metric, then by time. To be read within a transaction, one selection at a time. */
export async function* streamSamples(
  client: pg.PoolClient,
  { metricNumbers, rowIds, limit, fromMs, toMs, minScore }: SampleSelection,
): AsyncGenerator<readonly StoredSample[]> {
  let left = limit ?? Infinity;
  for (const metricNumber of metricNumbers) {
    const range = { metricNumber, fromMs, toMs };
    for await (const page of pageSamples(client, range, { minScore, rowIds }, PAGE_ROWS)) {
      const chosen = page.slice(0, left);
      left -= chosen.length;
      if (chosen.length > 0) yield chosen;
      if (left === 0) return;
    }
  }
}
