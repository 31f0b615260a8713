/**
 * Who uses the data folder: PostgreSQL's own postmaster.pid, and beside the folder the process id of the server that
 * started it. Together they distinguish a second server, which must be refused, from a killed one's PostgreSQL, which is
 * about to stop.
 */
import { readFileSync, statSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../log.ts';
import { EmbeddedError } from './embedded-error.ts';
import { hasCode } from '../error-text.ts';

const POLL_MS = 50;
/** A fast shutdown writes what is in memory to disk, which takes its time on a slow one. */
const ORPHAN_LIMIT_MS = 60_000;

/**
 * Makes sure that no PostgreSQL runs in the folder: waits for one whose server was killed.
 * @param serverFile where the server's process id stands
 * @throws EmbeddedError naming the process, when another server uses the folder
 */
export async function clearFolder(folder: string, serverFile: string, log: Log): Promise<void> {
  const deadline = performance.now() + ORPHAN_LIMIT_MS;
  for (let isLogged = false; ; isLogged = true) {
    const postmaster = await findPostmaster(folder);
    if (postmaster === null) return;
    const server = await readPid(serverFile);
    if (server !== null && server !== process.pid && isRunning(server)) {
      throw new EmbeddedError(
        `the folder ${folder} is in use by another server, process ${server} (its PostgreSQL is process ` +
          `${postmaster}): stop that one, or choose another LAPWING_DATA_DIR`,
      );
    }
    if (performance.now() > deadline) {
      throw new EmbeddedError(
        `the folder ${folder} is in use by PostgreSQL process ${postmaster}, which does not stop: ` +
          `stop it (kill -INT ${postmaster}) and start again`,
      );
    }
    if (!isLogged) log.warn({ postmaster }, 'waiting for the PostgreSQL of a killed server to stop');
    await sleep(POLL_MS);
  }
}

/** Notes that this process is the folder's server. */
export async function claimFolder(serverFile: string): Promise<void> {
  await writeFile(serverFile, `${process.pid}\n`, { mode: 0o644 });
}

/** Process id of the PostgreSQL that runs in the folder; null when none does. */
export async function findPostmaster(folder: string): Promise<number | null> {
  const pidFile = join(folder, 'postmaster.pid');
  const pid = await readPid(pidFile);
  if (pid === null) return (await isEmptyFile(pidFile)) ? findByFolder(folder) : null;
  if (!isRunning(pid)) return null;
  return (await isPostmasterOf(pid, folder)) ? pid : null;
}

/** Whether a process exists and is more than a zombie. */
export function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    if (!hasCode(error, 'EPERM')) return false;
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // No /proc on this system, or the process ended meanwhile.
    return process.platform !== 'linux';
  }
}

/** A postmaster works in its data folder; where that cannot be seen it is taken for one. */
async function isPostmasterOf(pid: number, folder: string): Promise<boolean> {
  const { dev, ino } = await stat(folder);
  try {
    return worksIn(pid, dev, ino);
  } catch {
    return true;
  }
}

/** Not by path: where the folder is mounted a second time, as in a container, it has another one. */
function worksIn(pid: number | string, dev: number, ino: number): boolean {
  const cwd = statSync(`/proc/${pid}/cwd`);
  return cwd.dev === dev && cwd.ino === ino;
}

async function isEmptyFile(file: string): Promise<boolean> {
  return (await readFile(file, 'utf8').catch(() => null))?.trim() === '';
}

/** The process that works in the folder, for a PostgreSQL that has not written its process id; null outside Linux. */
async function findByFolder(folder: string): Promise<number | null> {
  const { dev, ino } = await stat(folder);
  const names = await readdir('/proc').catch(() => []);
  const found = names.find((name) => {
    try {
      return /^\d+$/.test(name) && worksIn(name, dev, ino);
    } catch {
      return false;
    }
  });
  return found === undefined ? null : Number(found);
}

async function readPid(file: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = /^\d+/.exec(text)?.[0];
  return pid === undefined ? null : Number(pid);
}
