/** The metrics of a host: one row each, and which of them this machine has. */
import type { HostProbe } from './host-probe.ts';

export const HOST_METRICS = [
  'CPUUtilization',
  'MemoryUtilization',
  'LoadAverage1',
  'DiskReadBytesPerSecond',
  'DiskWriteBytesPerSecond',
  'NetworkInBytesPerSecond',
  'NetworkOutBytesPerSecond',
  'EventLoopDelay',
] as const;
export type HostMetric = (typeof HOST_METRICS)[number];

export interface HostMetricRow {
  /** A CloudWatch unit; null for a bare number. */
  readonly unit: string | null;
  readonly statistic: string;
  readonly about: string;
  /** Where its values are expected, so that watching starts at once; larger ones are no error. */
  readonly max: number;
}

const BYTES_PER_SECOND = { unit: 'Bytes/Second', statistic: 'Average', max: 10_000_000 };

/** @param processors how many this host has */
export function describeHostMetrics(processors: number): Readonly<Record<HostMetric, HostMetricRow>> {
  const percent = { unit: 'Percent', statistic: 'Average', max: 100 };
  return {
    CPUUtilization: { ...percent, about: 'Processor time in use' },
    MemoryUtilization: { ...percent, about: 'Memory in use' },
    LoadAverage1: {
      unit: null,
      statistic: 'Average',
      max: 4 * processors,
      about: 'Processes running or waiting to, over a minute,',
    },
    DiskReadBytesPerSecond: { ...BYTES_PER_SECOND, about: 'Bytes read from disk' },
    DiskWriteBytesPerSecond: { ...BYTES_PER_SECOND, about: 'Bytes written to disk' },
    NetworkInBytesPerSecond: { ...BYTES_PER_SECOND, about: 'Bytes received from the network' },
    NetworkOutBytesPerSecond: { ...BYTES_PER_SECOND, about: 'Bytes sent to the network' },
    EventLoopDelay: {
      unit: 'Milliseconds',
      statistic: 'p99',
      max: 1000,
      about: "Delay of this server's event loop",
    },
  };
}

/** A figure that cannot be had now is not offered: nothing is made up. */
export async function findSupported(probe: HostProbe): Promise<readonly HostMetric[]> {
  const has = async (figure: Promise<unknown>) => (await figure.catch(() => null)) !== null;
  const [cpu, memory, load, disk, network] = await Promise.all([
    has(probe.readCpu()),
    has(probe.readMemoryPercent()),
    has(probe.readLoad()),
    has(probe.readDisk()),
    has(probe.readNetwork()),
  ]);
  const isThere: Readonly<Record<HostMetric, boolean>> = {
    CPUUtilization: cpu,
    MemoryUtilization: memory,
    LoadAverage1: load,
    DiskReadBytesPerSecond: disk,
    DiskWriteBytesPerSecond: disk,
    NetworkInBytesPerSecond: network,
    NetworkOutBytesPerSecond: network,
    EventLoopDelay: true,
  };
  return HOST_METRICS.filter((metric) => isThere[metric]);
}
