/** `lapwing backup` and `lapwing restore`: everything in the database, in one compressed file. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import pg from 'pg';
import { openDatabase } from '../app/open-database.ts';
import { countUnreadableSecrets, describeUnreadable } from '../app/sealing-keys.ts';
import { BackupError } from '../core/transfer/backup/backup-format.ts';
import { createBackup } from '../core/transfer/backup/create-backup.ts';
import { restoreBackup } from '../core/transfer/backup/restore-backup.ts';
import type { Log } from '../log.ts';
import type { Config } from '../platform/config/read-config.ts';
import { configureConnection } from '../platform/postgres/connection.ts';
import { findRunningEmbedded, requireEmbedded } from '../platform/postgres/embedded/find-running.ts';
import { startEmbedded } from '../platform/postgres/embedded/start.ts';
import { liftTransactionLimit } from '../platform/postgres/long-statement.ts';
import { inTransaction } from '../platform/postgres/transaction.ts';
import { readVersion } from '../version.ts';
import { nameInput, openInput, openOutput } from './named-file.ts';
import { createProgress, type Progress } from './progress-bar.ts';

/** Key hashes and sealed secrets are in it. */
const OWNER_ONLY = 0o600;

/**
 * Works beside a running server. The file is there only when it is complete.
 * @param file `-` for standard output
 */
export async function backUp(config: Config, log: Log, file: string): Promise<void> {
  const { connection, stop } = await openBeside(config, log);
  try {
    const output = await openOutput(file, OWNER_ONLY);
    await inLongTransaction(connection, async (client) => {
      const progress = new TableProgress('backup');
      try {
        const source = Readable.from(createBackup(client, readVersion(), progress.onTable));
        await output.write(source, createGzip());
      } catch (error) {
        // A COPY that is not read to its end would keep ROLLBACK, and the snapshot, for ever.
        if (client instanceof pg.Client) await client.end();
        throw error;
      } finally {
        progress.end();
      }
    });
  } finally {
    await stop();
  }
}

/**
 * Into a database that is empty and that no server uses.
 * @param file `-` for standard input @throws BackupError; the database is as before
 */
export async function restore(config: Config, log: Log, file: string): Promise<void> {
  // Before the database: a file that is not there costs no start.
  const source = await openInput(file);
  const database = await openDatabase({ config, log, onLost: () => undefined });
  try {
    await inLongTransaction(database.connection, async (client) => {
      const progress = new TableProgress('restore');
      try {
        await pipeline(source, createGunzip(), (backup: AsyncIterable<Buffer>) =>
          restoreBackup(client, backup, progress.onTable),
        );
      } catch (error) {
        throw explainSource(error, file);
      } finally {
        progress.end();
      }
    });
    await inLongTransaction(database.connection, async (client) => {
      await client.query('ANALYZE');
    });
    const problem = describeUnreadable(await countUnreadableSecrets(database.prisma, config), config);
    if (problem !== null) process.stderr.write(`Restored, but ${problem}.\n`);
  } finally {
    await database.stop();
  }
}

/** The database as it is: of a server that may be running, and of a version before, which is not brought up to date. */
async function openBeside({ databaseUrl, dataDir }: Config, log: Log) {
  const connection = databaseUrl ?? (await findRunningEmbedded(dataDir));
  if (connection !== null) return { connection, stop: () => Promise.resolve() };
  await requireEmbedded(dataDir);
  return startEmbedded({ dataDir, log });
}

/** Takes as long as it takes: none of the limits of a server's statements holds. */
async function inLongTransaction(
  connection: string,
  work: (client: pg.PoolClient) => Promise<void>,
): Promise<void> {
  const pool = new pg.Pool({
    ...configureConnection(connection, 'lapwing backup'),
    statement_timeout: 0,
    query_timeout: 0,
    idle_in_transaction_session_timeout: 0,
    max: 1,
  });
  // Without a listener the end of a session would end the process. Who uses it gets the failure of the statement.
  const ignore = () => undefined;
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  try {
    // It is the one session of the pool.
    await liftTransactionLimit(pool, { isLocal: false });
    await inTransaction(pool, work);
  } finally {
    await pool.end();
  }
}

/** What zlib says of a file that is none of ours. */
function explainSource(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const name = nameInput(file);
  if (code.startsWith('Z_')) {
    return new BackupError(`${name} is no backup, or is damaged or cut short`, { cause: error });
  }
  return error instanceof BackupError
    ? new BackupError(`${name}: ${error.message}`, { cause: error })
    : error;
}

/** How many tables are done. */
class TableProgress {
  readonly #what: string;
  #progress: Progress | null = null;

  constructor(what: string) {
    this.#what = what;
  }

  readonly onTable = (total: number): void => {
    this.#progress ??= createProgress({ total, what: this.#what });
    this.#progress.tick();
  };

  end(): void {
    this.#progress?.end();
  }
}
