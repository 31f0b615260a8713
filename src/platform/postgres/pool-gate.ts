/**
 * Before the pools: nobody waits for a database that does not answer, and nobody reads before the sessions that were
 * lost are over. A commit that was on its way when its connection broke may still be carried out: read too early, what
 * is stored would change behind the back of the reader.
 */
import pg from 'pg';
import { endSessions } from './end-sessions.ts';
import { DatabaseAwayError } from './outage.ts';

export interface PoolGate {
  /** From now on the pool's connections are given through the gate. */
  readonly guard: (pool: pg.Pool) => void;
  /** Fails those who wait, for a connection or on one, and refuses all others; long statements are cut, too. */
  readonly close: () => void;
  readonly open: () => void;
}

type Acquire = () => Promise<pg.PoolClient>;
type OnAcquired = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

/** @param connection where the pools' sessions are ended from */
export function createPoolGate(connection: string): PoolGate {
  /** Connections in use. */
  const busy = new Set<pg.PoolClient>();
  /** Backends of connections that broke in use: what they were doing may not be over. */
  const lost = new Set<number>();
  const waiting = new Set<(error: Error) => void>();
  const dropIdle: (() => void)[] = [];
  let isClosed = false;
  let ending: Promise<void> | null = null;

  const noteLost = (client: pg.PoolClient) => {
    const backend = readBackend(client);
    if (backend !== null) lost.add(backend);
  };

  const endLost = () =>
    (ending ??= endSessions(connection, [...lost])
      .then(() => lost.clear())
      .finally(() => (ending = null)));

  const pass = async (acquire: Acquire): Promise<pg.PoolClient> => {
    if (isClosed) throw new DatabaseAwayError();
    while (lost.size > 0) await endLost();
    return new Promise((resolve, reject) => {
      waiting.add(reject);
      acquire().then(
        (client) => {
          if (waiting.delete(reject)) resolve(client);
          else client.release(true);
        },
        (error: unknown) => {
          waiting.delete(reject);
          reject(toError(error));
        },
      );
    });
  };

  return {
    guard: (pool) => {
      const acquire: Acquire = pool.connect.bind(pool);
      pool.connect = throughGate(() => pass(acquire));
      pool.on('acquire', (client) => busy.add(client));
      pool.on('release', (error: unknown, client: pg.PoolClient) => {
        if (busy.delete(client) && isBreak(error)) noteLost(client);
      });
      pool.on('connect', (client) => {
        client.on('end', () => busy.has(client) && noteLost(client));
      });
      dropIdle.push(() => {
        for (let idle = pool.idleCount; idle > 0; idle--) {
          acquire().then(
            (client) => client.release(true),
            () => undefined,
          );
        }
      });
    },
    close: () => {
      isClosed = true;
      for (const client of busy) {
        noteLost(client);
        // A connection of a pool has it from pg.Client, though its type does not say so.
        if (client instanceof pg.Client) void client.end();
      }
      for (const drop of dropIdle) drop();
      for (const reject of waiting) reject(new DatabaseAwayError());
      waiting.clear();
    },
    open: () => {
      isClosed = false;
    },
  };
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

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** The process that serves a connection; pg knows it, its types do not. */
function readBackend(client: object): number | null {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : null;
}
