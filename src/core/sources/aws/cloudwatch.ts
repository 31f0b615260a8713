/** CloudWatch as a source, its metrics and its metric math: AWS itself, or anything that speaks as it does. */
import type { Polling, Source } from '../source.ts';
import { CATALOGUE, listSupportedTypes } from './catalogue.ts';
import { describeCloudwatchMetric } from './describe-metric.ts';
import { createCloudwatchPolling } from './read-metrics.ts';
import { describeMathMetric, isMathSpec } from './math/math-spec.ts';
import type { MathReader } from './math/read-math.ts';
import type { ReadSeries } from './read-series.ts';
import type { WindowRules } from './window.ts';

/** @param options.now milliseconds since 1970 */
export function createCloudwatchSource(options: {
  readonly readSeries: ReadSeries;
  readonly math: Pick<MathReader, 'confirm' | 'read'>;
  readonly confirm: (spec: unknown) => Promise<void>;
  readonly rules: WindowRules;
  readonly now?: () => number;
}): Source {
  const { readSeries, math, confirm, rules, now = Date.now } = options;
  return {
    datasource: 'CLOUDWATCH',
    describe: (spec) => (isMathSpec(spec) ? describeMathMetric(spec) : describeCloudwatchMetric(spec)),
    confirm: (spec) => (isMathSpec(spec) ? math.confirm(spec) : confirm(spec)),
    catalogue: listSupportedTypes,
    resourceSpecs: listResourceSpecs,
    polling: readBoth(createCloudwatchPolling({ readSeries, rules, now }), math),
  };
}

/** Metrics share calls, expressions do not. */
function readBoth(metrics: Polling, math: Pick<MathReader, 'read'>): Polling {
  return {
    ...metrics,
    read: async (requests, signal) => {
      const expressions = requests.filter(({ spec }) => isMathSpec(spec));
      const plain = requests.filter(({ spec }) => !isMathSpec(spec));
      const results = await Promise.all([
        plain.length === 0 ? [] : metrics.read(plain, signal),
        math.read(expressions, signal),
      ]);
      return results.flat();
    },
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
