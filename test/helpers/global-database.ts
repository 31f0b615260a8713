/**
 * One PostgreSQL for the whole run, with a migrated database to clone: an embedded one in a temporary folder, or the
 * server of TEST_DATABASE_URL, whose user must be allowed to create databases.
 */
import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import type { TestProject } from 'vitest/node';
import { openClient, selectDatabase } from '../../src/platform/postgres/connection.ts';
import { startTemporaryEmbedded } from '../../src/platform/postgres/embedded/temporary.ts';
import { applyMigrations } from '../../src/platform/postgres/migrate.ts';
import { createLog } from '../../src/log.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the server's first database, from which others are created. */
    serverConnection: string;
    /** Name of the migrated database; also the beginning of its clones' names. */
    templateDatabase: string;
  }
}

/** Nothing has to outlive the run, nor the machine. */
const SETTINGS = {
  full_page_writes: 'off',
  wal_compression: 'off',
  // Two files at a time, some with two servers of twenty connections each.
  max_connections: '200',
};

/** Where Linux keeps files in memory. */
const MEMORY = '/dev/shm';
/** Many times what the suite takes. Containers have 64 MB there by default. */
const MIN_MEMORY_BYTES = 4 * 1024 ** 3;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = createLog('silent');
  const given = process.env.TEST_DATABASE_URL;
  const embedded =
    given === undefined || given === ''
      ? await startTemporaryEmbedded({ log, settings: SETTINGS, parent: await chooseFolder() })
      : null;
  const connection = embedded?.connection ?? given ?? '';
  const template = `lapwing_test_${randomBytes(4).toString('hex')}`;
  await execute(connection, `CREATE DATABASE ${template}`);
  await applyMigrations({ connection: selectDatabase(connection, template), log });
  project.provide('serverConnection', connection);
  project.provide('templateDatabase', template);
  return async () => {
    await (embedded === null ? dropDatabases(connection, template) : embedded.stop());
  };
}

/** Cloning a database makes some 650 files, which takes a disk ten times as long as memory. */
async function chooseFolder(): Promise<string> {
  const room = await statfs(MEMORY).then(
    ({ bavail, bsize }) => Math.min(bavail * bsize, freemem()),
    () => 0,
  );
  return room >= MIN_MEMORY_BYTES ? MEMORY : tmpdir();
}

/** The template, and the clones of test files that were cut short. */
async function dropDatabases(connection: string, prefix: string): Promise<void> {
  const client = await openClient(connection, 'lapwing test');
  try {
    const { rows } = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)',
      [prefix],
    );
    for (const { name } of rows) await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  } finally {
    await client.end();
  }
}

async function execute(connection: string, sql: string): Promise<void> {
  const client = await openClient(connection, 'lapwing test');
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
