/**
 * Figures of a Linux host from its own files: proc(5). The library that reads them elsewhere starts processes for them,
 * and where none can be started (no memory, too large an environment) it throws where nothing can catch it.
 */
import { readFile } from 'node:fs/promises';
import type { Totals } from './totals.ts';

const SECTOR_BYTES = 512;
/** Whole disks; partitions are part of one, and what is stacked on disks (dm, md, loop) is written to them again. */
const DISK = /^(?:sd[a-z]+|hd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+|dasd[a-z]+|pmem\d+)$/;
/** Flag of a route that is in use. */
const ROUTE_UP = 1;

/** In percent of all. */
export async function readLinuxMemoryPercent(): Promise<number | null> {
  return parseMemory(await readFile('/proc/meminfo', 'latin1'));
}

export async function readLinuxDisk(): Promise<Totals<'read' | 'written'> | null> {
  return parseDisks(await readFile('/proc/diskstats', 'latin1'));
}

/** Of the interface of the default route; of all but loopback where there is none. */
export async function readLinuxNetwork(): Promise<Totals<'in' | 'out'> | null> {
  const [devices, routes] = await Promise.all([
    readFile('/proc/net/dev', 'latin1'),
    // Not there where IPv4 is switched off.
    readFile('/proc/net/route', 'latin1').catch(() => ''),
  ]);
  return parseNetwork(devices, findDefaultInterface(routes));
}

/** @param text of /proc/meminfo */
export function parseMemory(text: string): number | null {
  const [total, available] = [readField(text, 'MemTotal'), readField(text, 'MemAvailable')];
  return total === null || available === null || total <= 0 ? null : (100 * (total - available)) / total;
}

function readField(text: string, name: string): number | null {
  const [, value] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text) ?? [];
  return value === undefined ? null : Number(value);
}

/** @param text of /proc/diskstats; null where no disk has been read or written, as where a container hides them */
export function parseDisks(text: string): Totals<'read' | 'written'> | null {
  let [read, written] = [0, 0];
  for (const line of text.split('\n')) {
    const [, , name = '', , , sectorsRead, , , , sectorsWritten] = line.trim().split(/\s+/);
    if (!DISK.test(name)) continue;
    read += Number(sectorsRead) * SECTOR_BYTES;
    written += Number(sectorsWritten) * SECTOR_BYTES;
  }
  return read + written > 0 ? { read, written } : null;
}

/** @param text of /proc/net/route */
export function findDefaultInterface(text: string): string | null {
  for (const line of text.split('\n').slice(1)) {
    const [name, destination, , flags = '0'] = line.split('\t');
    const isUp = (Number.parseInt(flags, 16) & ROUTE_UP) !== 0;
    if (name !== undefined && destination === '00000000' && isUp) return name;
  }
  return null;
}

/**
 * @param text of /proc/net/dev
 * @param only the one interface that counts; null for all of them
 */
export function parseNetwork(text: string, only: string | null): Totals<'in' | 'out'> | null {
  let [received, sent] = [0, 0];
  for (const line of text.split('\n').slice(2)) {
    const [name = '', counts = ''] = line.split(':').map((part) => part.trim());
    if (name === '' || (only === null ? name === 'lo' : name !== only)) continue;
    const [bytesIn, , , , , , , , bytesOut] = counts.split(/\s+/).map(Number);
    received += bytesIn ?? 0;
    sent += bytesOut ?? 0;
  }
  return received + sent > 0 ? { in: received, out: sent } : null;
}
