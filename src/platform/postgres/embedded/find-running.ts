/** The embedded database as it was left by a server, or is run by one: for commands that work on what is there. */
import { access, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hasCode } from '../error-text.ts';
import { EmbeddedError } from './embedded-error.ts';
import { findPostmaster } from './folder-lock.ts';
import { nameConnection } from './start.ts';

/** PostgreSQL's own file says where its socket is: https://www.postgresql.org/docs/current/storage-file-layout.html */
const SOCKET_LINE = 4;

/** @returns its URL; null when none runs in the folder */
export async function findRunningEmbedded(dataDir: string): Promise<string | null> {
  const folder = join(resolve(dataDir), 'postgres');
  const postmaster = await findPostmaster(folder);
  if (postmaster === null) return null;
  const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n');
  const socketFolder = lines[SOCKET_LINE]?.trim() ?? '';
  if (socketFolder === '') return null;
  // A service may have a folder for temporary files of its own (PrivateTmp= of systemd): it is seen through the process.
  const seen = `/proc/${postmaster}/root${socketFolder}`;
  return nameConnection((await hasSocket(seen)) ? seen : socketFolder);
}

async function hasSocket(folder: string): Promise<boolean> {
  return access(join(folder, '.s.PGSQL.5432')).then(
    () => true,
    () => false,
  );
}

/**
 * Before a command that only takes something out: one that is run in another folder than the server would make a database
 * there, and take nothing for all there is.
 * @throws EmbeddedError when no server has used the folder
 */
export async function requireEmbedded(dataDir: string): Promise<void> {
  const folder = resolve(dataDir);
  const failure: unknown = await access(join(folder, 'postgres')).catch((error: unknown) => error);
  if (!hasCode(failure, 'ENOENT')) return;
  throw new EmbeddedError(
    `there is no database in LAPWING_DATA_DIR=${folder}: set LAPWING_DATA_DIR, or DATABASE_URL, as the server has it`,
  );
}
