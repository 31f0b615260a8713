/**
 * One server per database: a second one would score the same points again. The lock lives in a PostgreSQL session of
 * its own and ends with it, so that nothing has to be cleaned up after a crash. (It needs real sessions: a pooler in
 * transaction mode breaks it.)
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Log } from '../../log.ts';
import { describeConnection, openClient } from './connection.ts';
import { OperatorError } from '../../errors.ts';

/** Another server holds the lock; the message says which. */
export class ServerLockError extends OperatorError {
  override readonly name = 'ServerLockError';
}

export interface ServerLock extends AsyncDisposable {
  /** Gives the lock back. */
  readonly stop: () => Promise<void>;
}

/** "lapw" in ASCII. */
const SERVER_LOCK = 0x6c617077;
/** The session of a server killed a moment ago takes that moment to end. */
const FIRST_PATIENCE_MS = 3_000;
/** Our own lost session may linger in PostgreSQL until it notices. */
const AGAIN_PATIENCE_MS = 60_000;
const POLL_MS = 200;
const HEARTBEAT_MS = 10_000;
const HEARTBEAT_LIMIT_MS = 5_000;
const MAX_PAUSE_MS = 5_000;
/** PostgreSQL notices within half a minute that a server's machine is gone, and frees its lock. */
const NOTICE_DEAD_PEERS = `
  SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3`;

/**
 * Takes the lock and keeps it; takes it again when PostgreSQL was away, however long that lasts.
 * @param options.onLost called once, when another server took the lock meanwhile: this one must stop writing
 * @throws ServerLockError when another server has it, ConnectionError when the database cannot be reached
 */
export async function holdServerLock(options: {
  readonly connection: string;
  readonly log: Log;
  readonly onLost: (error: Error) => void;
}): Promise<ServerLock> {
  const stopping = new AbortController();
  const isStopping = () => stopping.signal.aborted;
  let session: pg.Client | null = await acquire(options.connection, FIRST_PATIENCE_MS, stopping.signal);
  const holding = (async () => {
    while (session !== null) {
      await waitForEnd(session);
      if (isStopping()) return;
      options.log.warn('the connection that holds the server lock was lost; taking the lock again');
      session = await reacquire(options, stopping.signal);
      if (isStopping()) await session?.end();
    }
  })();
  const stop = async () => {
    stopping.abort();
    await session?.end();
    await holding;
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

async function acquire(connection: string, patienceMs: number, stopping: AbortSignal): Promise<pg.Client> {
  const applicationName = `lapwing on ${hostname().slice(0, 32)}, process ${process.pid}`;
  const client = await openClient(connection, applicationName, { query_timeout: HEARTBEAT_LIMIT_MS });
  try {
    await client.query(NOTICE_DEAD_PEERS);
    const deadline = performance.now() + patienceMs;
    while (!(await tryLock(client))) {
      if (performance.now() > deadline) throw await describeHolder(client, connection);
      await sleep(POLL_MS, undefined, { signal: stopping });
    }
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    'SELECT pg_try_advisory_lock($1::bigint) AS taken',
    [SERVER_LOCK],
  );
  return rows[0]?.taken === true;
}

/** @returns who holds the lock and since when, in words; null when nobody does */
export async function findLockHolder(client: pg.Client): Promise<string | null> {
  const { rows } = await client.query<{ name: string | null; since: Date | null }>(
    `SELECT activity.application_name AS name, activity.backend_start AS since
     FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = $1::bigint::oid AND objsubid = 1
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [SERVER_LOCK],
  );
  const holder = rows[0];
  if (holder === undefined) return null;
  return `${holder.name ?? 'unknown'}, since ${holder.since?.toISOString() ?? 'an unknown time'}`;
}

async function describeHolder(client: pg.Client, connection: string): Promise<ServerLockError> {
  const holder = (await findLockHolder(client)) ?? 'one that has just ended';
  return new ServerLockError(
    `another server already uses the ${describeConnection(connection)} (${holder}): ` +
      'stop that one, or give this one a database of its own',
  );
}

/** Resolves when the session is over; one that does not answer is ended. */
function waitForEnd(client: pg.Client): Promise<void> {
  return new Promise((resolve) => {
    const beat = setInterval(() => {
      client.query('SELECT 1').catch(() => client.end());
    }, HEARTBEAT_MS);
    client.once('end', () => {
      clearInterval(beat);
      resolve();
    });
  });
}

/** @returns null when stopped, or when another server has the lock, which calls onLost */
async function reacquire(
  { connection, log, onLost }: { connection: string; log: Log; onLost: (error: Error) => void },
  stopping: AbortSignal,
): Promise<pg.Client | null> {
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      await sleep(pauseMs, undefined, { signal: stopping });
      const client = await acquire(connection, AGAIN_PATIENCE_MS, stopping);
      log.info('the server lock is held again');
      return client;
    } catch (error) {
      if (stopping.aborted) return null;
      if (error instanceof ServerLockError) {
        onLost(error);
        return null;
      }
      log.debug({ err: error }, 'the server lock could not be taken again');
    }
  }
}
