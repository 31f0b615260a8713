import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { ConnectionError } from '../../../src/platform/postgres/connection.ts';
import { findPostgresBinaries } from '../../../src/platform/postgres/embedded/binaries.ts';
import { chooseAccount } from '../../../src/platform/postgres/embedded/os-user.ts';
import { startEmbedded } from '../../../src/platform/postgres/embedded/start.ts';
import { openLockSession } from '../../../src/platform/postgres/lock-session.ts';
import { until } from '../../helpers/until.ts';

/** The embedded PostgreSQL's folder, run as a standby. The embedded one would wait for it to take writes. */
async function startStandby(dataDir: string): Promise<AsyncDisposable> {
  const folder = join(dataDir, 'postgres');
  await writeFile(join(folder, 'standby.signal'), '');
  const { postgres } = await findPostgresBinaries();
  const { credentials, prefix } = await chooseAccount(postgres, folder, dataDir);
  // As many as the primary has: PostgreSQL answers no queries in a standby with fewer.
  const locks = ['-c', 'max_locks_per_transaction=1024'];
  const words = [...prefix, postgres, '-D', folder, '-c', 'listen_addresses=', '-k', folder, ...locks];
  const child = spawn(words[0] ?? postgres, words.slice(1), { ...credentials, stdio: 'ignore' });
  const ended = once(child, 'exit');
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGQUIT');
      await ended;
    },
  };
}

test('the server lock is not held in a standby, which would keep nobody from the primary', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'lapwing-standby-'));
  await chmod(dataDir, 0o755);
  try {
    let connection: URL;
    {
      await using primary = await startEmbedded({
        dataDir,
        log: createLog('silent'),
        settings: { fsync: 'off' },
      });
      connection = new URL(primary.connection);
      await (await openLockSession(primary.connection, {})).end();
    }
    await using _ = await startStandby(dataDir);
    connection.searchParams.set('host', join(dataDir, 'postgres'));
    await until(async () => {
      const refused = await openLockSession(connection.href, {}).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ConnectionError);
      expect(String(refused)).toMatch(
        /is a standby, which takes no writes: point DATABASE_URL at the primary/,
      );
    });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
