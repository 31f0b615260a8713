/** Every resource type and metric Lapwing knows of by itself. Others can be monitored too: their bounds are learned. */
import type { SupportedMetric, SupportedResourceType } from '../source.ts';
import { FIRST_TYPES } from './catalogue-a-m.ts';
import { LATER_TYPES } from './catalogue-n-z.ts';
import type { CatalogueMetric, CatalogueType } from './catalogue-row.ts';

/** What CloudWatch gives every metric of a service without extra charge. */
export const DEFAULT_PERIOD_SECONDS = 300;

export const CATALOGUE: readonly CatalogueType[] = [...FIRST_TYPES, ...LATER_TYPES];

/** The type whose resources are named by exactly these dimensions in this namespace, and the metric if it is listed. */
export function findInCatalogue(
  namespace: string,
  metric: string,
  dimensionNames: readonly string[],
): { readonly type: CatalogueType; readonly row: CatalogueMetric | null } | null {
  const wanted = dimensionNames.toSorted().join('\n');
  for (const type of CATALOGUE) {
    for (const row of type.metrics) {
      const names = [...type.dimensions, ...(row.extraDimensions ?? [])].toSorted().join('\n');
      if (row.metric === metric && (row.namespace ?? type.namespace) === namespace && names === wanted) {
        return { type, row };
      }
    }
  }
  const home = CATALOGUE.find(
    (type) => type.namespace === namespace && type.dimensions.toSorted().join('\n') === wanted,
  );
  return home === undefined ? null : { type: home, row: null };
}

/** The catalogue in the form all sources share. */
export function listSupportedTypes(): readonly SupportedResourceType[] {
  return CATALOGUE.map((type) => ({
    name: type.name,
    namespace: type.namespace,
    aggregatable: type.aggregatable === true,
    metrics: type.metrics.map((row) => toSupportedMetric(type, row)),
  }));
}

function toSupportedMetric(type: CatalogueType, row: CatalogueMetric): SupportedMetric {
  return {
    namespace: row.namespace ?? type.namespace,
    metric: row.metric,
    unit: row.unit,
    statistic: row.statistic,
    periodSeconds: DEFAULT_PERIOD_SECONDS,
    dimensions: [...type.dimensions, ...(row.extraDimensions ?? [])],
    defaultMin: row.max === null ? null : 0,
    defaultMax: row.max,
    isDefault: row.isDefault,
  };
}
