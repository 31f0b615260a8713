/** One transaction on one connection of the pool. */
import pg from 'pg';
import { isOutage } from './outage.ts';

/**
 * Commits when `work` returns, rolls back when it throws; a connection that broke, or failed to roll back, is thrown
 * away.
 * @param lastStatement sent in one message with COMMIT: nothing comes between the locks it takes and their release
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  lastStatement?: string,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query(lastStatement === undefined ? 'COMMIT' : `${lastStatement}; COMMIT`);
    return result;
  } catch (error) {
    broken = isBroken(error) ? error : await rollBack(client);
    throw error;
  } finally {
    client.release(broken);
  }
}

/** A connection that did not answer is not asked again: that would wait as long once more. */
function isBroken(error: unknown): error is Error {
  return isOutage(error) && !(error instanceof pg.DatabaseError);
}

/** @returns what went wrong, if anything */
async function rollBack(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (failure) {
    return failure instanceof Error ? failure : new Error(String(failure));
  }
}
