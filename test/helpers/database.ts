/** A database of a test file's own: `await using database = await withDatabase()`. */
import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { createDatabase, type Database } from '../../src/platform/postgres/client.ts';
import { openClient, selectDatabase } from '../../src/platform/postgres/connection.ts';
import { createLog } from '../../src/log.ts';

export interface TestDatabase extends Pick<Database, 'pool' | 'prisma'>, AsyncDisposable {
  readonly connection: string;
}

/**
 * Clones the migrated database; dropped when disposed of, whoever is still connected.
 * @param options.migrated false gives an empty database
 */
export async function withDatabase(options: { readonly migrated?: boolean } = {}): Promise<TestDatabase> {
  const template = inject('templateDatabase');
  const name = `${template}_${randomBytes(4).toString('hex')}`;
  // Copying the files takes a fifth of the time of logging every page of them.
  await executeOnServer(
    `CREATE DATABASE ${name} TEMPLATE ${options.migrated === false ? 'template0' : template} STRATEGY file_copy`,
  );
  const connection = selectDatabase(inject('serverConnection'), name);
  const { pool, prisma, stop } = createDatabase({
    connection,
    log: createLog('silent'),
    use: 'lapwing test',
  });
  const dispose = async () => {
    await stop();
    await executeOnServer(`DROP DATABASE ${name} WITH (FORCE)`);
  };
  return { connection, pool, prisma, [Symbol.asyncDispose]: dispose };
}

async function executeOnServer(sql: string): Promise<void> {
  const client = await openClient(inject('serverConnection'), 'lapwing test');
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
