import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { createDatabase } from '../../../src/platform/postgres/client.ts';
import { ServerLock } from '../../../src/platform/postgres/server-lock.ts';
import { ServerTerm } from '../../../src/platform/postgres/server-term.ts';
import { createLog } from '../../../src/log.ts';
import { ListenError } from '../../../src/platform/runtime/listen.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';
import { createDeferred } from '../../helpers/deferred.ts';
import { poolDatabase } from '../../helpers/pooler.ts';
import { until } from '../../helpers/until.ts';

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

async function countHolders({ pool }: TestDatabase): Promise<number> {
  const { rowCount } = await pool.query(
    `SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rowCount ?? 0;
}

test('a second server on the same database is refused and told who has it', async () => {
  await using database = await withDatabase();
  const { connection } = database;
  await using lock = await ServerLock.take({ connection, log, onLost: neverLost });
  const second = ServerLock.take({ connection, log, onLost: neverLost });
  await expect(second).rejects.toThrow(
    new RegExp(`another server already uses the PostgreSQL database .* process ${process.pid}, since 20`),
  );
});

test('servers on two databases of one PostgreSQL do not disturb each other', async () => {
  await using first = await withDatabase();
  await using second = await withDatabase();
  await using one = await ServerLock.take({ connection: first.connection, log, onLost: neverLost });
  await using two = await ServerLock.take({ connection: second.connection, log, onLost: neverLost });
  expect(await cutHolders(first)).toBe(1);
});

test('the lock is free again when the server has stopped', async () => {
  await using database = await withDatabase();
  const { connection } = database;
  const lock = await ServerLock.take({ connection, log, onLost: neverLost });
  await lock.stop();
  await using again = await ServerLock.take({ connection, log, onLost: neverLost });
  expect(await countHolders(database)).toBe(1);
});

test('a lock whose connection broke is taken again', async () => {
  await using database = await withDatabase();
  const { connection } = database;
  const held = createDeferred<undefined>();
  const tellingLog = createLog('silent');
  tellingLog.info = () => held.resolve(undefined);
  await using lock = await ServerLock.take({ connection, log: tellingLog, onLost: neverLost });
  expect(await cutHolders(database)).toBe(1);
  await held.promise;
  expect(await countHolders(database)).toBe(1);
});

describe('through a pooler', () => {
  it("that gives sessions away with each transaction, the lock would be anybody's, and is refused", async () => {
    await using database = await withDatabase();
    await using pooled = await poolDatabase(database.connection, { isShared: true });
    const take = ServerLock.take({ connection: pooled.through, log, onLost: neverLost });
    await expect(take).rejects.toThrow(
      /a pooler that shares sessions .*: name PostgreSQL itself in DATABASE_URL/,
    );
    expect(await countHolders(database)).toBe(0);
  });

  it('that keeps a session for each client, it is held', async () => {
    await using database = await withDatabase();
    await using pooled = await poolDatabase(database.connection, { isShared: false });
    await using lock = await ServerLock.take({ connection: pooled.through, log, onLost: neverLost });
    expect(await countHolders(database)).toBe(1);
    await expect(lock.session.query('SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
  });

  it.each([
    ['Asia/Tokyo', true],
    ['Europe/London', true],
    ['Etc/UTC', false],
  ])(
    'that leaves out what sessions ask for, times would shift by the zone %s: refused is %s',
    async (zone, isRefused) => {
      await using database = await withDatabase();
      await using pooled = await poolDatabase(database.connection, { isShared: false, zone });
      const take = ServerLock.take({ connection: pooled.through, log, onLost: neverLost });
      const said = await take.then(
        (lock) => lock.stop().then(() => null),
        (error: unknown) => String(error),
      );
      if (isRefused) expect(said).toMatch(`its time zone is ${zone}; name PostgreSQL itself`);
      else expect(said).toBeNull();
    },
  );
});

/** A server in a process of its own, which has begun a transaction. */
async function startHolder(connection: string, leaseSeconds: number) {
  const script = fileURLToPath(new URL('./hold-lock.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, connection, String(leaseSeconds)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  return { child, lines };
}

test('a server that was killed does not keep the lock', async () => {
  await using database = await withDatabase();
  const { connection } = database;
  const { child } = await startHolder(connection, 15);
  child.kill('SIGKILL');
  await using lock = await ServerLock.take({ connection, log, onLost: neverLost });
  expect(await countHolders(database)).toBe(1);
});

describe('a standby', () => {
  const waitAs = (signal = new AbortController().signal) => {
    const told = createDeferred<string>();
    const onWaiting = async (holder: string) => {
      told.resolve(holder);
      await told.promise;
    };
    return { told: told.promise, standby: { onWaiting, signal } };
  };

  it('takes a lock that is free, and says nothing', async () => {
    await using database = await withDatabase();
    const standby = { onWaiting: () => expect.fail('nobody holds it'), signal: new AbortController().signal };
    await using lock = await ServerLock.take({ ...database, log, onLost: neverLost, standby });
    expect(await cutHolders(database)).toBe(1);
  });

  it('knows who has the lock, and has it as soon as that one stops', async () => {
    await using database = await withDatabase();
    const { connection } = database;
    const first = await ServerLock.take({ connection, log, onLost: neverLost });
    const { told, standby } = waitAs();
    const taking = ServerLock.take({ connection, log, onLost: neverLost, standby });
    expect(await told).toContain(`process ${process.pid}, since 20`);
    await first.stop();
    await using second = await taking;
    expect(await countHolders(database)).toBe(1);
  });

  it('goes on waiting when its own connection is lost', async () => {
    await using database = await withDatabase();
    const { connection, pool } = database;
    const first = await ServerLock.take({ connection, log, onLost: neverLost });
    const { told, standby } = waitAs();
    const taking = ServerLock.take({ connection, log, onLost: neverLost, standby });
    await told;
    const waiting = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    const cut = () => pool.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS queue`);
    await until(async () => expect((await cut()).rowCount).toBe(1));
    await first.stop();
    await using second = await taking;
    expect(await cutHolders(database)).toBe(1);
  });

  it('stops waiting when it is told to', async () => {
    await using database = await withDatabase();
    const { connection } = database;
    await using first = await ServerLock.take({ connection, log, onLost: neverLost });
    const stop = new AbortController();
    const { told, standby } = waitAs(stop.signal);
    const taking = ServerLock.take({ connection, log, onLost: neverLost, standby });
    await told;
    stop.abort(new Error('no longer'));
    await expect(taking).rejects.toThrow('no longer');
  });

  it('ends with what waiting cannot mend', async () => {
    await using database = await withDatabase();
    const { connection } = database;
    await using first = await ServerLock.take({ connection, log, onLost: neverLost });
    const cause = Object.assign(new Error('in use'), { code: 'EADDRINUSE' });
    const onWaiting = () => Promise.reject(new ListenError('port 4000 is already in use', cause));
    const standby = { onWaiting, signal: new AbortController().signal };
    const taking = ServerLock.take({ connection, log, onLost: neverLost, standby });
    await expect(taking).rejects.toThrow('port 4000');
  });

  it('takes over from a frozen server, which writes nothing once it wakes', async () => {
    await using database = await withDatabase();
    const { connection, pool } = database;
    const { child, lines } = await startHolder(connection, 1.5);
    const said: string[] = [];
    lines.on('line', (line) => said.push(line));
    const ended = once(lines, 'close');
    child.kill('SIGSTOP');
    const options = { connection, log, onLost: neverLost, leaseSeconds: 1.5 };
    await using lock = await ServerLock.take({ ...options, standby: waitAs().standby });
    const term = await ServerTerm.begin(connection, lock.session, neverLost);
    await using own = createDatabase({ connection, log, use: term });
    await own.pool.query(`INSERT INTO account (name) VALUES ('ours')`);
    child.kill('SIGCONT');
    child.stdin.end('go on\n');
    await ended;
    expect(said).toEqual(['not committed', 'over', 'not written']);
    const { rows } = await pool.query<{ name: string }>('SELECT name FROM account ORDER BY name');
    expect(rows.map(({ name }) => name).filter((name) => ['before', 'after', 'ours'].includes(name))).toEqual(
      ['ours'],
    );
  });
});

test('a server whose lock was another one’s meanwhile stops, however free it is again', async () => {
  await using database = await withDatabase();
  const { connection } = database;
  const lost = createDeferred<Error>();
  await using lock = await ServerLock.take({ connection, log, onLost: lost.resolve });
  lock.guard(await ServerTerm.begin(connection, lock.session, neverLost));
  await ServerTerm.begin(connection, lock.session, neverLost);
  expect(await cutHolders(database)).toBe(1);
  expect((await lost.promise).message).toContain('another server has used the database');
});
