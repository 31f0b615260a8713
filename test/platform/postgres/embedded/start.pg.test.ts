import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createDatabase } from '../../../../src/platform/postgres/client.ts';
import { startEmbedded } from '../../../../src/platform/postgres/embedded/start.ts';
import {
  clearFolder,
  findPostmaster,
  isRunning,
} from '../../../../src/platform/postgres/embedded/folder-lock.ts';
import { startTemporaryEmbedded } from '../../../../src/platform/postgres/embedded/temporary.ts';
import { createLog } from '../../../../src/log.ts';
import { withUserName } from '../../../../src/platform/postgres/embedded/nameless-user.ts';
import { createDeferred } from '../../../helpers/deferred.ts';

const log = createLog('silent');
const settings = { fsync: 'off' };
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../run-embedded.ts', import.meta.url));

async function withFolder() {
  const path = await mkdtemp(join(tmpdir(), 'lapwing-embedded-'));
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const answerSchema = z.union([z.object({ connection: z.string() }), z.object({ refused: z.string() })]);

/** A server in a process of its own, killed when disposed of. */
async function runServer(dataDir: string, user: { uid?: number; gid?: number } = {}) {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', SCRIPT, dataDir], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'pipe', 'inherit'],
    ...user,
  });
  const exited = once(child, 'exit');
  if (child.stdout === null) throw new Error('no pipe');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as unknown[];
  const answer = answerSchema.parse(JSON.parse(String(line)));
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
    if ('connection' in answer)
      await clearFolder(join(dataDir, 'postgres'), join(dataDir, 'server.pid'), log);
  };
  return { answer, pid: child.pid ?? 0, kill, [Symbol.asyncDispose]: kill };
}

/** Inserts rows one by one until the connection breaks. @returns the highest that was acknowledged */
async function insertUntilCut(connection: string, onEach: (row: number) => void): Promise<number> {
  await using database = createDatabase({ connection, log, use: 'lapwing test' });
  await database.pool.query('CREATE TABLE IF NOT EXISTS proof (row INTEGER PRIMARY KEY)');
  for (let row = 1; ; row += 1) {
    try {
      await database.pool.query('INSERT INTO proof VALUES ($1)', [row]);
    } catch {
      return row - 1;
    }
    onEach(row);
  }
}

async function countRows(connection: string): Promise<number> {
  await using database = createDatabase({ connection, log, use: 'lapwing test' });
  const { rows } = await database.pool.query<{ count: string }>('SELECT count(*) FROM proof');
  return Number(rows[0]?.count);
}

test('a data folder with blanks and a very long path keeps its rows from start to start', async () => {
  await using folder = await withFolder();
  const dataDir = join(folder.path, 'my data', 'a,b "c"', 'x'.repeat(200));
  const first = await startEmbedded({ dataDir, log, settings });
  await using database = createDatabase({ connection: first.connection, log, use: 'lapwing test' });
  await database.pool.query('CREATE TABLE proof AS SELECT generate_series(1, 7) AS row');
  await database.stop();
  await first.stop();
  await using again = await startEmbedded({ dataDir, log, settings });
  expect(again.connection).toBe(first.connection);
  expect(await countRows(again.connection)).toBe(7);
});

test('by default it acknowledges only what is on disk, checks its pages and listens to nobody outside', async () => {
  await using folder = await withFolder();
  await using embedded = await startEmbedded({ dataDir: folder.path, log });
  await using database = createDatabase({ connection: embedded.connection, log, use: 'lapwing test' });
  const show = async (name: string) =>
    (await database.pool.query<{ value: string }>('SELECT current_setting($1) AS value', [name])).rows[0]
      ?.value;
  expect(await show('fsync')).toBe('on');
  expect(await show('full_page_writes')).toBe('on');
  expect(await show('synchronous_commit')).toBe('on');
  expect(await show('data_checksums')).toBe('on');
  expect(await show('listen_addresses')).toBe('');
  const socketFolder = new URL(embedded.connection).searchParams.get('host') ?? '';
  expect((await stat(socketFolder)).mode & 0o777).toBe(0o700);
});

test('kill -9 of the server leaves no PostgreSQL behind and loses no acknowledged row', async () => {
  await using folder = await withFolder();
  let acknowledged = 0;
  for (let round = 0; round < 3; round += 1) {
    await using server = await runServer(folder.path);
    if (!('connection' in server.answer)) throw new Error(server.answer.refused);
    const { connection } = server.answer;
    if (round > 0) {
      expect(await countRows(connection)).toBeGreaterThanOrEqual(acknowledged);
      await using database = createDatabase({ connection, log, use: 'lapwing test' });
      await database.pool.query('TRUNCATE proof');
    }
    acknowledged = await insertUntilCut(connection, (row) => {
      if (row === 200) process.kill(server.pid, 'SIGKILL');
    });
    expect(acknowledged).toBeGreaterThanOrEqual(200);
  }
  await using last = await startEmbedded({ dataDir: folder.path, log, settings });
  expect(await countRows(last.connection)).toBeGreaterThanOrEqual(acknowledged);
  await last.stop();
  expect(await findPostmaster(join(folder.path, 'postgres'))).toBeNull();
});

test('kill -9 of PostgreSQL itself brings it back with every acknowledged row, and the pool with it', async () => {
  const down = createDeferred<string>();
  const up = createDeferred<undefined>();
  await using embedded = await startTemporaryEmbedded({
    log,
    onDown: (reason) => down.resolve(reason),
    onUp: () => up.resolve(undefined),
  });
  const pid = await findPostmaster(join(embedded.dataDir, 'postgres'));
  await using database = createDatabase({ connection: embedded.connection, log, use: 'lapwing test' });
  const idle = await database.pool.connect();
  const acknowledged = await insertUntilCut(embedded.connection, (row) => {
    if (row === 200) process.kill(pid ?? 0, 'SIGKILL');
  });
  expect(await down.promise).toContain('exit code 137');
  await up.promise;
  idle.release(true);
  expect(await countRows(embedded.connection)).toBeGreaterThanOrEqual(acknowledged);
  const { rowCount } = await database.pool.query('INSERT INTO proof VALUES (1000000)');
  expect(rowCount).toBe(1);
});

test('a socket that is taken away, as by rm -rf /tmp/*, comes back, and with it every acknowledged row', async () => {
  await using folder = await withFolder();
  const up = createDeferred<undefined>();
  await using database = await startEmbedded({
    dataDir: folder.path,
    log,
    settings,
    onUp: () => up.resolve(undefined),
  });
  const { connection } = database;
  await using held = createDatabase({ connection, log, use: 'lapwing test' });
  await held.pool.query('CREATE TABLE kept AS SELECT 7 AS value');
  const socketFolder = new URL(connection).searchParams.get('host') ?? '';
  expect(await readdir(socketFolder)).toContain('.s.PGSQL.5432');
  await rm(socketFolder, { recursive: true });
  await up.promise;
  await using anew = createDatabase({ connection, log, use: 'lapwing test' });
  expect((await anew.pool.query('SELECT value FROM kept')).rows).toEqual([{ value: 7 }]);
});

test('when everything is killed at once the next start waits for what is left and goes on', async () => {
  await using folder = await withFolder();
  await using server = await runServer(folder.path);
  if (!('connection' in server.answer)) throw new Error(server.answer.refused);
  const postmaster = await findPostmaster(join(folder.path, 'postgres'));
  await insertUntilCut(server.answer.connection, (row) => {
    if (row !== 50) return;
    process.kill(postmaster ?? 0, 'SIGKILL');
    process.kill(server.pid, 'SIGKILL');
  });
  await using again = await startEmbedded({ dataDir: folder.path, log, settings });
  expect(await countRows(again.connection)).toBeGreaterThanOrEqual(50);
});

test('of two servers started at once on a new folder one runs and the other names it', async () => {
  await using folder = await withFolder();
  const servers = await Promise.all([runServer(folder.path), runServer(folder.path)]);
  await using one = servers[0];
  await using two = servers[1];
  const running = [one, two].filter(({ answer }) => 'connection' in answer);
  const refused = [one, two].flatMap(({ answer }) => ('refused' in answer ? [answer.refused] : []));
  expect(running).toHaveLength(1);
  expect(refused).toHaveLength(1);
  expect(refused[0]).toContain(`is in use by another server, process ${running[0]?.pid ?? 0} `);
});

test('a folder whose creation was interrupted is made anew', async () => {
  await using folder = await withFolder();
  const { pid } = spawnSync(process.execPath, ['--version']);
  const draft = join(folder.path, `postgres.draft-${pid}`);
  await mkdir(draft);
  await writeFile(join(draft, 'PG_VERSION'), '18\n');
  await using embedded = await startEmbedded({ dataDir: folder.path, log, settings });
  expect(embedded.connection).toContain('/lapwing?');
  expect((await readdir(folder.path)).filter((name) => name.includes('draft'))).toEqual([]);
});

test('a process that got the number of the last PostgreSQL does not prevent a start', async () => {
  await using folder = await withFolder();
  const first = await startEmbedded({ dataDir: folder.path, log, settings });
  const pidFile = join(folder.path, 'postgres', 'postmaster.pid');
  const lines = await readFile(pidFile, 'utf8');
  await first.stop();
  await writeFile(pidFile, lines.replace(/^\d+/, String(process.pid)));
  if (isRoot) {
    const { uid, gid } = await stat(join(folder.path, 'postgres'));
    await chown(pidFile, uid, gid);
  }
  await using again = await startEmbedded({ dataDir: folder.path, log, settings });
  expect(again.connection).toBe(first.connection);
});

test('an empty file of the process id, left by a full disk, does not prevent a start', async () => {
  await using folder = await withFolder();
  const first = await startEmbedded({ dataDir: folder.path, log, settings });
  const pidFile = join(folder.path, 'postgres', 'postmaster.pid');
  // While PostgreSQL runs in the folder, an empty file hides it from nobody.
  const lines = await readFile(pidFile, 'utf8');
  await truncate(pidFile);
  expect(await findPostmaster(join(folder.path, 'postgres'))).toBe(Number.parseInt(lines, 10));
  await writeFile(pidFile, lines);
  await first.stop();
  await writeFile(pidFile, '');
  await using again = await startEmbedded({ dataDir: folder.path, log, settings });
  expect(again.connection).toBe(first.connection);
});

test('a folder of another PostgreSQL version, or of something else, is left alone', async () => {
  await using folder = await withFolder();
  await mkdir(join(folder.path, 'old', 'postgres'), { recursive: true });
  await writeFile(join(folder.path, 'old', 'postgres', 'PG_VERSION'), '15\n');
  await mkdir(join(folder.path, 'other', 'postgres'), { recursive: true });
  await writeFile(join(folder.path, 'other', 'postgres', 'holiday.jpg'), '');
  const start = (name: string) => startEmbedded({ dataDir: join(folder.path, name), log, settings });
  await expect(start('old')).rejects.toThrow(
    /was made by PostgreSQL 15, and this program brings PostgreSQL 18/,
  );
  await expect(start('other')).rejects.toThrow(/is not empty and is not a PostgreSQL data folder/);
  expect(await readdir(join(folder.path, 'other', 'postgres'))).toEqual(['holiday.jpg']);
});

test('what PostgreSQL said is quoted when it does not start', async () => {
  await using folder = await withFolder();
  const start = startEmbedded({
    dataDir: folder.path,
    log,
    settings: { ...settings, shared_buffers: '1kB' },
  });
  await expect(start).rejects.toThrow(/did not start: .*exit code 1.*shared_buffers/s);
});

const nobodyCanRun = isRoot && spawnSync('ls', [SCRIPT], { uid: NOBODY, gid: NOBODY }).status === 0;

test.skipIf(!nobodyCanRun)('it runs for an ordinary user as it does for root', async () => {
  await using folder = await withFolder();
  await chown(folder.path, NOBODY, NOBODY);
  await using server = await runServer(join(folder.path, 'data'), { uid: NOBODY, gid: NOBODY });
  if (!('connection' in server.answer)) throw new Error(server.answer.refused);
  await using database = createDatabase({ connection: server.answer.connection, log, use: 'lapwing test' });
  expect((await database.pool.query('SELECT 1')).rowCount).toBe(1);
  expect((await stat(join(folder.path, 'data', 'postgres'))).uid).toBe(NOBODY);
});

test.skipIf(!nobodyCanRun)(
  'it runs for a user without a name where nss_wrapper is, and names it elsewhere',
  async () => {
    const NAMELESS = 123_456;
    await using folder = await withFolder();
    await chown(folder.path, NAMELESS, 0);
    await using server = await runServer(join(folder.path, 'data'), { uid: NAMELESS, gid: 0 });
    const found = await withUserName(NAMELESS, () => Promise.resolve(true)).catch(() => false);
    if (found) expect(server.answer).toHaveProperty('connection');
    else
      expect(server.answer).toMatchObject({ refused: expect.stringContaining('libnss-wrapper') as string });
  },
);

const canDisguise = isRoot && spawnSync('unshare', ['--user', 'true']).status === 0;

test.skipIf(!canDisguise)('root in a folder nobody else may enter runs it all the same', async () => {
  await using folder = await withFolder();
  await chmod(folder.path, 0o700);
  const first = await startEmbedded({ dataDir: folder.path, log, settings });
  expect((await stat(join(folder.path, 'postgres'))).uid).toBe(0);
  await first.stop();
  await using again = await startEmbedded({ dataDir: folder.path, log, settings });
  expect(isRunning((await findPostmaster(join(folder.path, 'postgres'))) ?? 0)).toBe(true);
  expect(again.connection).toBe(first.connection);
});

const hasFlock = spawnSync('sh', ['-c', 'command -v flock']).status === 0;

test.skipIf(!hasFlock)(
  'a folder in use where its process ids mean nothing (another container) is refused',
  async () => {
    await using folder = await withFolder();
    await using server = await runServer(folder.path);
    expect(server.answer).toHaveProperty('connection');
    const dataFolder = join(folder.path, 'postgres');
    const lines = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8');
    // As seen from another container: the process is not there, and neither is its shared memory.
    await rm(join(folder.path, 'server.pid'));
    await writeFile(
      join(dataFolder, 'postmaster.pid'),
      lines.replace(/^\d+/, '2147483646').replace(/^ *\d+ +\d+$/m, ''),
    );
    const start = startEmbedded({ dataDir: folder.path, log, settings });
    await expect(start).rejects.toThrow('is in use by another server, whose process cannot be seen');
    await writeFile(join(dataFolder, 'postmaster.pid'), lines);
    await writeFile(join(folder.path, 'server.pid'), String(server.pid));
  },
);
