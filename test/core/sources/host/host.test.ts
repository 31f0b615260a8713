import { describe, expect, it } from 'vitest';
import { InvalidInputError, NotSupportedError, SourceUnavailableError } from '../../../../src/errors.ts';
import { HOST_METRICS } from '../../../../src/core/sources/host/host-metrics.ts';
import { type HostProbe, createHostProbe } from '../../../../src/core/sources/host/host-probe.ts';
import { createHostSource } from '../../../../src/core/sources/host/host.ts';
import type { Polling, ReadFailure, ReadResult } from '../../../../src/core/sources/source.ts';
import { createDeferred } from '../../../helpers/deferred.ts';

const never = new AbortController().signal;
const TICK_MS = 1_700_000_000_000;

/** A machine whose figures a test turns, and whose questions it counts. */
function createMachine() {
  const figures = {
    cpu: { busy: 0, all: 0 },
    memory: 25 as number | null,
    load: 1.5 as number | null,
    disk: { read: 1000, written: 1000 } as { read: number; written: number } | null,
    network: { in: 1000, out: 1000 } as { in: number; out: number } | null,
    delay: 2,
  };
  const asked = { memory: 0 };
  const probe: HostProbe = {
    readCpu: () => Promise.resolve({ ...figures.cpu }),
    readMemoryPercent: () => {
      asked.memory += 1;
      return Promise.resolve(figures.memory);
    },
    readLoad: () => Promise.resolve(figures.load),
    readDisk: () => Promise.resolve(figures.disk && { ...figures.disk }),
    readNetwork: () => Promise.resolve(figures.network && { ...figures.network }),
    takeLoopDelayMs: () => Promise.resolve(figures.delay),
    processors: 2,
    stop: () => undefined,
  };
  return { figures, probe, asked };
}

async function watchMachine(machine = createMachine()) {
  const clock = { nowMs: TICK_MS, elapsedMs: 0 };
  const advance = (ms: number) => {
    clock.nowMs += ms;
    clock.elapsedMs += ms;
  };
  const source = await createHostSource({
    periodSeconds: 5,
    probe: machine.probe,
    now: () => clock.nowMs,
    clockMs: () => clock.elapsedMs,
  });
  if (source.polling === null) throw new Error('the host is polled');
  return { ...machine, source, polling: source.polling, clock, advance };
}

const request = (metric: string, fromMs: number | null = null, periodSeconds = 5) => ({
  metricId: metric,
  spec: { metric },
  periodSeconds,
  fromMs,
});

async function readAll(polling: Polling, signal = never) {
  const results = await polling.read(
    HOST_METRICS.map((metric) => request(metric)),
    signal,
  );
  return Object.fromEntries(results.map((result) => [result.metricId, sampleOf(result)]));
}

function sampleOf(result: ReadResult | ReadFailure | undefined) {
  return result === undefined || 'error' in result ? result?.error : result.samples[0]?.value;
}

describe('the host source', () => {
  it('makes percentages and rates of what grew since the reading before', async () => {
    const { polling, advance, figures } = await watchMachine();
    advance(5000);
    figures.cpu = { busy: 3000, all: 10_000 };
    figures.disk = { read: 1000 + 50_000, written: 1000 };
    figures.network = { in: 1000 + 5, out: 1000 + 500 };
    expect(await readAll(polling)).toEqual({
      CPUUtilization: 30,
      MemoryUtilization: 25,
      LoadAverage1: 1.5,
      DiskReadBytesPerSecond: 10_000,
      DiskWriteBytesPerSecond: 0,
      NetworkInBytesPerSecond: 1,
      NetworkOutBytesPerSecond: 100,
      EventLoopDelay: 2,
    });
  });

  it('stamps samples with the beginning of the running period, whatever the metric’s own period', async () => {
    const { polling, advance } = await watchMachine();
    advance(7300);
    const results = await polling.read(
      [request('MemoryUtilization'), request('LoadAverage1', null, 60)],
      never,
    );
    const minuteMs = Math.floor((TICK_MS + 7300) / 60_000) * 60_000;
    expect(results).toEqual([
      {
        metricId: 'MemoryUtilization',
        samples: [{ timestampMs: TICK_MS + 5000, value: 25 }],
        readToMs: TICK_MS + 5000,
      },
      { metricId: 'LoadAverage1', samples: [{ timestampMs: minuteMs, value: 1.5 }], readToMs: minuteMs },
    ]);
  });

  it('measures once for all that ask within a period', async () => {
    const { polling, advance, asked } = await watchMachine();
    advance(5000);
    const before = asked.memory;
    await readAll(polling);
    advance(4999);
    await polling.read([request('MemoryUtilization'), request('CPUUtilization')], never);
    expect(asked.memory).toBe(before + 1);
    advance(1);
    await readAll(polling);
    expect(asked.memory).toBe(before + 2);
  });

  it('gives no sample twice, and none when the clock goes back', async () => {
    const { polling, clock } = await watchMachine();
    const again = await polling.read([request('MemoryUtilization', TICK_MS)], never);
    expect(again).toEqual([{ metricId: 'MemoryUtilization', samples: [], readToMs: TICK_MS }]);
    clock.nowMs -= 3_600_000;
    const back = await polling.read([request('MemoryUtilization', TICK_MS)], never);
    expect(back).toEqual([{ metricId: 'MemoryUtilization', samples: [], readToMs: TICK_MS }]);
  });

  it('gives no rate where counts fell back to 0 or no time has passed, and goes on after', async () => {
    const { polling, advance, figures } = await watchMachine();
    advance(100);
    expect((await readAll(polling)).NetworkInBytesPerSecond).toBeUndefined();
    advance(5000);
    figures.network = { in: 10, out: 0 };
    expect((await readAll(polling)).NetworkInBytesPerSecond).toBeUndefined();
    advance(5000);
    figures.network = { in: 60, out: 0 };
    expect((await readAll(polling)).NetworkInBytesPerSecond).toBe(10);
  });

  it('fails only the figures that could not be measured', async () => {
    const machine = createMachine();
    const { polling, advance } = await watchMachine(machine);
    machine.probe.readDisk = () => Promise.reject(new Error('no such device'));
    advance(5000);
    machine.figures.cpu = { busy: 1, all: 4 };
    const figures = await readAll(polling);
    expect(figures.DiskReadBytesPerSecond).toBeInstanceOf(SourceUnavailableError);
    expect(String(figures.DiskReadBytesPerSecond)).toContain('no such device');
    expect(figures.CPUUtilization).toBe(25);
  });

  it('answers with failures when it is told to stop while the machine does not answer', async () => {
    const machine = createMachine();
    const { polling, advance } = await watchMachine(machine);
    machine.probe.readMemoryPercent = () => createDeferred<number | null>().promise;
    advance(5000);
    const aborting = new AbortController();
    const reading = readAll(polling, aborting.signal);
    aborting.abort();
    expect((await reading).CPUUtilization).toBeInstanceOf(SourceUnavailableError);
  });

  it('leaves out what this machine does not have', async () => {
    const machine = createMachine();
    machine.figures.disk = null;
    machine.figures.load = null;
    machine.probe.readNetwork = () => Promise.reject(new Error('no network'));
    const { source, polling } = await watchMachine(machine);
    const left = ['CPUUtilization', 'MemoryUtilization', 'EventLoopDelay'];
    expect(source.supported).toEqual(left);
    expect(source.catalogue()[0]?.metrics.map(({ metric }) => metric)).toEqual(left);
    expect(() => source.describe({ metric: 'LoadAverage1' })).toThrow(NotSupportedError);
    const [result] = await polling.read([request('LoadAverage1')], never);
    expect(sampleOf(result)).toBeInstanceOf(NotSupportedError);
  });

  it('describes a metric so that it is monitored at once', async () => {
    const { source } = await watchMachine();
    const { resource, ...metric } = source.describe({ metric: 'LoadAverage1' });
    expect(metric).toMatchObject({
      identity: 'LoadAverage1',
      name: 'Host/LoadAverage1',
      location: 'local',
      periodSeconds: 5,
      modelParams: { min: 0, max: 8 },
    });
    expect(metric.server).toBe(`local/Host/${resource?.resourceId ?? ''}`);
    expect(resource?.tags.map(({ key }) => key)).toEqual(expect.arrayContaining(['os', 'arch', 'cpus']));
  });

  it.each([
    [null, InvalidInputError, 'host'],
    ['CPUUtilization', InvalidInputError, 'host'],
    [{}, InvalidInputError, 'metric'],
    [{ metric: 5 }, InvalidInputError, 'metric'],
    [{ metric: 'CPUUtilization', more: 1 }, InvalidInputError, 'more'],
    [{ metric: 'cpuutilization' }, NotSupportedError, 'CPUUtilization'],
    [{ metric: '__proto__' }, NotSupportedError, '__proto__'],
  ])('refuses the spec %j', async (spec, kind, named) => {
    const { source } = await watchMachine();
    expect(() => source.describe(spec)).toThrow(kind);
    expect(() => source.describe(spec)).toThrow(named);
  });
});

describe('the probe of this machine', () => {
  it('gives figures that can be true', async () => {
    const probe = createHostProbe();
    try {
      const cpu = await probe.readCpu();
      expect(cpu?.all).toBeGreaterThan(cpu?.busy ?? Infinity);
      expect(probe.processors).toBeGreaterThan(0);
      const memory = await probe.readMemoryPercent();
      expect(memory).toBeGreaterThan(0);
      expect(memory).toBeLessThan(100);
      for (const totals of [await probe.readDisk(), await probe.readNetwork()]) {
        // Null is a true answer: a machine may have neither.
        for (const total of Object.values(totals ?? {})) expect(total).toBeGreaterThanOrEqual(0);
      }
    } finally {
      probe.stop();
    }
  });

  it('tells how late the event loop was, and forgets it once told', async () => {
    const probe = createHostProbe();
    try {
      // Longer than it takes from one sample to the next.
      const turn = () => new Promise((resolve) => setTimeout(resolve, 80));
      await turn();
      const endMs = performance.now() + 200;
      while (performance.now() < endMs);
      await turn();
      expect(await probe.takeLoopDelayMs()).toBeGreaterThan(100);
      expect(await probe.takeLoopDelayMs()).toBeNull();
    } finally {
      probe.stop();
    }
  });
});
