/**
 * Plain SQL as one account sees it: `metric` is then a view of the account's metrics (the schema account_view, made by
 * the migrations), whether the statement thinks of accounts or not.
 */
import type pg from 'pg';
import { inTransaction } from '../../platform/postgres/transaction.ts';

/** @returns a pool that only answers `query`, and only reads */
export function tenantPool(pool: pg.Pool, accountId: number): pg.Pool {
  const query = (asked: string | pg.QueryConfig, values?: unknown[]) =>
    inTransaction(pool, async (client) => {
      await client.query('SET TRANSACTION READ ONLY');
      await client.query(
        `SELECT set_config('search_path', 'account_view, public', true), set_config('lapwing.account_id', $1, true)`,
        [String(accountId)],
      );
      if (typeof asked === 'string') return client.query(asked, values);
      // As it was asked, but for its name: a statement PostgreSQL has prepared is one for the table, not for the view.
      const unnamed = { ...asked };
      delete unnamed.name;
      return client.query(unnamed, values);
    });
  return new Proxy(pool, {
    get: (_pool, name) => {
      if (name === 'query') return query;
      throw new Error(`a key of one account has no use for ${String(name)} of the database`);
    },
  });
}
