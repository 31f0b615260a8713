/** The database, ready to be worked on: started if it is the embedded one, brought up to date, and held by us alone. */
import type { Config } from '../platform/config/read-config.ts';
import { type ChangeChannel, ChangeChannels } from '../platform/postgres/change-channels.ts';
import { createDatabase, type Database } from '../platform/postgres/client.ts';
import { describeConnection } from '../platform/postgres/connection.ts';
import { startEmbedded } from '../platform/postgres/embedded/start.ts';
import { applyMigrations } from '../platform/postgres/migrate.ts';
import { watchHealth } from '../platform/postgres/health-probe.ts';
import { ServerLock, type Standby } from '../platform/postgres/server-lock.ts';
import { ServerTerm } from '../platform/postgres/server-term.ts';
import type { Log } from '../log.ts';
import { buildOrTearDown } from '../platform/runtime/shutdown-stack.ts';

export interface OpenDatabase extends Pick<Database, 'pool' | 'prisma'> {
  /** For people: "embedded PostgreSQL in ./data", or where DATABASE_URL points to, without its password. */
  readonly description: string;
  /** As DATABASE_URL, with its password. */
  readonly connection: string;
  readonly isEmbedded: boolean;
  /** Of this server on the database, as a member of a cluster says it. */
  readonly term: string;
  /** What others change in it. */
  readonly changes: Pick<ChangeChannels, 'listen' | 'isCurrent'>;
  /** False while the embedded PostgreSQL is down, or PostgreSQL does not answer. */
  readonly isUp: () => boolean;
  readonly stop: () => Promise<void>;
}

/**
 * @param options.standby waits while another server uses the database
 * @param options.onLost called once, when another server took the database over: stop writing and leave
 * @param options.onDown the embedded database went down; it is being started again
 * @throws EmbeddedError, ConnectionError, MigrationError, ServerLockError: each says what to do
 */
export async function openDatabase(options: {
  readonly config: Pick<Config, 'databaseUrl' | 'dataDir'>;
  readonly log: Log;
  /** Fingerprint of the keys secrets are sealed with, for standbys to compare. */
  readonly sealingKeys?: string;
  readonly standby?: Standby | undefined;
  readonly onLost: (error: Error) => void;
  readonly onDown?: () => void;
  /** The database went silent; until it answers again, callers that need it fail at once. */
  readonly onSilent?: () => void;
  /** As LockOptions have it. */
  readonly leaseSeconds?: number;
  /** Those of the changes that are listened to; keys when left out. */
  readonly channels?: readonly ChangeChannel[];
}): Promise<OpenDatabase> {
  const { config, log, sealingKeys, standby, leaseSeconds } = options;
  const onLost = callOnce(options.onLost);
  return buildOrTearDown(async (teardown) => {
    let isUp = true;
    let connection = config.databaseUrl;
    const isEmbedded = connection === undefined;
    if (connection === undefined) {
      const embedded = await startEmbedded({
        dataDir: config.dataDir,
        log,
        onDown: () => {
          isUp = false;
          options.onDown?.();
        },
        onUp: () => {
          isUp = true;
        },
      });
      teardown.add(embedded.stop);
      ({ connection } = embedded);
    }
    const lock = await ServerLock.take({
      connection,
      log,
      sealingKeys,
      onLost,
      standby,
      ...(leaseSeconds !== undefined && { leaseSeconds }),
    });
    teardown.add(() => lock.stop());
    // Not before: the server that is active may be of a version that does not know them.
    await applyMigrations({ connection, log });
    // failpoint: takeover.before_term
    const term = await ServerTerm.begin(connection, lock.session, onLost);
    // failpoint: takeover.after_term
    lock.guard(term);
    const { pool, prisma, gate, stop } = createDatabase({ connection, log, use: term });
    teardown.add(stop);
    const onSilent = () => {
      gate.close();
      options.onSilent?.();
    };
    const changes = new ChangeChannels(options.channels);
    const onFound = () => gate.open();
    const probe = watchHealth({ connection, changes, log, onLost: onSilent, onFound });
    teardown.add(probe.stop);
    return {
      pool,
      prisma,
      description: isEmbedded ? `embedded PostgreSQL in ${config.dataDir}` : describeConnection(connection),
      connection,
      isEmbedded,
      term: term.number,
      changes,
      isUp: () => isUp && probe.isHealthy(),
      stop: teardown.run,
    };
  });
}

function callOnce(call: (error: Error) => void): (error: Error) => void {
  let isCalled = false;
  return (error) => {
    if (isCalled) return;
    isCalled = true;
    call(error);
  };
}
