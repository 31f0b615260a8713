/** Ends sessions whose connection is gone, so that what becomes of their transactions is settled. */
import { openClient } from './connection.ts';

/** What the sessions of a server's pools are called. */
export const POOL_NAMES = ['lapwing', 'lapwing prisma'] as const;

const ATTEMPTS = 3;
const WAIT_MS = 1_000;

/**
 * Returns once none of the backends is at work any more: each has committed by then or never will.
 * @param backends process ids; those that are gone already, or are not ours, do no harm
 * @throws ConnectionError when the database cannot be reached, Error when one does not end within 3 s
 */
export async function endSessions(connection: string, backends: readonly number[]): Promise<void> {
  const client = await openClient(connection, 'lapwing clearing');
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      // Only PostgreSQL started anew has given the number to somebody else, and then hardly to one of these names.
      const { rows } = await client.query<{ ended: boolean }>(
        `SELECT pg_terminate_backend(pid, $2) AS ended FROM pg_stat_activity
         WHERE pid = ANY($1) AND datname = current_database() AND usename = current_user
           AND starts_with(application_name, 'lapwing')`,
        [backends, WAIT_MS],
      );
      if (rows.every(({ ended }) => ended)) return;
    }
    throw new Error('a lost connection to the database is still at work there');
  } finally {
    await client.end();
  }
}
