/** Everything in a database as one backup, as it is at one moment, while a server goes on writing. */
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import {
  END_OF_ROWS,
  TEXT_FORM,
  writeEnd,
  writeHeader,
  writeTableLine,
  type BackupTable,
} from './backup-format.ts';
import {
  hasLostPartitions,
  readMigrationNames,
  readMonths,
  readSequences,
  readTables,
} from './read-tables.ts';

/**
 * @param client in a transaction that has read nothing yet; it becomes READ ONLY and sees one snapshot
 * @param program the version that makes the backup
 * @param onTable called after each table with how many there are
 */
export async function* createBackup(
  client: pg.ClientBase,
  program: string,
  onTable: (total: number) => void,
): AsyncGenerator<Buffer> {
  const tables = await beginReading(client);
  yield Buffer.from(
    writeHeader({
      program,
      createdAt: new Date().toISOString(),
      migrations: [...(await readMigrationNames(client))],
      months: await readMonths(client),
      tables: [...tables],
      // They are of no transaction: read after the snapshot was taken, they are behind nothing that is in it.
      sequences: await readSequences(client),
    }),
  );
  for (const table of tables) {
    yield Buffer.from(writeTableLine(table.name));
    yield* client.query(copyTo(writeCopy(table))) as AsyncIterable<Buffer>;
    yield Buffer.from(END_OF_ROWS);
    onTable(tables.length);
  }
  yield Buffer.from(writeEnd());
}

/**
 * What is dropped later is missing in every snapshot: retention has to wait from here on, and what it dropped since the snapshot was
 * taken asks for another one.
 */
async function beginReading(client: pg.ClientBase): Promise<readonly BackupTable[]> {
  for (;;) {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    await client.query(TEXT_FORM);
    const tables = await readTables(client);
    if (tables.length > 0) {
      const names = tables.map(({ name }) => `"${name}"`).join(', ');
      await client.query(`LOCK TABLE ${names} IN ACCESS SHARE MODE`);
    }
    if (!(await hasLostPartitions(client))) return tables;
    await client.query('ROLLBACK AND CHAIN');
  }
}

/** A query, because COPY of a partitioned table itself reads nothing. */
function writeCopy({ name, columns }: BackupTable): string {
  return `COPY (SELECT ${columns.map((column) => `"${column}"`).join(', ')} FROM "${name}") TO STDOUT`;
}
