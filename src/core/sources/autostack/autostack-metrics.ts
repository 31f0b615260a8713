/** Which metrics a stack can have: its count of members, and those of its resource type. */
import { NotSupportedError } from '../../../errors.ts';
import { MAX_STACK_MEMBERS, STACK_NAMESPACE } from '../../../model.ts';
import type { CatalogueMetric, CatalogueType } from '../aws/catalogue-row.ts';
import { CATALOGUE, DEFAULT_PERIOD_SECONDS } from '../aws/catalogue.ts';
import type { Dimension } from '../aws/spec.ts';
import type { SupportedMetric } from '../source.ts';

export const COUNT_METRIC = 'InstanceCount';

const COUNT: SupportedMetric = {
  namespace: STACK_NAMESPACE,
  metric: COUNT_METRIC,
  unit: 'Count',
  statistic: 'Sum',
  periodSeconds: DEFAULT_PERIOD_SECONDS,
  dimensions: [],
  defaultMin: 0,
  defaultMax: MAX_STACK_MEMBERS,
  isDefault: false,
};

/** The types whose tags the AWS services asked give. */
export function listStackTypes(): readonly string[] {
  return CATALOGUE.filter(({ aggregatable }) => aggregatable).map(({ name }) => name);
}

/** Empty for a type autostacks cannot be made of. */
export function listStackMetrics(resourceType: string): readonly SupportedMetric[] {
  const type = CATALOGUE.find(({ name }) => name === resourceType);
  if (type?.aggregatable !== true) return [];
  return [...type.metrics.filter(isOfOneMember).map((row) => toStackMetric(type, row)), COUNT];
}

/** @throws NotSupportedError naming what there is instead */
export function findStackMetric(resourceType: string, namespace: string, metric: string): SupportedMetric {
  const metrics = listStackMetrics(resourceType);
  const found = metrics.find((row) => row.namespace === namespace && row.metric === metric);
  if (found !== undefined) return found;
  const known = metrics.map((row) => `${row.namespace}/${row.metric}`).join(', ');
  throw new NotSupportedError(
    `metric: an autostack of ${resourceType} has no ${JSON.stringify(`${namespace}/${metric}`.slice(0, 120))}; it has ${known}`,
  );
}

/**
 * @param metric null where only the type matters
 * @throws NotSupportedError for a type autostacks cannot be made of, or a metric they do not have
 */
export function checkStackMetric(
  resourceType: string,
  metric: { readonly namespace: string; readonly metric: string } | null,
): void {
  if (listStackMetrics(resourceType).length === 0) {
    throw new NotSupportedError(
      `resourceType: autostacks cannot be made of ${JSON.stringify(resourceType.slice(0, 80))}, whose tags are not known; they can of ${listStackTypes().join(' and ')}`,
    );
  }
  if (metric !== null) findStackMetric(resourceType, metric.namespace, metric.metric);
}

export function describeStackMetric(metric: string, stackName: string, region: string): string {
  return `${metric} of autostack ${stackName} in ${region}`;
}

/** The dimensions of one member's series. */
export function findMemberDimensions(resourceType: string, resourceId: string): readonly Dimension[] {
  const [name] = CATALOGUE.find((type) => type.name === resourceType)?.dimensions ?? [];
  return name === undefined ? [] : [{ name, value: resourceId }];
}

function isOfOneMember({ extraDimensions = [] }: CatalogueMetric): boolean {
  return extraDimensions.length === 0;
}

function toStackMetric(type: CatalogueType, row: CatalogueMetric): SupportedMetric {
  return {
    namespace: row.namespace ?? type.namespace,
    metric: row.metric,
    unit: row.unit,
    statistic: row.statistic,
    periodSeconds: DEFAULT_PERIOD_SECONDS,
    dimensions: [],
    defaultMin: row.max === null ? null : 0,
    defaultMax: row.max,
    isDefault: row.isDefault,
  };
}
