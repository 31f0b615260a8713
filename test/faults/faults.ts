/** What can break under a loaded server. Each fault leaves everything working again when it is over. */
import { open, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Proxy } from './proxy.ts';
import {
  findCluster,
  hideControlFile,
  listBackends,
  listChildren,
  readPostmaster,
} from './postgres-processes.ts';

/** What a fault may break. */
export interface Patient {
  readonly dataDir: string;
  /** Kills the server and everything it started, and starts it again. */
  readonly restart: () => Promise<void>;
  /** Resolves when batches are acknowledged again. */
  readonly progress: () => Promise<void>;
  readonly proxy: Proxy;
  readonly clockFile: string;
  /** A number in [0, 1). */
  readonly pick: () => number;
  /** How long a fault that lasts is to last. */
  readonly seconds: number;
}

export type Fault = (patient: Patient) => Promise<void>;

const killServer: Fault = async ({ restart, pick }) => {
  await pause(200 + 1000 * pick());
  await restart();
};

const killPostmaster: Fault = async ({ dataDir, pick }) => {
  await pause(200 + 500 * pick());
  const cluster = await findCluster(dataDir);
  for (;;) {
    try {
      process.kill(await readPostmaster(cluster), 'SIGKILL');
      return;
    } catch {
      // Batches that were under way may be acknowledged before the one killed last is started again.
      await pause(50);
    }
  }
};

/** PostgreSQL ends every other connection too when one ends like this. */
const killBackend: Fault = async ({ dataDir, pick }) => {
  await pause(200 + 500 * pick());
  const backends = await listBackends(await readPostmaster(await findCluster(dataDir)));
  const victim = backends[Math.floor(pick() * backends.length)];
  if (victim === undefined) throw new Error('PostgreSQL serves nobody');
  process.kill(victim, 'SIGKILL');
};

const takeDatabaseAway: Fault = async ({ dataDir, seconds }) => {
  const cluster = await findCluster(dataDir);
  const postmaster = await readPostmaster(cluster);
  const putBack = await hideControlFile(cluster);
  process.kill(postmaster, 'SIGKILL');
  await pause(seconds * 1000);
  await putBack();
};

const freezeDatabase: Fault = async ({ dataDir, seconds }) => {
  const postmaster = await readPostmaster(await findCluster(dataDir));
  const all = [postmaster, ...(await listChildren(postmaster))];
  for (const pid of all) process.kill(pid, 'SIGSTOP');
  await pause(seconds * 1000);
  for (const pid of all) {
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // Ended meanwhile.
    }
  }
};

/** Only ever fills a file system made for it. */
const LARGEST_DISK_BYTES = 2_000_000_000;
const BALLAST_BYTES = 1_000_000;

/** Fills the disk to the last byte; PostgreSQL fails a statement, or ends when it was the log it could not write. */
const fillDisk: Fault = async ({ dataDir, seconds }) => {
  const { blocks, bsize } = await statfs(dataDir);
  if (blocks * bsize > LARGEST_DISK_BYTES)
    throw new Error('--parent: expected a small file system, e.g. a tmpfs');
  const path = join(dataDir, 'ballast');
  const ballast = await open(path, 'w');
  try {
    const until = performance.now() + seconds * 1000;
    while (performance.now() < until) await writeBallast(ballast);
  } finally {
    await ballast.close();
    await rm(path);
  }
};

/** What is freed meanwhile is taken too. */
async function writeBallast(ballast: Awaited<ReturnType<typeof open>>): Promise<void> {
  try {
    await ballast.write(Buffer.alloc(BALLAST_BYTES));
  } catch {
    await ballast.write(Buffer.alloc(1)).catch(() => pause(50));
  }
}

const cutNetwork: Fault = async ({ proxy, seconds }) => {
  proxy.setCut(true);
  await pause(seconds * 1000);
  proxy.setCut(false);
};

const resetConnections: Fault = async ({ proxy, pick }) => {
  await pause(200 + 500 * pick());
  proxy.reset();
};

const sliceBytes: Fault = async ({ proxy, progress }) => {
  proxy.setSliced(true);
  await progress();
  proxy.setSliced(false);
};

const HOUR_MS = 3_600_000;

const jumpClock: Fault = async ({ clockFile, progress }) => {
  for (const shiftMs of [-HOUR_MS, HOUR_MS, 24 * HOUR_MS, -24 * HOUR_MS, 0]) {
    await writeFile(clockFile, String(shiftMs));
    // The clock is looked at ten times a second.
    await pause(300);
    await progress();
  }
};

export const FAULTS: Readonly<Record<string, Fault>> = {
  'kill-server': killServer,
  'kill-postmaster': killPostmaster,
  'kill-backend': killBackend,
  'database-away': takeDatabaseAway,
  'database-frozen': freezeDatabase,
  'disk-full': fillDisk,
  'network-cut': cutNetwork,
  'connections-reset': resetConnections,
  'bytes-sliced': sliceBytes,
  'clock-jumps': jumpClock,
};
