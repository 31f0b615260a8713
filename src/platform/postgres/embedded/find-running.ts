/** The embedded database of a server that runs already: for commands that work beside it. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findPostmaster } from './folder-lock.ts';
import { nameConnection } from './start.ts';

/** PostgreSQL's own file says where its socket is: https://www.postgresql.org/docs/current/storage-file-layout.html */
const SOCKET_LINE = 4;

/** @returns its URL; null when none runs in the folder */
export async function findRunningEmbedded(dataDir: string): Promise<string | null> {
  const folder = join(resolve(dataDir), 'postgres');
  if ((await findPostmaster(folder)) === null) return null;
  const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n');
  const socketFolder = lines[SOCKET_LINE]?.trim() ?? '';
  return socketFolder === '' ? null : nameConnection(socketFolder);
}
