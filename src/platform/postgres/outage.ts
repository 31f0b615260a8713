/** Distinguishes a database that is away, or out of room, from a statement that can never succeed. */
import pg from 'pg';
import { ConnectionError } from './connection.ts';

/** Not asked, since the database does not answer: it was asked before, and will be again in a moment. */
export class DatabaseAwayError extends Error {
  override readonly name = 'DatabaseAwayError';
  constructor() {
    super('no connection: the database does not answer');
  }
}

/**
 * Classes of SQLSTATE that a retry can cure: connections, transactions rolled back for others' sake, resources,
 * locks, an operator's intervention, the system.
 */
const CURABLE = /^(08|25|40|53|55|57|58|XX)/;

/** What Prisma calls a database it cannot reach, that closed the connection, or has none free. */
const PRISMA_OUTAGES = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037']);
/** pg has no class for its own failures: a lost connection, a timeout. */
const LOST = /connection|timeout|client (has|was)|not queryable/i;

/** True when the same work may succeed later. */
export function isOutage(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return CURABLE.test(error.code ?? '08');
  if (!(error instanceof Error)) return false;
  if (error instanceof ConnectionError) return true;
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return true;
  return error.name.startsWith('PrismaClient') ? isPrismaOutage(error, code) : LOST.test(error.message);
}

/** Its message begins with a piece of our own source: only its last line says what happened. */
function isPrismaOutage(error: Error, code: unknown): boolean {
  if (typeof code === 'string' && PRISMA_OUTAGES.has(code)) return true;
  const state = readSqlState(error);
  return state === null ? LOST.test(error.message.split('\n').at(-1) ?? '') : CURABLE.test(state);
}

/** PostgreSQL's own code of an error: pg has it at hand, Prisma where the driver adapter keeps it. Null without one. */
export function readSqlState(error: Error): string | null {
  if (error instanceof pg.DatabaseError) return error.code ?? null;
  let value: unknown = error;
  for (const name of ['meta', 'driverAdapterError', 'cause', 'originalCode']) {
    if (typeof value !== 'object' || value === null) return null;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return typeof value === 'string' ? value : null;
}
