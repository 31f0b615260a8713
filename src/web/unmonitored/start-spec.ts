/** How monitoring of a known metric is started again. */
import type { MetricHeadFragment, MonitorMetricInput } from '../generated/graphql.ts';

/** @returns null for metrics that are added by their resource: what they were read by went with their model */
export function describeStart(
  metric: Pick<MetricHeadFragment, 'datasource' | 'name' | 'server'>,
): MonitorMetricInput | null {
  const { datasource, name, server } = metric;
  if (datasource === 'HOST') return { spec: { host: { metric: name } } };
  if (datasource !== 'CUSTOM') return null;
  return { spec: { custom: { name, ...(server === name ? {} : { resource: server }) } } };
}
