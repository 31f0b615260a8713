/** Fills an empty database with a backup, all or nothing. */
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { createMonthPartitions } from '../../samples/month-partitions.ts';
import {
  BackupError,
  BackupReader,
  TEXT_FORM,
  type BackupHeader,
  type BackupTable,
} from './backup-format.ts';
import { readMigrationNames, readTables } from './read-tables.ts';

/** A database that was only just made has rows in these. */
const SEEDED = ['account', 'score_log'];

/**
 * @param client in a transaction, of a database that has no other user and every migration
 * @param source the backup, uncompressed
 * @param onTable called after each table with how many there are
 * @returns what was restored
 * @throws BackupError when the backup does not fit, or the database is not empty: the transaction has to be rolled back
 */
export async function restoreBackup(
  client: pg.PoolClient,
  source: AsyncIterable<Buffer>,
  onTable: (total: number) => void,
): Promise<BackupHeader> {
  await client.query(TEXT_FORM);
  const reader = new BackupReader(source);
  const header = await reader.readHeader();
  await checkMigrations(client, header);
  const tables = await readTables(client);
  checkTables(header.tables, tables);
  await requireEmpty(client, tables);
  await prepare(client, header);
  for (const table of header.tables) {
    await reader.readTableLine(table.name);
    await pipeline(Readable.from(reader.readRows()), client.query(copyFrom(writeCopy(table))));
    onTable(header.tables.length);
  }
  await reader.readEnd();
  for (const { name, last } of header.sequences) {
    await client.query(`SELECT setval(quote_ident($1)::regclass, $2::bigint)`, [name, last]);
  }
  await beginNewLog(client);
  await setTriggers(client, 'ENABLE');
  return header;
}

async function checkMigrations(client: pg.PoolClient, { migrations, program }: BackupHeader): Promise<void> {
  const here = await readMigrationNames(client);
  const unknown = migrations.find((name) => !here.includes(name));
  if (unknown !== undefined) {
    throw new BackupError(`the backup is of a newer program (${program}): this one does not know ${unknown}`);
  }
  const missing = here.find((name) => !migrations.includes(name));
  if (missing === undefined) return;
  throw new BackupError(
    `the backup is of an older program (${program}), before ${missing}: restore it with that, then start this one`,
  );
}

/** Of the same migrations they are the same; a file somebody edited is not trusted with names. */
function checkTables(given: readonly BackupTable[], here: readonly BackupTable[]): void {
  const write = (tables: readonly BackupTable[]) =>
    tables.map(({ name, columns }) => `${name}(${[...columns].sort().join()})`).toSorted();
  const [inBackup, inDatabase] = [write(given), write(here)];
  const other = inBackup.find((text, index) => text !== inDatabase[index]) ?? inDatabase[inBackup.length];
  if (other !== undefined) throw new BackupError(`the tables of the backup are others than here: ${other}`);
}

async function requireEmpty(client: pg.PoolClient, tables: readonly BackupTable[]): Promise<void> {
  const used: string[] = [];
  for (const { name } of tables) {
    // What migrations put there is one row each.
    const allowed = SEEDED.includes(name) ? 1 : 0;
    const { rowCount } = await client.query(`SELECT FROM "${name}" LIMIT 2`);
    if ((rowCount ?? 0) > allowed) used.push(name);
  }
  if (used.length === 0) return;
  throw new BackupError(
    `the database is not empty: there are rows in ${used.join(', ')}. Restore into a new database, or a new LAPWING_DATA_DIR`,
  );
}

async function prepare(client: pg.PoolClient, { months }: BackupHeader): Promise<void> {
  await setTriggers(client, 'DISABLE');
  for (const name of SEEDED) await client.query(`DELETE FROM "${name}"`);
  for (const month of months) await createMonthPartitions(client, month);
}

/** Those that number changes: what is restored has its numbers. References are checked all the same. */
async function setTriggers(client: pg.PoolClient, action: 'ENABLE' | 'DISABLE'): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT c.relname::text AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace`,
  );
  for (const { name } of rows) await client.query(`ALTER TABLE "${name}" ${action} TRIGGER USER`);
}

/**
 * Offsets from here on are given a second time, to other scores: cursors of the server that was backed up are of another
 * log. What followed that log has come as far in this one.
 */
async function beginNewLog(client: pg.PoolClient): Promise<void> {
  await client.query(
    `WITH former AS (SELECT epoch FROM score_log WHERE id = 1),
       changed AS (UPDATE score_log SET epoch = replace(gen_random_uuid()::text, '-', '') WHERE id = 1 RETURNING epoch)
     UPDATE log_follower SET epoch = changed.epoch FROM former, changed WHERE log_follower.epoch = former.epoch`,
  );
}

function writeCopy({ name, columns }: BackupTable): string {
  return `COPY "${name}" (${columns.map((column) => `"${column}"`).join(', ')}) FROM STDIN`;
}
