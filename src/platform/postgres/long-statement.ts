/** Statements that take as long as there are rows. */
import type pg from 'pg';

/** Only so that there is one; whether PostgreSQL still answers is seen elsewhere. */
const LIMIT_MS = 86_400_000;

/** Within a transaction, whose later statements PostgreSQL gives any time, too. No limit of the pool cuts it. */
export async function queryAtLength(
  client: pg.PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<pg.QueryResult> {
  await client.query('SET LOCAL statement_timeout = 0');
  // pg knows the limit of a single statement, its types do not.
  const statement = { text, values: [...values], query_timeout: LIMIT_MS };
  return client.query(statement);
}
