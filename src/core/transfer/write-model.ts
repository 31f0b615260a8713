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
function writeSpec(given: unknown, autostackId: string | null, directory: Pick<AutostackDirectory, 'byId'>) {
  if (typeof given !== 'object' || given === null) return { metricSpec: given };
  const spec = listDimensions(given);
  const stack = autostackId === null ? undefined : directory.byId(autostackId);
  if (stack === undefined) return { metricSpec: spec };
  const { name, region, resourceType, filters, includeStopped } = stack;
  const metricSpec = Object.fromEntries(Object.entries(spec).filter(([key]) => key !== 'autostackId'));
  return { stackSpec: { name, region, resourceType, filters, includeStopped }, metricSpec };
}

/** HTM-IT wrote { InstanceId: "i-1" }, and so a metric may be stored that was imported: we write a list. */
function listDimensions(spec: object): object {
  if (!('dimensions' in spec) || typeof spec.dimensions !== 'object' || spec.dimensions === null) return spec;
  if (Array.isArray(spec.dimensions)) return spec;
  const dimensions = Object.entries(spec.dimensions).map(([name, value]: [string, unknown]) => ({
    name,
    value,
  }));
  return { ...spec, dimensions };
}
