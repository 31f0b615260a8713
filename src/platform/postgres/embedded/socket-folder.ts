/** The folder of the Unix socket: private, and short, for a socket's whole path may have 103 bytes only. */
import { createHash } from 'node:crypto';
import { access, chmod, chown, lstat, mkdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from './os-user.ts';
import { EmbeddedError } from './embedded-error.ts';
import { hasCode } from '../error-text.ts';
import type { Log } from '../../../log.ts';
import type { SupervisedProcess } from './supervise.ts';

/** 103 bytes on macOS, 107 on Linux, less "/.s.PGSQL.5432.lock". */
const MAX_FOLDER_BYTES = 80;

const LOOK_MS = 1_000;
const MISSES = 3;

/**
 * Ends a PostgreSQL whose socket was taken away, by what cleans the folder for temporary files, or `rm -rf /tmp/*`: it would go on
 * with the connections it has and let nobody else in, and never make another. It is started again with one.
 */
export function endWithoutSocket(process: SupervisedProcess, folder: string, log: Log): SupervisedProcess {
  const socket = join(folder, '.s.PGSQL.5432');
  let misses = 0;
  let hasEnded = false;
  const look = async () => {
    const isGone = await access(socket).then(
      () => false,
      (error: unknown) => hasCode(error, 'ENOENT'),
    );
    misses = isGone ? misses + 1 : 0;
    // PostgreSQL removes it itself in the moment it ends.
    if (misses < MISSES || hasEnded) return;
    clearInterval(timer);
    log.error({ socket }, 'the socket of the database is gone');
    await process.stop();
  };
  const timer = setInterval(() => void look(), LOOK_MS).unref();
  void process.exited.then(() => {
    hasEnded = true;
    clearInterval(timer);
  });
  return process;
}

/**
 * Makes the folder, the same one for the same data folder each time, so that a killed server leaves no litter.
 * @throws EmbeddedError when somebody else's folder stands in the way
 */
export async function prepareSocketFolder(dataFolder: string, account: Account): Promise<string> {
  const name = `lapwing-${createHash('sha256')
    .update(await realpath(dataFolder))
    .digest('hex')
    .slice(0, 16)}`;
  const preferred = join(tmpdir(), name);
  const folder = Buffer.byteLength(preferred) <= MAX_FOLDER_BYTES ? preferred : join('/tmp', name);
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
  const found = await lstat(folder);
  // In a folder all may write to, another user could have put a trap of this name.
  const trusted = found.uid === account.uid || found.uid === process.getuid?.();
  if (!found.isDirectory() || !trusted) {
    throw new EmbeddedError(
      `${folder} belongs to user ${found.uid}, but the database's socket goes there: remove it`,
    );
  }
  await chown(folder, account.uid, account.gid);
  await chmod(folder, 0o700);
  return folder;
}
