/** Tells a database that is away, or out of room, from a statement that can never succeed. */
import pg from 'pg';

/**
 * Classes of SQLSTATE that a retry can cure: connections, transactions rolled back for others' sake, resources,
 * locks, an operator's intervention, the system.
 */
const CURABLE = /^(08|25|40|53|55|57|58|XX)/;

/** True when the same work may succeed later. */
export function isOutage(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return CURABLE.test(error.code ?? '08');
  if (!(error instanceof Error)) return false;
  // pg has no class for its own: a lost or refused connection, a timeout.
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code)) return true;
  return /connection|timeout|client (has|was)|not queryable/i.test(error.message);
}
