/** Ends sessions whose connection is gone, so that what becomes of their transactions is settled. */
import type pg from 'pg';
import { openClient } from './connection.ts';

/** What the sessions of a server's pools are called. */
export const POOL_NAMES = ['lapwing', 'lapwing prisma'] as const;

/** The SQLSTATE of a session that belongs to another user. */
export const INSUFFICIENT_PRIVILEGE = '42501';

const ATTEMPTS = 5;
const WAIT_MS = 1_000;

/**
 * Returns once none of the backends is at work any more: each has committed by then or never will.
 * @param backends process ids; those that are gone already, or are not ours, do no harm
 * @throws ConnectionError when the database cannot be reached, Error when one does not end within 5 s
 */
export async function endSessions(connection: string, backends: readonly number[]): Promise<void> {
  const client = await openClient(connection, 'lapwing clearing');
  try {
    // A user may be set up to work as another role: its sessions are its own all the same.
    await client.query('SET ROLE NONE');
    // Only PostgreSQL started anew has given the number to somebody else, and then hardly to one of these names.
    const ours = `pid = ANY($2) AND usename = current_user AND starts_with(application_name, 'lapwing')`;
    if (await endEach(client, ours, backends)) return;
    throw new Error('a lost connection to the database is still at work there');
  } finally {
    await client.end();
  }
}

/**
 * Ends sessions of this database, and waits until they are over.
 * @param which a condition over pg_stat_activity; $2 is `value`
 * @returns whether none of them is left
 */
export async function endEach(client: pg.Client, which: string, value: unknown): Promise<boolean> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { rows } = await client.query<{ ended: boolean }>(
      `SELECT pg_terminate_backend(pid, $1) AS ended FROM pg_stat_activity
       WHERE datname = current_database() AND ${which}`,
      [WAIT_MS, value],
    );
    if (rows.every(({ ended }) => ended)) return true;
  }
  return false;
}
