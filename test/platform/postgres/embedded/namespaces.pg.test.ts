/** A server as systemd and containers run it: it sees other mounts, or other processes, than a command beside it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../../src/log.ts';
import { openClient } from '../../../../src/platform/postgres/connection.ts';
import { findRunningEmbedded } from '../../../../src/platform/postgres/embedded/find-running.ts';
import { startEmbedded } from '../../../../src/platform/postgres/embedded/start.ts';

const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../run-embedded.ts', import.meta.url));
const canUnshare = spawnSync('unshare', ['--mount', '--pid', '--fork', '--mount-proc', 'true']).status === 0;

let folder: string;
let dataDir: string;
beforeEach(async () => {
  folder = await mkdtemp('/tmp/lapwing-namespaces-');
  await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
  await mkdir(dataDir);
  for (const name of ['mounted', 'tmp']) await mkdir(join(folder, name));
});
// The PostgreSQL of a server that was killed is ending, and still writes.
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));

/** With the data folder mounted at another path, and a folder for temporary files of its own. */
async function runServer(namespaces: readonly string[]) {
  const mounts = 'mount --bind "$1" "$2" && mount -t tmpfs tmpfs "$TMPDIR"';
  const command = `${mounts} && exec "$0" --import tsx "$3" "$2"`;
  const mounted = join(folder, 'mounted');
  const words = [...namespaces, 'sh', '-c', command, process.execPath, dataDir, mounted, SCRIPT];
  const child = spawn('unshare', words, {
    cwd: REPOSITORY,
    env: { ...process.env, TMPDIR: join(folder, 'tmp') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const lines = createInterface(child.stdout);
  const ended = once(lines, 'close');
  const [line] = (await once(lines, 'line')) as unknown[];
  const stop = async () => {
    child.kill('SIGKILL');
    await Promise.all([closed, ended]);
  };
  return { line: String(line), [Symbol.asyncDispose]: stop };
}

const startBeside = () => startEmbedded({ dataDir, log: createLog('silent'), settings: { fsync: 'off' } });
const readPidFile = () => readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8');

describe.runIf(canUnshare)('a server in namespaces of its own', () => {
  it('with a folder for temporary files of its own, as a service of systemd, lets commands in', async () => {
    await using server = await runServer(['--mount']);
    expect(server.line).toContain('connection');
    const connection = await findRunningEmbedded(dataDir);
    const client = await openClient(connection ?? '', 'lapwing test');
    const { rows } = await client.query('SELECT current_database() AS name');
    await client.end();
    expect(rows).toEqual([{ name: 'lapwing' }]);
  });

  it.each([
    ['mounts', ['--mount'], /is in use by another server, process \d+ /],
    [
      'processes, as a container',
      ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
      /is in use by another server, whose process cannot be seen from here/,
    ],
  ])('with other %s, keeps its folder', async (_, namespaces, refusal) => {
    await using server = await runServer(namespaces);
    expect(server.line).toContain('connection');
    // PostgreSQL ends itself when it finds another process in it.
    const before = await readPidFile();
    await expect(startBeside()).rejects.toThrow(refusal);
    expect(await readPidFile()).toBe(before);
  });
});
