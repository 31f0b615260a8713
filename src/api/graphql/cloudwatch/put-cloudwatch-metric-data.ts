/** The mutation that puts data into the CloudWatch service. */
import { putMetricData } from '../../../core/cloudwatch-service/metrics/put-metric-data.ts';
import { builder } from '../builder/builder.ts';
import { translateFailures } from './cloudwatch-failure.ts';
import { DimensionInputRef, toDimension } from '../builder/dimension-input.ts';

const StatisticSetInputRef = builder.inputType('CloudwatchStatisticSetInput', {
  description: 'What is known of some values that are not known one by one.',
  fields: (t) => ({
    sampleCount: t.float({ required: true, description: 'How many; above 0.' }),
    sum: t.float({ required: true, description: 'Their sum.' }),
    minimum: t.float({ required: true, description: 'The smallest.' }),
    maximum: t.float({ required: true, description: 'The largest.' }),
  }),
});

const DatumInputRef = builder.inputType('CloudwatchDatumInput', {
  description: 'Data of one metric: a value, or values, statisticValues or both.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Name of the metric, 1 to 255 characters.' }),
    dimensions: t.field({ type: [DimensionInputRef], description: 'Its dimensions, 30 at most.' }),
    timestamp: t.field({
      type: 'DateTime',
      description: 'Within the last two weeks and the next two hours; now when left out.',
    }),
    value: t.float({ description: 'One value, within ±2^360.' }),
    values: t.floatList({ description: 'Several values, 150 at most.' }),
    counts: t.floatList({ description: 'How often each of the values was seen; once when left out.' }),
    statisticValues: t.field({ type: StatisticSetInputRef, description: 'A summary of values.' }),
    unit: t.string({ description: "One of CloudWatch's 27, None when left out. Units never mix." }),
    storageResolution: t.int({ description: '60 to keep minutes, 1 to keep seconds for three hours.' }),
  }),
});

const InputRef = builder.inputType('PutCloudwatchMetricDataInput', {
  description: 'Data of metrics of one namespace.',
  fields: (t) => ({
    namespace: t.string({ required: true, description: 'Their namespace, 1 to 255 ASCII characters.' }),
    data: t.field({ type: [DatumInputRef], required: true, description: 'The data, 1,000 at most.' }),
  }),
});

const PayloadRef = builder
  .objectRef<{ readonly stored: number }>('PutCloudwatchMetricDataPayload')
  .implement({
    description: 'What became of the data: all are stored, or none and there is an error.',
    fields: (t) => ({ stored: t.exposeInt('stored', { description: 'How many data are on disk now.' }) }),
  });

builder.mutationField('putCloudwatchMetricData', (t) =>
  t.field({
    type: PayloadRef,
    description:
      'Puts data into the CloudWatch service of this server, as PutMetricData at /aws does. Repeating it counts the data again. A full queue answers RETRY_LATER with HTTP 503.',
    extensions: { scope: 'INGEST' },
    args: { input: t.arg({ type: InputRef, required: true, description: 'The data.' }) },
    resolve: (_root, { input }, { cloudwatch }) =>
      translateFailures(async () => {
        const MetricData = input.data.map(toDatum);
        await putMetricData({ Namespace: input.namespace, MetricData }, await cloudwatch.actAsFirst());
        return { stored: MetricData.length };
      }),
  }),
);

function toDatum(datum: (typeof DatumInputRef)['$inferInput']) {
  const set = datum.statisticValues;
  return {
    MetricName: datum.name,
    Dimensions: (datum.dimensions ?? []).map(toDimension),
    Timestamp: datum.timestamp ?? undefined,
    Value: datum.value ?? undefined,
    Values: datum.values ?? undefined,
    Counts: datum.counts ?? undefined,
    Unit: datum.unit ?? undefined,
    StorageResolution: datum.storageResolution ?? undefined,
    ...(set != null && {
      StatisticValues: {
        SampleCount: set.sampleCount,
        Sum: set.sum,
        Minimum: set.minimum,
        Maximum: set.maximum,
      },
    }),
  };
}
