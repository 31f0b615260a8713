/** Statements that take as long as there are rows. */
import type pg from 'pg';

/** Only so that there is one; whether PostgreSQL still answers is seen elsewhere. */
const LIMIT_MS = 86_400_000;

/**
 * From PostgreSQL 17 on a user or a database may have a limit for transactions. It is not among what a session asks for, because an
 * older PostgreSQL refuses what it does not know.
 * @param options.isLocal until the end of the transaction, and not of the session
 */
export async function liftTransactionLimit(
  client: Pick<pg.ClientBase | pg.Pool, 'query'>,
  { isLocal }: { readonly isLocal: boolean },
): Promise<void> {
  await client.query(
    `SELECT set_config(name, '0', $1::boolean) FROM pg_settings WHERE name = 'transaction_timeout'`,
    [isLocal],
  );
}

/** Within a transaction, whose later statements PostgreSQL gives any time, too. No limit of the pool cuts it. */
export async function queryAtLength(
  client: pg.PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<pg.QueryResult> {
  await client.query('SET LOCAL statement_timeout = 0');
  await liftTransactionLimit(client, { isLocal: true });
  // pg knows the limit of a single statement, its types do not.
  const statement = { text, values: [...values], query_timeout: LIMIT_MS };
  return client.query(statement);
}
