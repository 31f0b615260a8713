/** The statistics of one metric of the CloudWatch service. */
import { getMetricStatistics } from '../../../core/cloudwatch-service/metrics/get-metric-statistics.ts';
import { PLAIN_STATISTICS } from '../../../core/cloudwatch-service/model/statistic.ts';
import { builder } from '../builder/builder.ts';
import { nullableFloats } from '../builder/field-options.ts';
import { translateFailures } from './cloudwatch-failure.ts';
import { DimensionInputRef, toDimension } from '../builder/dimension-input.ts';

interface Datapoint {
  readonly timestamp: Date;
  readonly unit: string;
  readonly sampleCount: number;
  readonly average: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly percentiles: readonly (number | null)[];
}

const InputRef = builder.inputType('CloudwatchStatisticsInput', {
  description: 'One metric, a range and a period.',
  fields: (t) => ({
    namespace: t.string({ required: true, description: 'Its namespace.' }),
    name: t.string({ required: true, description: 'Its name.' }),
    dimensions: t.field({ type: [DimensionInputRef], description: 'All of its dimensions, in any order.' }),
    from: t.field({
      type: 'DateTime',
      required: true,
      description: 'Start of the first period, rounded down to the minute; earlier than 15 days ago to five.',
    }),
    to: t.field({ type: 'DateTime', required: true, description: 'End, which is not included.' }),
    periodSeconds: t.int({
      required: true,
      defaultValue: 300,
      description: '1, 5, 10, 20, 30 or a multiple of 60; 1,440 periods at most.',
    }),
    unit: t.string({ description: 'Only data in this unit; otherwise each unit has datapoints of its own.' }),
    percentiles: t.floatList({ description: 'Percentiles to find, each 0 to 100; ten at most.' }),
  }),
});

const DatapointRef = builder.objectRef<Datapoint>('CloudwatchDatapoint').implement({
  description: 'What is known of one period, in one unit.',
  fields: (t) => ({
    timestamp: t.expose('timestamp', { type: 'DateTime', description: 'Start of the period.' }),
    unit: t.exposeString('unit', { description: 'As put; None when none was given.' }),
    sampleCount: t.exposeFloat('sampleCount', { description: 'How many values were put.' }),
    average: t.exposeFloat('average', { description: 'Sum divided by sample count.' }),
    sum: t.exposeFloat('sum', { description: 'Their sum.' }),
    minimum: t.exposeFloat('minimum', { description: 'The smallest.' }),
    maximum: t.exposeFloat('maximum', { description: 'The largest.' }),
    percentiles: t.expose(
      'percentiles',
      nullableFloats(
        'In the order asked for; null where values were put as a statistic set and are not known one by one.',
      ),
    ),
  }),
});

const StatisticsRef = builder
  .objectRef<{ datapoints: readonly Datapoint[] }>('CloudwatchStatistics')
  .implement({
    description: 'The statistics of one metric.',
    fields: (t) => ({
      datapoints: t.expose('datapoints', {
        type: [DatapointRef],
        description: 'By time; periods without data are left out.',
      }),
    }),
  });

builder.queryField('cloudwatchStatistics', (t) =>
  t.field({
    type: StatisticsRef,
    nullable: true,
    description: 'Statistics of a metric of the CloudWatch service; of a metric nobody put there are none.',
    args: { input: t.arg({ type: InputRef, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, { cloudwatch }) =>
      translateFailures(async () => {
        const context = await cloudwatch.actAsFirst();
        const question = {
          Namespace: input.namespace,
          MetricName: input.name,
          Dimensions: (input.dimensions ?? []).map(toDimension),
          StartTime: input.from,
          EndTime: input.to,
          Period: input.periodSeconds,
          Unit: input.unit ?? undefined,
        };
        const asked = (input.percentiles ?? []).map((percent) => `p${percent}`);
        const [plain, extended] = await Promise.all([
          getMetricStatistics({ ...question, Statistics: PLAIN_STATISTICS }, context),
          asked.length === 0
            ? null
            : getMetricStatistics({ ...question, ExtendedStatistics: asked }, context),
        ]);
        return { datapoints: joinDatapoints(plain.Datapoints ?? [], extended?.Datapoints ?? [], asked) };
      }),
  }),
);

type Found = NonNullable<Awaited<ReturnType<typeof getMetricStatistics>>['Datapoints']>;

/** Data may arrive between the two readings: what only one of them saw is left out. */
function joinDatapoints(plain: Found, extended: Found, asked: readonly string[]): readonly Datapoint[] {
  const keyOf = (point: Found[number]) => `${point.Timestamp?.getTime() ?? ''} ${point.Unit ?? ''}`;
  const percentiles = new Map(extended.map((point) => [keyOf(point), point.ExtendedStatistics ?? {}]));
  return plain.flatMap((point) => {
    const found = percentiles.get(keyOf(point));
    const { Timestamp, Unit, SampleCount, Average, Sum, Minimum, Maximum } = point;
    if (asked.length > 0 && found === undefined) return [];
    if (Timestamp === undefined || SampleCount === undefined || Average === undefined) return [];
    if (Sum === undefined || Minimum === undefined || Maximum === undefined) return [];
    return {
      timestamp: Timestamp,
      unit: Unit ?? 'None',
      sampleCount: SampleCount,
      average: Average,
      sum: Sum,
      minimum: Minimum,
      maximum: Maximum,
      percentiles: asked.map((name) => found?.[name] ?? null),
    };
  });
}
