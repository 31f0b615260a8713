/** The PostgreSQL session that holds the server lock, and what can be asked about the one that does. */
import { hostname } from 'node:os';
import type pg from 'pg';
import { OperatorError } from '../../errors.ts';
import { ConnectionError, describeConnection, openClient } from './connection.ts';
import { INSUFFICIENT_PRIVILEGE } from './end-sessions.ts';
import { hasCode } from './error-text.ts';

/** A lock of such a session would be anybody's; the message says what to name instead. */
class SharedSessionError extends OperatorError {
  override readonly name = 'SharedSessionError';
}

const UTC = /^(?:Etc\/)?(?:UTC|UCT|Universal|Zulu|GMT)$/i;
/** "lapw" in ASCII. */
const SERVER_LOCK = 0x6c617077;
const ANSWER_LIMIT_MS = 5_000;
const LOCK_NOT_AVAILABLE = '55P03';
/** A standby notices first, and says so in its log. */
const LEASE_MARGIN_MS = 1_000;
/** PostgreSQL notices within half a minute that a server's machine is gone, and frees its lock. */
const NOTICE_DEAD_PEERS = `
  SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3`;

/** Of the session that holds the lock of this database. */
const HOLDER = `
  FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)
  WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = $1::bigint::oid AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** So much of the host's name that the whole has room: PostgreSQL cuts names off at 63 bytes. */
const HOST_LETTERS = 20;

/**
 * Its name says to others who holds the lock.
 * @param options.sealingKeys fingerprint of its keys; not said when left out
 * @param options.leaseSeconds PostgreSQL ends the session once it has been silent for as long: also where the user of another
 *   server may not; it does not when left out
 * @throws ConnectionError when PostgreSQL cannot be reached or is a standby, SharedSessionError when it is through a pooler that shares sessions
 */
export async function openLockSession(
  connection: string,
  {
    sealingKeys,
    leaseSeconds,
  }: { readonly sealingKeys?: string | undefined; readonly leaseSeconds?: number | undefined },
): Promise<pg.Client> {
  const keys = sealingKeys === undefined ? '' : `, keys ${sealingKeys}`;
  const applicationName = `lapwing on ${hostname().slice(0, HOST_LETTERS)}, process ${process.pid}${keys}`;
  const client = await openClient(connection, applicationName, { query_timeout: ANSWER_LIMIT_MS });
  try {
    await checkSession(client, connection);
    await client.query(NOTICE_DEAD_PEERS);
    if (leaseSeconds !== undefined)
      await client.query(`SET idle_session_timeout = ${leaseSeconds * 1000 + LEASE_MARGIN_MS}`);
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

/**
 * Two connections that are open at once have sessions of their own, kept from one statement to the next, with what they asked for.
 * @throws as openLockSession
 */
export async function checkSession(client: pg.Client, connection: string): Promise<void> {
  const mine = await readSession(client);
  const other = await openClient(connection, 'lapwing session check', { query_timeout: ANSWER_LIMIT_MS });
  try {
    // A pooler gives it to the other one for as long as the transaction lasts.
    await other.query('BEGIN');
    const [theirs, still] = [await readSession(other), await readSession(client)];
    if (theirs.pid === mine.pid || still.pid !== mine.pid) {
      throw new SharedSessionError(
        `the ${describeConnection(connection)} is reached through a pooler that shares sessions (PgBouncer in transaction ` +
          'mode, for example): name PostgreSQL itself in DATABASE_URL, or a pooler in session mode',
      );
    }
  } finally {
    await other.end();
  }
  // A lock of a standby keeps nobody from the primary. After a failover a name may lead to one for a while.
  if (mine.standby) {
    throw new ConnectionError(
      `the ${describeConnection(connection)} is a standby, which takes no writes: point DATABASE_URL at the primary`,
    );
  }
  if (UTC.test(mine.zone)) return;
  throw new SharedSessionError(
    `the ${describeConnection(connection)} is reached through a pooler that leaves out what a session asks for: its time zone is ` +
      `${mine.zone}; name PostgreSQL itself in DATABASE_URL, or ALTER DATABASE … SET TimeZone = 'UTC'`,
  );
}

interface SessionRow {
  readonly pid: number;
  readonly zone: string;
  readonly standby: boolean;
}

async function readSession(client: pg.Client): Promise<SessionRow> {
  const { rows } = await client.query<SessionRow>(
    `SELECT pg_backend_pid() AS pid, current_setting('TimeZone') AS zone, pg_is_in_recovery() AS standby`,
  );
  return rows[0] ?? { pid: 0, zone: '', standby: false };
}

export async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    'SELECT pg_try_advisory_lock($1::bigint) AS taken',
    [SERVER_LOCK],
  );
  return rows[0]?.taken === true;
}

/** Waits for as long as the lock_timeout of the session. @returns whether the lock is ours */
export async function waitInQueue(client: pg.Client): Promise<boolean> {
  try {
    await client.query('SELECT pg_advisory_lock($1::bigint)', [SERVER_LOCK]);
    return true;
  } catch (error) {
    if (hasCode(error, LOCK_NOT_AVAILABLE)) return false;
    throw error;
  }
}

/**
 * Each heartbeat of the holder changes the state of its session, by PostgreSQL's clock. One that is frozen keeps its
 * connection, and with it the lock, until PostgreSQL ends it; this ends it now.
 * @returns whether there was one, and our user may end its sessions
 */
export async function endSilentHolder(client: pg.Client, leaseSeconds: number): Promise<boolean> {
  try {
    const { rowCount } = await client.query(
      `SELECT pg_terminate_backend(activity.pid) ${HOLDER}
         AND activity.state_change < clock_timestamp() - make_interval(secs => $2)`,
      [SERVER_LOCK, leaseSeconds],
    );
    return (rowCount ?? 0) > 0;
  } catch (error) {
    if (hasCode(error, INSUFFICIENT_PRIVILEGE)) return false;
    throw error;
  }
}

/** @returns who holds the lock and since when, in words; null when nobody does */
export async function findLockHolder(client: pg.Client): Promise<string | null> {
  const { rows } = await client.query<{ name: string | null; since: Date | null }>(
    `SELECT activity.application_name AS name, activity.backend_start AS since ${HOLDER}`,
    [SERVER_LOCK],
  );
  const holder = rows[0];
  if (holder === undefined) return null;
  return `${holder.name ?? 'unknown'}, since ${holder.since?.toISOString() ?? 'an unknown time'}`;
}
