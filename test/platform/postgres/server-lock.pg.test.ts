import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { holdServerLock } from '../../../src/platform/postgres/server-lock.ts';
import { createLog } from '../../../src/log.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';
import { createDeferred } from '../../helpers/deferred.ts';

const log = createLog('silent');
const neverLost = (error: Error) => {
  throw error;
};

/** Ends the sessions that hold the lock, as a restart of PostgreSQL does. @returns how many */
async function cutHolders({ pool }: TestDatabase): Promise<number> {
  const { rowCount } = await pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks
     WHERE locktype = 'advisory' AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rowCount ?? 0;
}

test('a second server on the same database is refused and told who has it', async () => {
  await using database = await withDatabase();
  const { connection } = database;
  await using lock = await holdServerLock({ connection, log, onLost: neverLost });
  const second = holdServerLock({ connection, log, onLost: neverLost });
  await expect(second).rejects.toThrow(
    new RegExp(`another server already uses the PostgreSQL database .* process ${process.pid}, since 20`),
  );
});

test('servers on two databases of one PostgreSQL do not disturb each other', async () => {
  await using first = await withDatabase();
  await using second = await withDatabase();
  await using one = await holdServerLock({ connection: first.connection, log, onLost: neverLost });
  await using two = await holdServerLock({ connection: second.connection, log, onLost: neverLost });
  expect(await cutHolders(first)).toBe(1);
});

test('the lock is free again when the server has stopped', async () => {
  await using database = await withDatabase();
  const { connection } = database;
  const lock = await holdServerLock({ connection, log, onLost: neverLost });
  await lock.stop();
  await using again = await holdServerLock({ connection, log, onLost: neverLost });
  await expect(holdServerLock({ connection, log, onLost: neverLost })).rejects.toThrow('another server');
});

test('a lock whose connection broke is taken again', async () => {
  await using database = await withDatabase();
  const { connection } = database;
  const held = createDeferred<undefined>();
  const tellingLog = createLog('silent');
  tellingLog.info = () => held.resolve(undefined);
  await using lock = await holdServerLock({ connection, log: tellingLog, onLost: neverLost });
  expect(await cutHolders(database)).toBe(1);
  await held.promise;
  await expect(holdServerLock({ connection, log, onLost: neverLost })).rejects.toThrow('another server');
});

test('a server that was killed does not keep the lock', async () => {
  await using database = await withDatabase();
  const { connection } = database;
  const script = fileURLToPath(new URL('./hold-lock.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, connection], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: child.stdout }), 'line');
  child.kill('SIGKILL');
  await using lock = await holdServerLock({ connection, log, onLost: neverLost });
  await expect(holdServerLock({ connection, log, onLost: neverLost })).rejects.toThrow('another server');
});
