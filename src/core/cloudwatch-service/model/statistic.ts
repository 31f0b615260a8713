/** The statistics that can be asked for, and their values. */
import { findPercentile, type Aggregate } from './aggregate.ts';
import { invalid } from './cloudwatch-error.ts';

export const PLAIN_STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const;
export type PlainStatistic = (typeof PLAIN_STATISTICS)[number];

export type Statistic =
  { readonly kind: PlainStatistic } | { readonly kind: 'percentile'; readonly percent: number };

const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)$/;

/** @throws CloudwatchError unless one of the five */
export function parsePlainStatistic(text: string, path: string): PlainStatistic {
  const found = PLAIN_STATISTICS.find((name) => name === text);
  if (found === undefined) throw invalid(path, text, `It must be one of ${PLAIN_STATISTICS.join(', ')}.`);
  return found;
}

/** @throws CloudwatchError unless p0 to p100; trimmed means and their like are refused as not supported */
export function parsePercentile(text: string, path: string): Statistic {
  const percent = PERCENTILE.exec(text)?.[1];
  if (percent === undefined) {
    throw invalid(path, text, 'Of the extended statistics, percentiles p0 to p100 are supported.');
  }
  return { kind: 'percentile', percent: Number(percent) };
}

/** As GetMetricData's Stat: one of the five, or a percentile. */
export function parseStatistic(text: string, path: string): Statistic {
  const plain = PLAIN_STATISTICS.find((name) => name === text);
  return plain === undefined ? parsePercentile(text, path) : { kind: plain };
}

/** @returns null for a percentile of data whose values are not known one by one */
export function computeStatistic(aggregate: Aggregate, statistic: Statistic): number | null {
  switch (statistic.kind) {
    case 'SampleCount':
      return aggregate.sampleCount;
    case 'Average':
      return aggregate.sum / aggregate.sampleCount;
    case 'Sum':
      return aggregate.sum;
    case 'Minimum':
      return aggregate.minimum;
    case 'Maximum':
      return aggregate.maximum;
    case 'percentile':
      return findPercentile(aggregate, statistic.percent);
  }
}
