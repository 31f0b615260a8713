/** What each process burns: on two cores shared by all of them, the sum of it is what bounds the rate. */
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

/** Linux counts in hundredths of a second, whatever the machine. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU so far, of a process and the children it has waited for; 0 where the system has no /proc. */
export async function readCpuSeconds(pid: number): Promise<number> {
  const stat = await readStat(pid);
  return stat === null ? 0 : (stat.own + stat.children) / TICKS_PER_SECOND;
}

/** The same of a whole database server, found by one of its connections. */
export async function readDatabaseCpuSeconds(connection: string): Promise<number> {
  const client = new pg.Client({ connectionString: connection });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const backend = await readStat(rows[0]?.pid ?? 0);
  const postmaster = backend?.parent;
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter(Number.isInteger);
  let ticks = 0;
  for (const pid of pids) {
    const stat = await readStat(pid);
    if (stat === null || postmaster === undefined) continue;
    if (pid === postmaster) ticks += stat.own + stat.children;
    else if (stat.parent === postmaster) ticks += stat.own;
  }
  await client.end();
  return ticks / TICKS_PER_SECOND;
}

/** proc(5): the name in parentheses may hold anything; behind it state, parent, …, utime, stime, cutime, cstime. */
async function readStat(pid: number): Promise<{ parent: number; own: number; children: number } | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const read = (place: number) => fields[place] ?? 0;
  return { parent: read(1), own: read(11) + read(12), children: read(13) + read(14) };
}
