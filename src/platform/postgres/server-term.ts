/**
 * Fences off the server before: a process that was frozen, or cut off, while another one took the database over must not
 * write when it wakes. Each server that takes the lock begins a term, then ends the sessions of those before. Every new
 * connection of a pool compares the term with its server's. So a session that is older than the new term is ended, and
 * one that is younger is refused: none is left between.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { OperatorError } from '../../errors.ts';
import { openClient } from './connection.ts';
import { endEach, INSUFFICIENT_PRIVILEGE, POOL_NAMES } from './end-sessions.ts';
import { hasCode } from './error-text.ts';
import { DatabaseAwayError } from './outage.ts';

/** Sessions of the server before cannot be ended; the message says what to do. */
class TakeOverError extends OperatorError {
  override readonly name = 'TakeOverError';
}

type Queryable = Pick<pg.ClientBase, 'query'>;

/**
 * Sessions of the pools of another user end by themselves: what is idle after `idle_session_timeout`, what is idle in a
 * transaction a while later (see connection.ts), what is at work when it is done.
 */
const END_LIMIT_MS = 90_000;
const LOOK_MS = 250;

export class ServerTerm {
  readonly #number: string;
  readonly #onOver: (error: Error) => void;

  private constructor(number: string, onOver: (error: Error) => void) {
    this.#number = number;
    this.#onOver = onOver;
  }

  /**
   * Begins one, which ends that of the server before. The caller has no pool yet. Returns once no session of another server
   * is left: what each was doing is committed by then, or never will be.
   * @param holder the session that holds the server lock: a process that was frozen since it took the lock has lost it, and
   *   would end the term of the server that has it
   * @param onOver called each time this term is found to be over: another server uses the database
   * @throws ConnectionError when the database cannot be reached, TakeOverError when a session cannot be ended, what `holder`
   *   throws when the lock was lost
   */
  static async begin(
    connection: string,
    holder: Queryable,
    onOver: (error: Error) => void,
  ): Promise<ServerTerm> {
    const { rows } = await holder.query<{ term: string }>(
      'INSERT INTO server_term (term) VALUES (1) ON CONFLICT (id) DO UPDATE SET term = server_term.term + 1 RETURNING term',
    );
    const client = await openClient(connection, 'lapwing term');
    try {
      await endPools(client);
      return new ServerTerm(rows[0]?.term ?? '', onOver);
    } finally {
      await client.end();
    }
  }

  /** As the row of a cluster's leader says it. */
  get number(): string {
    return this.#number;
  }

  /** @throws DatabaseAwayError when another server has begun a term since */
  async check(client: Queryable): Promise<void> {
    if (await this.isCurrent(client)) return;
    this.#onOver(new Error('another server has taken the database over'));
    throw new DatabaseAwayError();
  }

  async isCurrent(client: Queryable): Promise<boolean> {
    const { rows } = await client.query<{ term: string }>('SELECT term FROM server_term');
    return rows[0]?.term === this.#number;
  }
}

async function endPools(client: pg.Client): Promise<void> {
  try {
    if (await endEach(client, 'application_name = ANY($2)', POOL_NAMES)) return;
  } catch (error) {
    if (!hasCode(error, INSUFFICIENT_PRIVILEGE)) throw error;
    if (await awaitEnd(client)) return;
    throw new TakeOverError(
      'sessions of the server before belong to another database user: start this one as that user, or ' +
        'GRANT pg_signal_backend to its own',
      { cause: error },
    );
  }
  throw new TakeOverError(
    'a session of the server before is still at work in the database: end it with pg_terminate_backend, and start again',
  );
}

/** @returns whether none is left, in time */
async function awaitEnd(client: pg.Client): Promise<boolean> {
  const untilMs = performance.now() + END_LIMIT_MS;
  while (performance.now() < untilMs) {
    const { rowCount } = await client.query(
      'SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = ANY($1) LIMIT 1',
      [POOL_NAMES],
    );
    if (rowCount === 0) return true;
    await sleep(LOOK_MS);
  }
  return false;
}
