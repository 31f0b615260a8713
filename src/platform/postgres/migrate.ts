/**
 * Brings a database to the shape the program expects, at start, in the format and the bookkeeping table of
 * `prisma migrate deploy`, which may be used on the same database.
 */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Log } from '../../log.ts';
import { describeConnection, openClient } from './connection.ts';
import { liftTransactionLimit } from './long-statement.ts';
import { describeError, hasCode } from './error-text.ts';
import { MIGRATIONS_FOLDER, readMigrations, type Migration } from './migration-files.ts';
import { OperatorError } from '../../errors.ts';

/** The database and the program do not fit each other; the message says why and what to do. */
class MigrationError extends OperatorError {
  override readonly name = 'MigrationError';
}

/** The lock Prisma takes for the same purpose, so that its command line and we do not run at once. */
const PRISMA_MIGRATE_LOCK = 72_707_369;
const LOCK_LIMIT_MS = 60_000;
/** PostgreSQL 14, as its server_version_num. */
const OLDEST_VERSION = 140_000;
const LOCK_NOT_AVAILABLE = '55P03';

const BOOKKEEPING = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL,
    logs TEXT,
    rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

interface AppliedRow {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
}

/**
 * Applies the migrations the database lacks, each in a transaction of its own: one that fails or is cut short leaves
 * nothing behind and is tried again at the next start. Several servers may start at once.
 * @param options.folder where the migrations are; the program's own by default
 * @returns names of the migrations applied, in order
 * @throws ConnectionError when the database cannot be reached
 * @throws MigrationError when PostgreSQL is too old, when a migration fails, failed before under Prisma, was edited
 *   after it was applied, or is not known to this program (the database is newer)
 */
export async function applyMigrations(options: {
  readonly connection: string;
  readonly log: Log;
  readonly folder?: string;
}): Promise<readonly string[]> {
  const migrations = await readMigrations(options.folder ?? MIGRATIONS_FOLDER);
  // No limit on statements: rebuilding an index of a large table takes what it takes.
  const client = await openClient(options.connection, 'lapwing migrate', {
    statement_timeout: 0,
    query_timeout: 0,
    lock_timeout: LOCK_LIMIT_MS,
  });
  try {
    await checkVersion(client);
    await liftTransactionLimit(client, { isLocal: false });
    await lock(client);
    await createBookkeeping(client, describeConnection(options.connection));
    const pending = await listUnapplied(client, migrations, describeConnection(options.connection));
    for (const migration of pending) {
      await apply(client, migration);
      options.log.info({ migration: migration.name }, 'migration applied');
    }
    return pending.map(({ name }) => name);
  } finally {
    // Ends the session, and the lock with it.
    await client.end();
  }
}

/**
 * Which migrations a start would apply. Changes nothing.
 * @throws as applyMigrations
 */
export async function listPendingMigrations(
  client: pg.Client,
  connection: string,
): Promise<readonly string[]> {
  await checkVersion(client);
  const migrations = await readMigrations();
  const { rows } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`,
  );
  const pending =
    rows[0]?.exists === true
      ? await listUnapplied(client, migrations, describeConnection(connection))
      : migrations;
  return pending.map(({ name }) => name);
}

async function checkVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: string; version: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`,
  );
  const row = rows[0];
  if (row !== undefined && Number(row.number) < OLDEST_VERSION) {
    throw new MigrationError(`PostgreSQL ${row.version} is too old: 14 or newer is needed`);
  }
}

async function lock(client: pg.Client): Promise<void> {
  try {
    await client.query('SELECT pg_advisory_lock($1)', [PRISMA_MIGRATE_LOCK]);
  } catch (error) {
    if (!hasCode(error, LOCK_NOT_AVAILABLE)) throw error;
    throw new MigrationError(
      `another program has been migrating this database for more than ${LOCK_LIMIT_MS / 1000} s: ` +
        'start again when it is done',
      { cause: error },
    );
  }
}

async function createBookkeeping(client: pg.Client, database: string): Promise<void> {
  try {
    await client.query(BOOKKEEPING);
  } catch (error) {
    throw new MigrationError(`the ${database} cannot be prepared: ${describeError(error)}`, { cause: error });
  }
}

async function listUnapplied(
  client: pg.Client,
  migrations: readonly Migration[],
  database: string,
): Promise<readonly Migration[]> {
  const { rows } = await client.query<AppliedRow>(
    `SELECT migration_name, checksum, finished_at FROM _prisma_migrations
     WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of rows) checkApplied(row, known.get(row.migration_name), database);
  const applied = new Set(rows.map((row) => row.migration_name));
  return migrations.filter(({ name }) => !applied.has(name));
}

function checkApplied(row: AppliedRow, migration: Migration | undefined, database: string): void {
  const name = row.migration_name;
  if (migration === undefined) {
    throw new MigrationError(
      `the ${database} is newer than this program: it has the migration ${name}, which this program does not know. ` +
        'Start the newer program, or restore a backup made before the upgrade.',
    );
  }
  if (row.finished_at === null) {
    throw new MigrationError(
      `the migration ${name} failed on the ${database} and left it half changed. Mend it, then run: ` +
        `npx prisma migrate resolve --config prisma/config.ts --rolled-back ${name} (or --applied ${name}).`,
    );
  }
  if (row.checksum !== migration.checksum) {
    throw new MigrationError(
      `the migration ${name} was edited after it was applied to the ${database}: ` +
        `its SHA-256 was ${row.checksum} and is ${migration.checksum}. Restore the file, and make a new migration.`,
    );
  }
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query('COMMIT');
  } catch (error) {
    // The session ends with the error, and the transaction with the session.
    throw new MigrationError(
      `the migration ${migration.name} failed and changed nothing: ${describeError(error)}`,
      {
        cause: error,
      },
    );
  }
}
