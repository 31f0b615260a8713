/** `lapwing key create`, `list`, `revoke`: in the database itself, whether a server runs on it or not. */
import { insertKey, listKeys, revokeKey, type StoredKey } from '../core/access/key-store.ts';
import type { Config } from '../platform/config/read-config.ts';
import { createDatabase, type Database } from '../platform/postgres/client.ts';
import { applyMigrations } from '../platform/postgres/migrate.ts';
import { findRunningEmbedded, requireEmbedded } from '../platform/postgres/embedded/find-running.ts';
import type { Log } from '../log.ts';
import { openDatabase } from '../app/open-database.ts';
import type { KeyCommand } from './parse-key-args.ts';

/** A server that runs notices within a second. @throws ExpectedError for what cannot be done */
export async function runKeyCommand(command: KeyCommand, config: Config, log: Log): Promise<void> {
  // The first key may be made before the first start.
  if (command.deed !== 'create' && config.databaseUrl === undefined) await requireEmbedded(config.dataDir);
  const { prisma, stop } = await openBeside(config, log);
  try {
    if (command.deed === 'create') {
      const { stored, key } = await insertKey(prisma, command.key);
      process.stderr.write(`The key ${describe(stored)}. It is shown this once:\n`);
      process.stdout.write(`${key}\n`);
    } else if (command.deed === 'revoke') {
      process.stdout.write(`${describe(await revokeKey(prisma, command.id))}\n`);
    } else {
      const keys = await listKeys(prisma, command.revoked);
      for (const key of keys) process.stdout.write(`${describe(key)}\n`);
      // On standard error: programs read standard output as a list of keys.
      if (keys.length === 0)
        process.stderr.write('There are no API keys: anyone who reaches the server may use it.\n');
    }
  } finally {
    await stop();
  }
}

/** The database of a server that may be running: without the lock servers hold, where there is another way. */
async function openBeside(config: Config, log: Log): Promise<Pick<Database, 'prisma' | 'stop'>> {
  const connection = config.databaseUrl ?? (await findRunningEmbedded(config.dataDir));
  if (connection === null) return openDatabase({ config, log, onLost: () => undefined });
  await applyMigrations({ connection, log });
  return createDatabase({ connection, log, use: 'lapwing key' });
}

function describe({ id, name, scopes, account, expiresAt, revokedAt, lastUsedAt }: StoredKey): string {
  const words = [
    id,
    JSON.stringify(name),
    scopes.join(','),
    account === null ? 'all accounts' : `account ${JSON.stringify(account.name)}`,
    ...(revokedAt === null ? [] : [`revoked ${revokedAt.toISOString()}`]),
    ...(expiresAt === null ? [] : [`expires ${expiresAt.toISOString()}`]),
    lastUsedAt === null ? 'never used' : `last used ${lastUsedAt.toISOString()}`,
  ];
  return words.join('  ');
}
