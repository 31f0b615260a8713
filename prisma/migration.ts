/**
 * Authors and checks migrations: `new NAME` writes what the *.prisma files have beyond the migrations as a new one, to be
 * read and edited by hand; `check` exits with 2 when the two disagree. Neither downloads anything.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { MIGRATIONS_FOLDER, readMigrations } from '../src/platform/postgres/migration-files.ts';
import { createLog } from '../src/log.ts';
import { readSchema } from './read-schema.ts';
import { diffMigrations } from './schema-engine.ts';

const DRIFT_EXIT_CODE = 2;

async function main([command, name]: readonly string[]): Promise<number> {
  if (command === 'check' && name === undefined) return check();
  if (command === 'new' && name !== undefined && /^[a-z][a-z0-9_]{0,99}$/.test(name)) return author(name);
  console.error('usage: migration.ts check | new NAME   (NAME: small letters, digits and _)');
  return 1;
}

async function check(): Promise<number> {
  const sql = await diffWithSchema();
  if (sql === null) {
    console.log('prisma/migrations and prisma/*.prisma agree.');
    return 0;
  }
  console.error(`prisma/*.prisma are not what prisma/migrations make. Missing:\n\n${sql}`);
  return DRIFT_EXIT_CODE;
}

async function author(name: string): Promise<number> {
  const sql = await diffWithSchema();
  if (sql === null) {
    console.log('Nothing to do: prisma/migrations and prisma/*.prisma agree.');
    return 0;
  }
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(MIGRATIONS_FOLDER, `${stamp}_${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'migration.sql'), sql);
  console.log(`Wrote ${join(folder, 'migration.sql')}: read it and edit it before it is committed.`);
  return 0;
}

async function diffWithSchema(): Promise<string | null> {
  const schema = await readSchema();
  const lockfile = await readFile(join(MIGRATIONS_FOLDER, 'migration_lock.toml'), 'utf8');
  const migrations = await readMigrations();
  const url = process.env.DATABASE_URL;
  if (url !== undefined && url !== '') return diffMigrations(url, schema, migrations, lockfile);
  await using database = await startTemporaryEmbedded({ log: createLog('silent') });
  return await diffMigrations(database.connection, schema, migrations, lockfile);
}

process.exitCode = await main(process.argv.slice(2));
