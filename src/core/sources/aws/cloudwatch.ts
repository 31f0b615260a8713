/** CloudWatch as a source: AWS itself, or anything that speaks as it does. */
import type { Source } from '../source.ts';
import { CATALOGUE, listSupportedTypes } from './catalogue.ts';
import { describeCloudwatchMetric } from './describe-metric.ts';
import { createCloudwatchPolling } from './read-metrics.ts';
import type { ReadSeries } from './read-series.ts';
import type { WindowRules } from './window.ts';

/** @param options.now milliseconds since 1970 */
export function createCloudwatchSource(options: {
  readonly readSeries: ReadSeries;
  readonly confirm: (spec: unknown) => Promise<void>;
  readonly rules: WindowRules;
  readonly now?: () => number;
}): Source {
  const { readSeries, confirm, rules, now = Date.now } = options;
  return {
    datasource: 'CLOUDWATCH',
    describe: describeCloudwatchMetric,
    confirm,
    catalogue: listSupportedTypes,
    resourceSpecs: listResourceSpecs,
    polling: createCloudwatchPolling({ readSeries, rules, now }),
  };
}

function listResourceSpecs(
  {
    region,
    type,
    resourceId,
  }: { readonly region: string; readonly type: string; readonly resourceId: string },
  wanted: readonly string[] | null,
): readonly { readonly metric: string }[] {
  const row = CATALOGUE.find(({ name }) => name === type);
  if (row === undefined) return [];
  const dimensions = splitId(row.dimensions, resourceId);
  const isWanted = (metric: string, isDefault: boolean) => wanted?.includes(metric) ?? isDefault;
  return row.metrics
    .filter(
      ({ metric, isDefault, extraDimensions = [] }) =>
        isWanted(metric, isDefault) && extraDimensions.length === 0,
    )
    .map(({ metric, namespace }) => ({ region, namespace: namespace ?? row.namespace, metric, dimensions }));
}

/** An id is the values of the dimensions with a slash between; the last value may hold slashes of its own. */
function splitId(names: readonly string[], id: string): readonly { name: string; value: string }[] {
  const parts = id.split('/');
  return names.map((name, index) => ({
    name,
    value: index === names.length - 1 ? parts.slice(index).join('/') : (parts[index] ?? ''),
  }));
}
