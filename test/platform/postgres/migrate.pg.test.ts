import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDatabase } from '../../../src/platform/postgres/client.ts';
import { applyMigrations } from '../../../src/platform/postgres/migrate.ts';
import { MIGRATIONS_FOLDER, readMigrations } from '../../../src/platform/postgres/migration-files.ts';
import { queryAtLength } from '../../../src/platform/postgres/long-statement.ts';
import { inTransaction } from '../../../src/platform/postgres/transaction.ts';
import { createLog } from '../../../src/log.ts';
import { withDatabase } from '../../helpers/database.ts';

const log = createLog('silent');

/** A copy of the program's migrations, to which others can be added. */
async function copyMigrations() {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-migrations-'));
  await cp(MIGRATIONS_FOLDER, folder, { recursive: true });
  const add = async (name: string, sql: string) => {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, 'migration.sql'), sql);
  };
  const dispose = () => rm(folder, { recursive: true });
  return { folder, add, [Symbol.asyncDispose]: dispose };
}

test('an empty database gets every migration, in order, and a second start finds nothing to do', async () => {
  await using database = await withDatabase({ migrated: false });
  const names = (await readMigrations()).map(({ name }) => name);
  expect(await applyMigrations({ connection: database.connection, log })).toEqual(names);
  expect(await applyMigrations({ connection: database.connection, log })).toEqual([]);
  const { rows } = await database.pool.query(
    'SELECT migration_name, applied_steps_count, finished_at IS NOT NULL AS finished FROM _prisma_migrations ORDER BY 1',
  );
  expect(rows).toEqual(
    names.map((name) => ({ migration_name: name, applied_steps_count: 1, finished: true })),
  );
});

test('of four servers starting at once one migrates and the others wait for it', async () => {
  await using database = await withDatabase({ migrated: false });
  const { connection } = database;
  const applied = await Promise.all([1, 2, 3, 4].map(() => applyMigrations({ connection, log })));
  expect(applied.flat()).toEqual((await readMigrations()).map(({ name }) => name));
});

test('every database has a log of scores of its own epoch', async () => {
  await using first = await withDatabase({ migrated: false });
  await using second = await withDatabase({ migrated: false });
  const epochs: string[] = [];
  for (const { connection, prisma } of [first, second]) {
    await applyMigrations({ connection, log });
    const { epoch, last, floor } = await prisma.scoreLog.findUniqueOrThrow({ where: { id: 1 } });
    expect([last, floor]).toEqual([0n, 0n]);
    epochs.push(epoch);
  }
  expect(new Set(epochs).size).toBe(2);
});

test('a migration that fails changes nothing and is tried again at the next start', async () => {
  await using database = await withDatabase();
  await using migrations = await copyMigrations();
  const { connection } = database;
  const name = '29990101000000_half';
  await migrations.add(name, 'ALTER TABLE metric ADD COLUMN half INTEGER; SELECT 1/0;');
  const failing = applyMigrations({ connection, log, folder: migrations.folder });
  await expect(failing).rejects.toThrow(`the migration ${name} failed and changed nothing: division by zero`);
  const { rowCount } = await database.pool.query(
    `SELECT FROM information_schema.columns WHERE table_name = 'metric' AND column_name = 'half'`,
  );
  expect(rowCount).toBe(0);
  await migrations.add(name, 'ALTER TABLE metric ADD COLUMN half INTEGER;');
  expect(await applyMigrations({ connection, log, folder: migrations.folder })).toEqual([name]);
});

test('a database newer than the program is refused by name', async () => {
  await using database = await withDatabase();
  await using migrations = await copyMigrations();
  const { connection } = database;
  await migrations.add('29990101000000_later', 'CREATE TABLE later (id INTEGER)');
  await applyMigrations({ connection, log, folder: migrations.folder });
  await expect(applyMigrations({ connection, log })).rejects.toThrow(
    /is newer than this program: it has the migration 29990101000000_later/,
  );
});

test('a migration edited after it was applied is refused', async () => {
  await using database = await withDatabase();
  await using migrations = await copyMigrations();
  const { connection } = database;
  await migrations.add('29990101000000_more', 'CREATE TABLE more (id INTEGER)');
  await applyMigrations({ connection, log, folder: migrations.folder });
  await migrations.add('29990101000000_more', 'CREATE TABLE more (id BIGINT)');
  const again = applyMigrations({ connection, log, folder: migrations.folder });
  await expect(again).rejects.toThrow(/29990101000000_more was edited after it was applied/);
});

test('a migration that failed under prisma migrate is refused until it is resolved', async () => {
  await using database = await withDatabase();
  const { connection, pool } = database;
  const [first] = await readMigrations();
  await pool.query('UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = $1', [
    first?.name,
  ]);
  await expect(applyMigrations({ connection, log })).rejects.toThrow(
    /failed on the PostgreSQL database .* half changed/,
  );
});

test('a database that cannot be reached is named without its password', async () => {
  const connection = 'postgresql://user:secret@127.0.0.1:1/metrics';
  const refused = applyMigrations({ connection, log });
  await expect(refused).rejects.toThrow('cannot connect to PostgreSQL database metrics at 127.0.0.1:1: ');
  await expect(refused).rejects.not.toThrow('secret');
});

test('a limit of the database for transactions cuts neither a migration nor a long statement', async (context) => {
  await using database = await withDatabase();
  const { connection, pool } = database;
  const { rows: settings } = await pool.query(`SELECT FROM pg_settings WHERE name = 'transaction_timeout'`);
  if (settings.length === 0) context.skip('PostgreSQL has it from 17 on');
  const name = new URL(connection).pathname.slice(1);
  await pool.query(`ALTER DATABASE ${name} SET transaction_timeout = '300ms'`);
  await using migrations = await copyMigrations();
  await migrations.add('29990101000000_slow', 'SELECT pg_sleep(0.4);');
  const applied = await applyMigrations({ connection, log, folder: migrations.folder });
  expect(applied).toEqual(['29990101000000_slow']);
  await using limited = createDatabase({ connection, log, use: 'lapwing test' });
  const slow = inTransaction(limited.pool, (client) => queryAtLength(client, 'SELECT pg_sleep($1)', [0.4]));
  await expect(slow).resolves.toMatchObject({ rowCount: 1 });
});
