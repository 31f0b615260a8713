/** How a monitored metric is written down for another server: all but its samples and labels. */
import type { Metric } from '../../generated/prisma/client.ts';
import type { AutostackDirectory } from '../inventory/autostack-directory.ts';

/** As JSON: what import takes. */
export type ExportedModel = Record<string, unknown>;

/** Null for a metric that is not monitored: there is nothing to write. */
export function writeModel(
  metric: Metric,
  directory: Pick<AutostackDirectory, 'byId'>,
): ExportedModel | null {
  if (metric.spec === null) return null;
  const { direction, minDeviation, minDeviationRatio } = metric;
  return {
    datasource: metric.datasource.toLowerCase(),
    ...writeSpec(metric.spec, metric.autostackId, directory),
    modelParams: metric.modelParams ?? {},
    unit: metric.unit,
    displayName: metric.tagName,
    policy: { direction, minDeviation, minDeviationRatio },
  };
}

/** A stack's id means nothing elsewhere: it is written down by what chooses its members. */
function writeSpec(spec: unknown, autostackId: string | null, directory: Pick<AutostackDirectory, 'byId'>) {
  const stack = autostackId === null ? undefined : directory.byId(autostackId);
  if (stack === undefined || typeof spec !== 'object' || spec === null) return { metricSpec: spec };
  const { name, region, resourceType, filters, includeStopped } = stack;
  const metricSpec = Object.fromEntries(Object.entries(spec).filter(([key]) => key !== 'autostackId'));
  return { stackSpec: { name, region, resourceType, filters, includeStopped }, metricSpec };
}
