/** Advisory locks that transactions hold to their end, all numbered here so that no two are the same by chance. */
import type pg from 'pg';
import type { Prisma } from '../../generated/prisma/client.ts';

/** "LAPW" in ASCII: not those of others in the same database. PostgreSQL's locks of two numbers do not meet those of one, of which server-lock.ts takes one. */
export const LOCK_CLASS = 0x4c41_5057;
/** 2 is that of change numbers, which the triggers of the database take at the end of a transaction. */
export const LOCKS = { followers: 1, months: 3, packing: 4, lanes: 5, keys: 6 } as const;

/** Waits until nobody else holds the lock; it is released by the end of the transaction. */
export async function lockUntilCommit(client: pg.PoolClient, name: keyof typeof LOCKS): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, LOCKS[name]]);
}

/** As lockUntilCommit, beside others that share it. */
export async function shareUntilCommit(client: pg.PoolClient, name: keyof typeof LOCKS): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock_shared($1, $2)', [LOCK_CLASS, LOCKS[name]]);
}

/** As lockUntilCommit, in an interactive transaction of Prisma. */
export async function lockPrismaUntilCommit(
  transaction: Prisma.TransactionClient,
  name: keyof typeof LOCKS,
): Promise<void> {
  await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${LOCK_CLASS}::int, ${LOCKS[name]}::int)`;
}
