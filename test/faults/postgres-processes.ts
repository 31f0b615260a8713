/** The processes of an embedded database, found by its data folder (Linux). */
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder PostgreSQL itself works in, somewhere below the server's data folder. */
export async function findCluster(dataDir: string): Promise<string> {
  const files = await readdir(dataDir, { recursive: true });
  const version = files.find((file) => /(?:^|\/)PG_VERSION$/.test(file) && !file.includes('base/'));
  if (version === undefined) throw new Error(`no PostgreSQL below ${dataDir}`);
  return join(dataDir, version, '..');
}

/** @throws Error when none runs */
export async function readPostmaster(cluster: string): Promise<number> {
  const [pid = ''] = (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}

/** Processes that serve a connection. */
export async function listBackends(postmaster: number): Promise<readonly number[]> {
  const backends: number[] = [];
  for (const pid of await listChildren(postmaster)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (/^postgres: \w+ \w+ (?:\[local\]|[\d.]+\(\d+\))/.test(command)) backends.push(pid);
  }
  return backends;
}

export async function listChildren(parent: number): Promise<readonly number[]> {
  const children: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const status = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    // The name in brackets may hold anything; the parent is the second word after it.
    const [, ppid = ''] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    if (Number(ppid) === parent) children.push(Number(entry));
  }
  return children;
}

/** Without its control file PostgreSQL does not start: the database stays away until it is put back. */
export async function hideControlFile(cluster: string): Promise<() => Promise<void>> {
  const file = join(cluster, 'global', 'pg_control');
  const away = `${file}.away`;
  await rename(file, away);
  return () => rename(away, file);
}
