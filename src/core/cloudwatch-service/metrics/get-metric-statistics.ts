/** GetMetricStatistics: up to five statistics, or extended, of one series. */
import type { Bucket } from '../store/bucket.ts';
import { combined, tooMany } from '../model/cloudwatch-error.ts';
import { checkUnit } from './put-metric-data.ts';
import { checkSeriesName, DIMENSION_SHAPE } from '../model/metric-name.ts';
import type { OperationContext } from '../model/operation.ts';
import { askSeries, readBuckets } from '../store/read-buckets.ts';
import { double, integer, list, map, string, structure, timestamp, type Infer } from '../model/shape.ts';
import {
  computeStatistic,
  parseExtendedStatistic,
  parsePlainStatistic,
  type PlainStatistic,
  type Statistic,
} from '../model/statistic.ts';
import { checkPeriod, checkTimeRange } from '../model/time-range.ts';
import { nameUnit } from '../model/units.ts';

export const GET_METRIC_STATISTICS_INPUT = structure({
  Namespace: string,
  MetricName: string,
  Dimensions: list(DIMENSION_SHAPE),
  StartTime: timestamp,
  EndTime: timestamp,
  Period: integer,
  Statistics: list(string),
  ExtendedStatistics: list(string),
  Unit: string,
});
export const GET_METRIC_STATISTICS_OUTPUT = structure({
  Label: string,
  Datapoints: list(
    structure({
      Timestamp: timestamp,
      SampleCount: double,
      Average: double,
      Sum: double,
      Minimum: double,
      Maximum: double,
      Unit: string,
      ExtendedStatistics: map(double),
    }),
  ),
});

type Output = Infer<typeof GET_METRIC_STATISTICS_OUTPUT>;
type Datapoint = NonNullable<Output['Datapoints']>[number];

interface Wanted {
  readonly plain: readonly PlainStatistic[];
  readonly extended: ReadonlyMap<string, Statistic>;
}

const MAX_STATISTICS = 5;
const MAX_EXTENDED = 10;

/** Data in several units give one datapoint per period and unit, in time order. */
export async function getMetricStatistics(
  input: Infer<typeof GET_METRIC_STATISTICS_INPUT>,
  context: OperationContext,
): Promise<Output> {
  const { limits } = context;
  const name = checkSeriesName(input, '', limits.dimensionsPerMetric);
  const periodSeconds = checkPeriod(input.Period, 'Period');
  const range = checkTimeRange(input.StartTime, input.EndTime, periodSeconds, context.now().getTime());
  const points = Math.floor((range.endMs - range.startMs) / 1000 / periodSeconds);
  if (points > limits.statisticsPoints) {
    throw combined(
      `You have requested up to ${points} datapoints, which exceeds the limit of ${limits.statisticsPoints}. ` +
        'You may reduce the datapoints requested by increasing Period, or decreasing the time range.',
    );
  }
  const wanted = checkWanted(input);
  const unit = checkUnit(input.Unit, 'Unit');
  const question = askSeries(name, context.accountId, range, periodSeconds, unit);
  const [buckets = []] = await readBuckets(context.pool, [question], wanted.extended.size > 0);
  return { Label: name.metricName, Datapoints: buckets.map((bucket) => showDatapoint(bucket, wanted)) };
}

function checkWanted(input: Infer<typeof GET_METRIC_STATISTICS_INPUT>): Wanted {
  const plain = input.Statistics ?? [];
  const extended = input.ExtendedStatistics ?? [];
  if (plain.length === 0 && extended.length === 0) {
    throw combined('Must specify either Statistics or ExtendedStatistics');
  }
  if (plain.length > MAX_STATISTICS) {
    throw tooMany('Statistics', MAX_STATISTICS);
  }
  if (extended.length > MAX_EXTENDED) {
    throw tooMany('ExtendedStatistics', MAX_EXTENDED);
  }
  return {
    plain: plain.map((text, i) => parsePlainStatistic(text, `Statistics.member.${i + 1}`)),
    extended: new Map(
      extended.map((text, i) => [text, parseExtendedStatistic(text, `ExtendedStatistics.member.${i + 1}`)]),
    ),
  };
}

function showDatapoint(bucket: Bucket, wanted: Wanted): Datapoint {
  const statistics: Partial<Record<PlainStatistic, number>> = {};
  for (const kind of wanted.plain) {
    const value = computeStatistic(bucket.aggregate, { kind });
    if (value !== null) statistics[kind] = value;
  }
  const extended = [...wanted.extended].flatMap(([text, statistic]) => {
    const value = computeStatistic(bucket.aggregate, statistic);
    return value === null ? [] : [[text, value] as const];
  });
  return {
    Timestamp: new Date(bucket.startMs),
    ...statistics,
    Unit: nameUnit(bucket.unit),
    ...(wanted.extended.size > 0 && { ExtendedStatistics: Object.fromEntries(extended) }),
  };
}
