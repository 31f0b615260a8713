/** The machine the server runs on, as a source: monitored from the first start, so that there is something to see. */
import { arch, cpus, hostname, platform } from 'node:os';
import { z } from 'zod';
import { NotSupportedError } from '../../../errors.ts';
import { type HostMetric, type HostMetricRow, describeHostMetrics, findSupported } from './host-metrics.ts';
import { createHostPolling } from './host-polling.ts';
import { type HostProbe, createHostProbe } from './host-probe.ts';
import { createHostMeasuring } from './host-reading.ts';
import { parseSpec } from '../parse-spec.ts';
import type { MetricDescription, Source, SourceResource, SupportedResourceType } from '../source.ts';

export interface HostSource extends Source {
  /** The metrics this machine has: what a fresh server starts to watch. */
  readonly supported: readonly HostMetric[];
  stop(): void;
}

const NAMESPACE = 'Host';
const REGION = 'local';

const hostSpec = z.strictObject({ metric: z.string() });

/**
 * Finds which figures this machine has; one it does not have now is not offered until the next start.
 * @param options.periodSeconds seconds between two samples of one metric
 */
export async function createHostSource(options: {
  readonly periodSeconds: number;
  readonly probe?: HostProbe;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly clockMs?: () => number;
}): Promise<HostSource> {
  const { periodSeconds, probe = createHostProbe(), now = Date.now } = options;
  const measure = createHostMeasuring(probe, options.clockMs ?? (() => performance.now()));
  const supported = await findSupported(probe);
  // Rates are of the time since the measuring before: this is the one before the first.
  await measure();
  const rows = describeHostMetrics(probe.processors);
  const host = describeHost(probe.processors);
  const hostType = describeHostType(supported, rows, periodSeconds);

  const find = (spec: unknown) => findMetric(spec, supported);
  const describe = (spec: unknown): MetricDescription => {
    const metric = find(spec);
    const { about, unit, max } = rows[metric];
    return {
      // Not the host's name: a container has another one after each start and is the same host.
      identity: metric,
      name: `${NAMESPACE}/${metric}`,
      description: `${about} on ${host.resourceId}`,
      unit,
      server: `${REGION}/${NAMESPACE}/${host.resourceId}`,
      location: REGION,
      tagName: host.name,
      periodSeconds,
      modelParams: { min: 0, max },
      resource: host,
    };
  };
  return {
    datasource: 'HOST',
    describe,
    catalogue: () => [hostType],
    polling: createHostPolling({ measure, findMetric: find, periodSeconds, now }),
    supported,
    stop: () => probe.stop(),
  };
}

function describeHostType(
  supported: readonly HostMetric[],
  rows: Readonly<Record<HostMetric, HostMetricRow>>,
  periodSeconds: number,
): SupportedResourceType {
  const metrics = supported.map((metric) => ({
    namespace: NAMESPACE,
    metric,
    unit: rows[metric].unit,
    statistic: rows[metric].statistic,
    periodSeconds,
    dimensions: [],
    defaultMin: 0,
    defaultMax: rows[metric].max,
    isDefault: true,
  }));
  return { name: NAMESPACE, namespace: NAMESPACE, aggregatable: false, metrics };
}

function findMetric(spec: unknown, supported: readonly HostMetric[]): HostMetric {
  const { metric: wanted } = parseSpec(hostSpec, spec, { name: 'host', expected: '{ metric }' });
  const metric = supported.find((name) => name === wanted);
  if (metric !== undefined) return metric;
  throw new NotSupportedError(
    `metric: this host has no ${JSON.stringify(wanted.slice(0, 60))}; it has ${supported.join(', ')}`,
  );
}

function describeHost(processors: number): SourceResource {
  const model = cpus()[0]?.model.trim() ?? '';
  const tags = [
    { key: 'os', value: platform() },
    { key: 'arch', value: arch() },
    { key: 'cpus', value: String(processors) },
    ...(model === '' ? [] : [{ key: 'cpuModel', value: model }]),
  ];
  const id = hostname();
  return {
    region: REGION,
    type: NAMESPACE,
    namespace: NAMESPACE,
    resourceId: id,
    name: id,
    state: 'running',
    tags,
  };
}
