/** What there is to monitor in a Prometheus: its metrics with the names of their labels, grouped by what exports them. */
import type { Log } from '../../../log.ts';
import type { SupportedMetric, SupportedResourceType } from '../source.ts';
import type { PrometheusClient } from './prometheus-client.ts';
import { DEFAULT_PERIOD_SECONDS, PROMETHEUS_NAMESPACE } from './prometheus-spec.ts';

/** Each costs a question. */
const MAX_METRICS = 1000;

/** Asks for all of it, one question after the other. @throws SourceUnavailableError */
export async function listPrometheus(
  client: PrometheusClient,
  log: Log,
  signal: AbortSignal,
): Promise<readonly SupportedResourceType[]> {
  const names = await client.listMetrics(signal);
  if (names.length > MAX_METRICS) {
    log.info({ metrics: names.length, listed: MAX_METRICS }, 'Prometheus has more metrics than are listed');
  }
  const groups = new Map<string, SupportedMetric[]>();
  for (const name of names.slice(0, MAX_METRICS)) {
    const metric = describeMetric(name, await client.listLabels(name, signal));
    const group = nameGroup(name);
    groups.set(group, [...(groups.get(group) ?? []), metric]);
  }
  return [...groups].map(([group, metrics]) => ({
    name: `${PROMETHEUS_NAMESPACE}/${group}`,
    namespace: PROMETHEUS_NAMESPACE,
    aggregatable: false,
    metrics,
  }));
}

/** By convention a name begins with what exports it: `node_…`, `go_…`; that of a recording rule with its level. */
function nameGroup(metric: string): string {
  return /^[^_:]+/.exec(metric)?.[0] ?? metric;
}

function describeMetric(metric: string, dimensions: readonly string[]): SupportedMetric {
  return {
    namespace: PROMETHEUS_NAMESPACE,
    metric,
    unit: null,
    statistic: 'last',
    periodSeconds: DEFAULT_PERIOD_SECONDS,
    dimensions,
    defaultMin: null,
    defaultMax: null,
    isDefault: false,
  };
}
