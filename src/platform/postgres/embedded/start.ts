/**
 * The embedded database: a real PostgreSQL of the server's own, reachable by nobody else, that stops when the server
 * stops, however it does, and starts again when it fails.
 */
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../log.ts';
import { openClient, selectDatabase } from '../connection.ts';
import { chooseAccount } from './os-user.ts';
import { findPostgresBinaries } from './binaries.ts';
import { EmbeddedError } from './embedded-error.ts';
import { EMBEDDED_USER, prepareDataFolder } from './data-folder.ts';
import { claimFolder, clearFolder } from './folder-lock.ts';
import { linkLibraries } from './library-links.ts';
import { createPostgresLog } from './log-file.ts';
import { launchPostgres } from './postmaster.ts';
import { listArguments } from './settings.ts';
import { endWithoutSocket, prepareSocketFolder } from './socket-folder.ts';
import { makeDataFolder } from '../../runtime/make-folder.ts';
import { supervise, type SupervisedProcess } from './supervise.ts';

export interface EmbeddedDatabase extends AsyncDisposable {
  /** URL for createDatabase; the same across restarts of PostgreSQL. */
  readonly connection: string;
  /** Shuts PostgreSQL down; running statements are cut off. */
  readonly stop: () => Promise<void>;
}

const DATABASE = 'lapwing';
const CLAIM_ATTEMPTS = 25;
const CLAIM_PAUSE_MS = 200;
/** Backends of a killed PostgreSQL are still about, or another one was quicker: both show in a moment. */
const IN_USE = /pre-existing shared memory block|lock file .* already exists|locked by another process/;

/**
 * Starts PostgreSQL in `<dataDir>/postgres`, which is made when it does not exist, and keeps it running.
 * @param options.dataDir any path; relative ones from the working directory
 * @param options.onDown called when PostgreSQL ended by itself, with its last words; it is being started again
 * @param options.onUp called when it accepts connections again
 * @param options.settings PostgreSQL settings over our own (tests switch fsync off)
 * @throws EmbeddedError saying what to do: another server uses the folder, another version made it, PostgreSQL cannot
 *   run here or does not start
 */
export async function startEmbedded(options: {
  readonly dataDir: string;
  readonly log: Log;
  readonly onDown?: (reason: string) => void;
  readonly onUp?: () => void;
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<EmbeddedDatabase> {
  if (process.platform === 'win32') {
    throw new EmbeddedError('there is no embedded database on Windows yet: set DATABASE_URL to a PostgreSQL');
  }
  const dataDir = resolve(options.dataDir);
  const folder = join(dataDir, 'postgres');
  const serverFile = join(dataDir, 'server.pid');
  const { socketFolder, launch } = await prepare(dataDir, folder, serverFile, options);
  const supervision = await supervise({
    launch: () => launchPatiently(launch, folder),
    log: options.log,
    onDown: (reason) => {
      options.log.error({ reason }, 'the database went down and is being started again');
      options.onDown?.(reason);
    },
    onUp: () => {
      options.log.info('the database is up again');
      options.onUp?.();
    },
  });
  let stopped: Promise<void> | undefined;
  const stop = () =>
    (stopped ??= (async () => {
      await supervision.stop();
      await rm(serverFile, { force: true });
      await rm(socketFolder, { recursive: true, force: true });
    })());
  try {
    const connection = await createFirstDatabase(socketFolder);
    return { connection, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function prepare(
  dataDir: string,
  folder: string,
  serverFile: string,
  { log, settings = {} }: { log: Log; settings?: Readonly<Record<string, string>> },
): Promise<{ socketFolder: string; launch: () => Promise<SupervisedProcess> }> {
  const binaries = await findPostgresBinaries();
  await makeDataFolder(dataDir);
  const environment = await linkLibraries(binaries.postgres, dataDir);
  const account = await chooseAccount(binaries.postgres, folder, dataDir, environment);
  await prepareDataFolder({ binaries, account, folder, durable: settings.fsync !== 'off', log });
  const socketFolder = await prepareSocketFolder(folder, account);
  const postgresLog = createPostgresLog(join(dataDir, 'postgres.log'));
  const launch = async () => {
    await clearFolder(folder, serverFile, log);
    // What cleans the folder for temporary files may have taken it away since.
    await prepareSocketFolder(folder, account);
    const command = [binaries.postgres, '-D', folder, ...listArguments(socketFolder, settings)];
    const started = await launchPostgres({ account, folder, socketFolder, command, log: postgresLog });
    // Only now: of two servers started at once, the one whose PostgreSQL got the folder is its server.
    await claimFolder(serverFile);
    return endWithoutSocket(started, socketFolder, log);
  };
  return { socketFolder, launch };
}

async function launchPatiently(
  launch: () => Promise<SupervisedProcess>,
  folder: string,
): Promise<SupervisedProcess> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch();
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      if (!IN_USE.test(message)) throw error;
      if (attempt >= CLAIM_ATTEMPTS)
        throw message.includes('locked by another process') ? describeLock(folder, error) : error;
    }
    await sleep(CLAIM_PAUSE_MS);
  }
}

function describeLock(folder: string, cause: unknown): EmbeddedError {
  return new EmbeddedError(
    `the folder ${folder} is in use by another server, whose process cannot be seen from here, as in another container: ` +
      'stop that one, or choose another LAPWING_DATA_DIR',
    { cause },
  );
}

/**
 * URL of a database of the PostgreSQL whose socket is in this folder. It says all that PGPORT, PGSSLMODE and
 * PGSSLNEGOTIATION of the environment, which are of another PostgreSQL, would say else.
 */
export function nameConnection(socketFolder: string, database = DATABASE): string {
  const options = { host: socketFolder, sslmode: 'disable', sslnegotiation: 'postgres' };
  const parameters = new URLSearchParams(options).toString();
  return `postgresql://${EMBEDDED_USER}@localhost:5432/${database}?${parameters}`;
}

async function createFirstDatabase(socketFolder: string): Promise<string> {
  const first = nameConnection(socketFolder, 'postgres');
  const client = await openClient(first, 'lapwing start');
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
  return selectDatabase(first, DATABASE);
}
