/** One measuring of the host: every figure once, rates made of counts. */
import type { HostMetric } from './host-metrics.ts';
import type { HostProbe } from './host-probe.ts';

/** A figure, null where there is none this time, or why it could not be had. */
export type Figure = number | null | Error;
export type HostReading = Readonly<Record<HostMetric, Figure>>;

/** Asks the probe for everything once. One thing that fails costs only its own figures. */
export type MeasureHost = () => Promise<HostReading>;

/**
 * @param clockMs a clock that never goes back, in milliseconds
 * @returns a measuring whose rates are over the time since its last call; the first has none
 */
export function createHostMeasuring(probe: HostProbe, clockMs: () => number): MeasureHost {
  const cpuRates = createRates(() => probe.readCpu(), clockMs);
  const diskRates = createRates(() => probe.readDisk(), clockMs);
  const networkRates = createRates(() => probe.readNetwork(), clockMs);
  return async () => {
    const [cpu, disk, network, memory, load, loopDelay] = await Promise.all([
      settle(cpuRates()),
      settle(diskRates()),
      settle(networkRates()),
      settle(probe.readMemoryPercent()),
      settle(probe.readLoad()),
      settle(probe.takeLoopDelayMs()),
    ]);
    return {
      CPUUtilization: derive(cpu, ({ busy, all }) => (all > 0 ? Math.min(100, (100 * busy) / all) : null)),
      MemoryUtilization: memory,
      LoadAverage1: load,
      DiskReadBytesPerSecond: derive(disk, (rates) => rates.read),
      DiskWriteBytesPerSecond: derive(disk, (rates) => rates.written),
      NetworkInBytesPerSecond: derive(network, (rates) => rates.in),
      NetworkOutBytesPerSecond: derive(network, (rates) => rates.out),
      EventLoopDelay: loopDelay,
    };
  };
}

/** The library keeps an answer for half a second: over less time a rate would be 0 whatever happens. */
const SHORTEST_RATE_MS = 600;

/** Turns counts into what they grew by per second; null at first, after a restart of the counts, and over no time. */
function createRates<Totals extends Readonly<Record<string, number>>>(
  readTotals: () => Promise<Totals | null>,
  clockMs: () => number,
): () => Promise<Totals | null> {
  let last: { readonly totals: Totals; readonly atMs: number } | null = null;
  return async () => {
    const totals = await readTotals();
    const atMs = clockMs();
    const before = last;
    if (totals !== null && before !== null && atMs - before.atMs < SHORTEST_RATE_MS) return null;
    last = totals === null ? null : { totals, atMs };
    if (totals === null || before === null) return null;
    const seconds = (atMs - before.atMs) / 1000;
    const rates = Object.entries(totals).map(([key, total]) => [
      key,
      (total - (before.totals[key] ?? total)) / seconds,
    ]);
    if (rates.some(([, rate]) => Number(rate) < 0)) return null;
    // The keys are those of `totals`, and so are the types of the values.
    return Object.fromEntries(rates) as Totals;
  };
}

function settle<T>(promise: Promise<T>): Promise<T | Error> {
  return promise.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}

function derive<T extends object>(rates: T | null | Error, pick: (rates: T) => number | null): Figure {
  return rates === null || rates instanceof Error ? rates : pick(rates);
}
