/**
 * Before the pools: nobody waits for a database that does not answer, and nobody reads before the sessions that were
 * lost are over. A commit that was on its way when its connection broke may still be carried out: read too early, what
 * is stored would change behind the back of the reader.
 */
import pg from 'pg';
import { endSessions } from './end-sessions.ts';
import { DatabaseAwayError } from './outage.ts';
import { toError } from '../runtime/to-error.ts';

type Acquire = () => Promise<pg.PoolClient>;
type OnAcquired = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

export class PoolGate {
  readonly #connection: string;
  /** Connections in use. */
  readonly #busy = new Set<pg.PoolClient>();
  /** Backends of connections that broke in use: what they were doing may not be over. */
  readonly #lost = new Set<number>();
  /** Ends the waits for a connection. */
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #dropIdle: (() => void)[] = [];
  #isClosed = false;
  #ending: Promise<void> | null = null;

  /** @param connection where the pools' sessions are ended from */
  constructor(connection: string) {
    this.#connection = connection;
  }

  /** From now on the pool's connections are given through the gate. */
  guard(pool: pg.Pool): void {
    const acquire: Acquire = pool.connect.bind(pool);
    pool.connect = throughGate(() => this.#pass(acquire));
    pool.on('acquire', (client) => this.#busy.add(client));
    pool.on('release', (error: unknown, client: pg.PoolClient) => {
      if (this.#busy.delete(client) && isBreak(error)) this.#noteLost(client);
    });
    pool.on('connect', (client) => {
      client.on('end', () => {
        if (this.#busy.has(client)) this.#noteLost(client);
      });
    });
    this.#dropIdle.push(() => {
      for (let idle = pool.idleCount; idle > 0; idle--) {
        acquire().then(
          (client) => client.release(true),
          () => undefined,
        );
      }
    });
  }

  /** Fails those who wait, for a connection or on one, and refuses all others; long statements are cut, too. */
  close(): void {
    this.#isClosed = true;
    for (const client of this.#busy) {
      this.#noteLost(client);
      // A connection of a pool has it from pg.Client, though its type does not say so.
      if (client instanceof pg.Client) void client.end();
    }
    for (const drop of this.#dropIdle) drop();
    for (const reject of this.#waiting) reject(new DatabaseAwayError());
    this.#waiting.clear();
  }

  open(): void {
    this.#isClosed = false;
  }

  async #pass(acquire: Acquire): Promise<pg.PoolClient> {
    if (this.#isClosed) throw new DatabaseAwayError();
    while (this.#lost.size > 0) await this.#endLost();
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      acquire().then(
        (client) => {
          if (this.#waiting.delete(reject)) resolve(client);
          else client.release(true);
        },
        (error: unknown) => {
          this.#waiting.delete(reject);
          reject(toError(error));
        },
      );
    });
  }

  #endLost(): Promise<void> {
    return (this.#ending ??= endSessions(this.#connection, [...this.#lost])
      .then(() => this.#lost.clear())
      .finally(() => (this.#ending = null)));
  }

  #noteLost(client: pg.PoolClient): void {
    const backend = readBackend(client);
    if (backend !== null) this.#lost.add(backend);
  }
}

/** As pg.Pool.connect is called: for a promise, or, by pg.Pool.query, with a callback. */
function throughGate(pass: Acquire): pg.Pool['connect'] {
  function connect(): Promise<pg.PoolClient>;
  function connect(onAcquired: OnAcquired): void;
  function connect(onAcquired?: OnAcquired): Promise<pg.PoolClient> | undefined {
    const acquired = pass();
    if (onAcquired === undefined) return acquired;
    acquired.then(
      (client) => onAcquired(undefined, client, (error) => client.release(error)),
      (error: unknown) => onAcquired(toError(error), undefined, () => undefined),
    );
    return undefined;
  }
  return connect;
}

/** What PostgreSQL answered with leaves nothing open: it is not that the answer never came. */
function isBreak(error: unknown): boolean {
  return (error instanceof Error || error === true) && !(error instanceof pg.DatabaseError);
}

/** The process that serves a connection; pg knows it, its types do not. */
function readBackend(client: object): number | null {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : null;
}
