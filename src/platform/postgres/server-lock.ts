/**
 * One server per database: a second one would score the same points again. The lock lives in a PostgreSQL session of
 * its own and ends with it, so that nothing has to be cleaned up after a crash. (It needs real sessions: a pooler in
 * transaction mode breaks it.) A standby waits for it, and ends the session of a holder that has gone silent.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Log } from '../../log.ts';
import { ConnectionError, describeConnection } from './connection.ts';
import { endSilentHolder, findLockHolder, openLockSession, tryLock, waitInQueue } from './lock-session.ts';
import type { ServerTerm } from './server-term.ts';
import { OperatorError } from '../../errors.ts';

/** Another server holds the lock; the message says which. */
export class ServerLockError extends OperatorError {
  override readonly name = 'ServerLockError';
}

/** How a standby waits. */
export interface Standby {
  /** Called when another server holds the lock, with who it is, and again when that is another one. */
  readonly onWaiting: (holder: string) => Promise<void>;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

export interface LockOptions {
  readonly connection: string;
  readonly log: Log;
  /** Fingerprint of the keys the server seals secrets with: shown to standbys. */
  readonly sealingKeys?: string | undefined;
  /** Called when another server took the lock meanwhile: this one must stop writing. */
  readonly onLost: (error: Error) => void;
  /** Waits for the lock as long as it takes; without it, a lock that another server holds is an error. */
  readonly standby?: Standby | undefined;
  /** A holder that has been silent for as long is taken by a standby for frozen or cut off; 15 s when left out. */
  readonly leaseSeconds?: number;
}

/** The session of a server killed a moment ago takes that moment to end. */
const FIRST_PATIENCE_MS = 3_000;
/** Our own lost session may linger in PostgreSQL until it notices. */
const AGAIN_PATIENCE_MS = 60_000;
const POLL_MS = 200;
const LEASE_SECONDS = 15;
const HEARTBEATS_PER_LEASE = 3;
/** How often a standby looks whether the holder is still there. PostgreSQL wakes it at once when the lock is free. */
const LOOK_MS = 2_000;
const MAX_PAUSE_MS = 5_000;
/** The lock, held until `stop`; taken again when PostgreSQL was away, however long that lasts. */
export class ServerLock implements AsyncDisposable {
  readonly #options: LockOptions;
  readonly #stopping = new AbortController();
  #session: pg.Client | null;
  #term: ServerTerm | null = null;
  readonly #holding: Promise<void>;

  private constructor(options: LockOptions, session: pg.Client) {
    this.#options = options;
    this.#session = session;
    this.#holding = this.#hold();
  }

  /**
   * @throws ServerLockError when another server has it and this one is no standby, ConnectionError when the database
   *   cannot be reached, the signal's reason when the wait was ended
   */
  static async take(options: LockOptions): Promise<ServerLock> {
    const { standby } = options;
    const session = await (standby === undefined
      ? acquire(options, FIRST_PATIENCE_MS)
      : waitForLock(standby, options));
    return new ServerLock(options, session);
  }

  /**
   * The session that holds the lock: what is asked on it fails once the lock is another server's.
   * @throws ServerLockError while there is none
   */
  get session(): pg.Client {
    if (this.#session === null) throw new ServerLockError('another server has taken the database over');
    return this.#session;
  }

  /** Once it is begun, a lock that is taken again is worth nothing when another server had it between. */
  guard(term: ServerTerm): void {
    this.#term = term;
  }

  /** Gives the lock back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#session?.end();
    await this.#holding;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #hold(): Promise<void> {
    while (this.#session !== null) {
      await waitForEnd(this.#session, this.#options.leaseSeconds);
      if (this.#isStopping()) return;
      this.#options.log.warn('the connection that holds the server lock was lost; taking the lock again');
      this.#session = await this.#reacquire();
      if (this.#isStopping()) await this.#session?.end();
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** @returns null when stopped, or when another server has or had the lock, which calls onLost */
  async #reacquire(): Promise<pg.Client | null> {
    const { log, onLost } = this.#options;
    const stopping = this.#stopping.signal;
    for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      try {
        await sleep(pauseMs, undefined, { signal: stopping });
        const client = await acquire(this.#options, AGAIN_PATIENCE_MS, stopping);
        if (await this.#isOver(client)) {
          onLost(new ServerLockError('another server has used the database meanwhile'));
          return null;
        }
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

  async #isOver(client: pg.Client): Promise<boolean> {
    try {
      if (this.#term === null || (await this.#term.isCurrent(client))) return false;
    } catch (error) {
      await client.end();
      throw error;
    }
    await client.end();
    return true;
  }
}

/** Only where there is somebody to take over is it a matter of seconds that a silent session ends. */
function openSession({
  connection,
  sealingKeys,
  standby,
  leaseSeconds = LEASE_SECONDS,
}: LockOptions): Promise<pg.Client> {
  return openLockSession(connection, { sealingKeys, ...(standby && { leaseSeconds }) });
}

async function acquire(options: LockOptions, patienceMs: number, stopping?: AbortSignal): Promise<pg.Client> {
  const { connection } = options;
  const client = await openSession(options);
  try {
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

/** As a standby: until the lock is free, also while PostgreSQL is away between. */
async function waitForLock(standby: Standby, options: LockOptions): Promise<pg.Client> {
  const { log } = options;
  const { signal } = standby;
  let isReachable = true;
  for (;;) {
    signal.throwIfAborted();
    try {
      const client = await openSession(options);
      isReachable = true;
      return await waitOn(client, standby, options);
    } catch (error) {
      signal.throwIfAborted();
      // Such as an address that cannot be listened on: to wait would not mend it.
      if (error instanceof OperatorError && !(error instanceof ConnectionError)) throw error;
      if (isReachable) log.warn({ err: error }, 'the database cannot be reached; the standby goes on trying');
      isReachable = false;
      await sleep(LOOK_MS, undefined, { signal });
    }
  }
}

async function waitOn(
  client: pg.Client,
  { signal, onWaiting }: Standby,
  { log, leaseSeconds = LEASE_SECONDS }: LockOptions,
): Promise<pg.Client> {
  const leave = () => void client.end();
  signal.addEventListener('abort', leave);
  try {
    await client.query(`SET lock_timeout = ${LOOK_MS}`);
    let known: string | null = null;
    while (!(known === null ? await tryLock(client) : await waitInQueue(client))) {
      const holder = await findLockHolder(client);
      if (holder !== null && holder !== known) await onWaiting(holder);
      known = holder ?? known;
      if (await endSilentHolder(client, leaseSeconds))
        log.warn({ holder }, `the server was silent for ${leaseSeconds} s: its session is ended`);
    }
    return client;
  } catch (error) {
    await client.end();
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

async function describeHolder(client: pg.Client, connection: string): Promise<ServerLockError> {
  const holder = (await findLockHolder(client)) ?? 'one that has just ended';
  return new ServerLockError(
    `another server already uses the ${describeConnection(connection)} (${holder}): ` +
      'stop that one, give this one a database of its own, or let it wait as a standby with LAPWING_STANDBY=on',
  );
}

/** Resolves when the session is over; one that does not answer is ended. */
function waitForEnd(client: pg.Client, leaseSeconds = LEASE_SECONDS): Promise<void> {
  return new Promise((resolve) => {
    const beat = setInterval(
      () => {
        client.query('SELECT 1').catch(() => client.end());
      },
      (leaseSeconds * 1000) / HEARTBEATS_PER_LEASE,
    );
    client.once('end', () => {
      clearInterval(beat);
      resolve();
    });
  });
}
