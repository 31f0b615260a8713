/**
 * What this machine says of itself, raw. Null stands for a figure it does not have: Windows keeps no load average,
 * a container may show no disk, a machine may have no network.
 */
import { availableParallelism, cpus, loadavg, platform } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Systeminformation, fsStats, mem, networkStats } from 'systeminformation';
import { readLinuxDisk, readLinuxMemoryPercent, readLinuxNetwork } from './linux-counters.ts';
import type { Totals } from './totals.ts';

export interface HostProbe {
  /** Milliseconds of all processors together. */
  readCpu(): Promise<Totals<'busy' | 'all'> | null>;
  /** Memory that could not be given to a program without swapping, in percent of all. */
  readMemoryPercent(): Promise<number | null>;
  /** Processes running or waiting to run, averaged over a minute. */
  readLoad(): Promise<number | null>;
  /** Bytes of the mounted file systems. */
  readDisk(): Promise<Totals<'read' | 'written'> | null>;
  /** Bytes of the interface of the default route. */
  readNetwork(): Promise<Totals<'in' | 'out'> | null>;
  /** 99th percentile of how late this process's event loop was since the last call, in milliseconds. */
  takeLoopDelayMs(): Promise<number | null>;
  readonly processors: number;
  stop(): void;
}

/** Each sample wakes the process, all day long: 100 of them in the usual period of 5 s are enough for a 99th percentile. */
const LOOP_RESOLUTION_MS = 50;

export function createHostProbe(): HostProbe {
  const loopDelay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  loopDelay.enable();
  const isLinux = platform() === 'linux';
  return {
    readCpu,
    readMemoryPercent: isLinux ? readLinuxMemoryPercent : readMemoryPercent,
    readLoad,
    readDisk: isLinux ? readLinuxDisk : readDisk,
    readNetwork: isLinux ? readLinuxNetwork : readNetwork,
    takeLoopDelayMs() {
      const isEmpty = loopDelay.count === 0;
      // The histogram holds the time between two firings of a timer in ns: the wait asked for is not a delay.
      const delayMs = Math.max(0, loopDelay.percentile(99) / 1e6 - LOOP_RESOLUTION_MS);
      loopDelay.reset();
      return Promise.resolve(isEmpty ? null : delayMs);
    },
    processors: availableParallelism(),
    stop: () => void loopDelay.disable(),
  };
}

function readCpu(): Promise<Totals<'busy' | 'all'> | null> {
  let [busy, all] = [0, 0];
  for (const { times } of cpus()) {
    const total = times.user + times.nice + times.sys + times.idle + times.irq;
    busy += total - times.idle;
    all += total;
  }
  return Promise.resolve(all > 0 ? { busy, all } : null);
}

async function readMemoryPercent(): Promise<number | null> {
  const { total, available } = await mem();
  return total > 0 ? (100 * (total - available)) / total : null;
}

function readLoad(): Promise<number | null> {
  const [oneMinute] = loadavg();
  return Promise.resolve(platform() === 'win32' || oneMinute === undefined ? null : oneMinute);
}

async function readDisk(): Promise<Totals<'read' | 'written'> | null> {
  const stats = await askDisk();
  // A machine that has read nothing since it started is one whose disks are hidden from us.
  return stats === null || stats.rx + stats.wx === 0 ? null : { read: stats.rx, written: stats.wx };
}

async function readNetwork(): Promise<Totals<'in' | 'out'> | null> {
  const [stats] = await networkStats();
  if (stats === undefined || stats.rx_bytes + stats.tx_bytes === 0) return null;
  return { in: stats.rx_bytes, out: stats.tx_bytes };
}

/** The library's types leave out that it answers null where it has no way to ask. */
function askDisk(): Promise<Systeminformation.FsStatsData | null> {
  return fsStats();
}
