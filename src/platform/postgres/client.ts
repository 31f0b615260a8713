/** The two ways to the database: a pool for the few hot statements, and the Prisma client for everything else. */
import { EventEmitter } from 'node:events';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from '../../generated/prisma/client.ts';
import type { Log } from '../../log.ts';
import { configureConnection } from './connection.ts';
import { POOL_NAMES } from './end-sessions.ts';
import { PoolGate } from './pool-gate.ts';
import type { ServerTerm } from './server-term.ts';
import { toError } from '../runtime/to-error.ts';

export interface Database extends AsyncDisposable {
  /**
   * For hot SQL. Waits at most 5 s for a connection and 15 s for a statement (20 s when PostgreSQL itself hangs). Who
   * takes a client out of it gives it back with the error if there was one: `client.release(error)`.
   */
  readonly pool: pg.Pool;
  /** On connections of its own, so that slow questions do not keep samples waiting. */
  readonly prisma: PrismaClient;
  /** Before both: to be closed while PostgreSQL does not answer. */
  readonly gate: Pick<PoolGate, 'close' | 'open'>;
  /** Waits for running statements, at most 10 s. */
  readonly stop: () => Promise<void>;
}

const POOL_SIZE = 10;
/** A connection nobody uses is closed. */
const IDLE_MS = 5_000;
/**
 * PostgreSQL closes it where the server itself does not, because it is frozen: also in the middle of a transaction. A successor
 * that may not end sessions waits for that.
 */
const IDLE_LIMIT_MS = 2 * IDLE_MS;
const STOP_LIMIT_MS = 10_000;
const READ_ONLY_TRANSACTION = '25006';

/**
 * Opens no connection yet: each is made when first needed and made anew after PostgreSQL went away, which shows as
 * failed queries, never as an uncaught error.
 * @param options.connection see configureConnection
 * @param options.use a server's, whose connections are refused once another server has begun a term; or the name of a
 *   command that may run beside a server
 * @throws ConnectionError when `connection` is not a PostgreSQL URL
 */
export function createDatabase(options: {
  readonly connection: string;
  readonly log: Log;
  readonly use: ServerTerm | string;
  /** Every statement that would write is refused. */
  readonly readOnly?: boolean;
  /** Connections of each of the two at most; 10 when left out. */
  readonly size?: number;
}): Database {
  const { connection, log, use, readOnly = false, size = POOL_SIZE } = options;
  const [name, prismaName] = typeof use === 'string' ? [use, `${use} prisma`] : POOL_NAMES;
  const term = typeof use === 'string' ? null : use;
  const shared = { connection, term, log, readOnly, size };
  const pool = createPool({ ...shared, name });
  const prismaPool = createPool({ ...shared, name: prismaName });
  const gate = new PoolGate(options.connection);
  gate.guard(pool);
  gate.guard(prismaPool);
  const prisma = new PrismaClient({ adapter: new PrismaPg(prismaPool) });
  let stopped: Promise<void> | undefined;
  const stop = () =>
    (stopped ??= (async () => {
      await prisma.$disconnect();
      await Promise.all([endPool(prismaPool, options.log), endPool(pool, options.log)]);
    })());
  return { pool, prisma, gate, stop, [Symbol.asyncDispose]: stop };
}

function createPool(options: {
  readonly connection: string;
  readonly name: string;
  readonly term: ServerTerm | null;
  readonly log: Log;
  readonly readOnly: boolean;
  readonly size: number;
}): pg.Pool {
  const { connection, name, term, log, readOnly, size } = options;
  const pool = new pg.Pool({
    ...configureConnection(connection, name, {
      readOnly,
      ...(term !== null && { idleLimitMs: IDLE_LIMIT_MS }),
    }),
    idleTimeoutMillis: IDLE_MS,
    max: size,
    verify: (client, done) =>
      void (term?.check(client) ?? Promise.resolve()).then(
        () => done(),
        (error: unknown) => done(toError(error)),
      ),
  });
  // pg listens to idle clients only: a client in use that loses its connection would end the process.
  pool.on('connect', (client) => {
    client.on('error', (error) => log.debug({ err: error }, 'database connection lost'));
  });
  pool.on('error', (error) => log.debug({ err: error }, 'idle database connection lost'));
  if (!readOnly) dropReadOnly(pool);
  return pool;
}

/**
 * After a failover a name may lead to the old primary for a while, which goes on as a standby: a connection that was refused a
 * write is not used again. The next one is made to where the name leads by then.
 */
function dropReadOnly(pool: pg.Pool): void {
  const refused = new WeakSet<pg.PoolClient>();
  pool.on('connect', (client) => {
    // Beneath the caller: Prisma does not say with what error it gives a connection back.
    readProtocol(client)?.on('errorMessage', (message: { readonly code?: string }) => {
      if (message.code === READ_ONLY_TRANSACTION) refused.add(client);
    });
  });
  pool.on('release', (_error, client) => {
    // A connection of a pool has it from pg.Client, though its type does not say so.
    if (refused.has(client) && client instanceof pg.Client) void client.end();
  });
}

/** What a client speaks by; pg has it, its types do not. */
function readProtocol(client: object): EventEmitter | null {
  return 'connection' in client && client.connection instanceof EventEmitter ? client.connection : null;
}

async function endPool(pool: pg.Pool, log: Log): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), STOP_LIMIT_MS);
  });
  const outcome = await Promise.race([pool.end(), limit]);
  clearTimeout(timer);
  if (outcome === 'late') {
    const busy = pool.totalCount - pool.idleCount;
    log.warn({ busy }, 'database connections still in use at stop');
  }
}
