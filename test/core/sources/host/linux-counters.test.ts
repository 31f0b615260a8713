/** What Linux says of itself, in its own words. */
import { platform } from 'node:os';
import { describe, expect, test } from 'vitest';
import {
  findDefaultInterface,
  parseDisks,
  parseMemory,
  parseNetwork,
  readLinuxDisk,
  readLinuxMemoryPercent,
  readLinuxNetwork,
} from '../../../../src/core/sources/host/linux-counters.ts';

const DISKSTATS = `   7       0 loop0 5 0 10 0 0 0 0 0 0 0 0 0 0 0 0 0 0
 254       0 vda 33186 3520 2000 8170 57114 43010 3000 51402 0 31036 60172 0 0 0 0 600 598
 254       1 vda1 30000 3520 1900 8170 57114 43010 2900 51402 0 31036 60172 0 0 0 0 0 0
 259       0 nvme0n1 10 0 100 1 20 0 200 2 0 3 4
 259       1 nvme0n1p1 10 0 100 1 20 0 200 2 0 3 4
 253       0 dm-0 10 0 5000 1 20 0 5000 2 0 3 4
 252       0 zram0 10 0 5000 1 20 0 5000 2 0 3 4
`;
const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1261624923  200011    0    0    0     0          0         0 1261624923  200011    0    0    0     0       0          0
  eth0: 5000 20    0    0    0     0          0         0    7000   11    0    0    0     0       0          0
docker0:600 20    0    0    0     0          0         0    800   11    0    0    0     0       0          0
`;
const ROUTE =
  'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n' +
  'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n' +
  'wlan0\t00000000\t0100A8C0\t0002\t0\t0\t600\t00000000\t0\t0\t0\n' +
  'eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n';

test('memory that could not be given to a program, in percent', () => {
  const text = 'MemTotal:       16000000 kB\nMemFree:  1000 kB\nMemAvailable:   12000000 kB\nCached: 5 kB\n';
  expect(parseMemory(text)).toBe(25);
  expect(parseMemory('MemTotal: 16000000 kB\n')).toBeNull();
});

test('bytes of whole disks: no partition, and nothing that is stacked on disks, counts twice', () => {
  expect(parseDisks(DISKSTATS)).toEqual({ read: 2100 * 512, written: 3200 * 512 });
  expect(parseDisks('')).toBeNull();
});

describe('bytes of the network', () => {
  test('are those of the default route that is up', () => {
    expect(findDefaultInterface(ROUTE)).toBe('eth0');
    expect(parseNetwork(DEV, 'eth0')).toEqual({ in: 5000, out: 7000 });
  });

  test('are those of all interfaces but loopback where there is none', () => {
    expect(findDefaultInterface('')).toBeNull();
    expect(parseNetwork(DEV, null)).toEqual({ in: 5600, out: 7800 });
    expect(parseNetwork('', null)).toBeNull();
  });
});

test.runIf(platform() === 'linux')('this machine is read', async () => {
  expect(await readLinuxMemoryPercent()).toBeGreaterThan(0);
  for (const totals of [await readLinuxDisk(), await readLinuxNetwork()]) {
    if (totals !== null) for (const bytes of Object.values(totals)) expect(bytes).toBeGreaterThanOrEqual(0);
  }
});
