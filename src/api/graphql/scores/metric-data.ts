/** MetricData: one sample and what the detector said of it. The list of them is in metric-data-list.ts. */
import { readSamplesAt } from '../../../core/samples/read-samples.ts';
import type { StoredSample } from '../../../core/samples/stored-sample.ts';
import { builder } from '../builder/builder.ts';
import { timeOf, classOfScore } from '../builder/field-options.ts';
import { AnomalyAspectRef, ViewRef } from '../builder/enums.ts';
import { findKnownMetric } from '../metrics/registry-metric.ts';
import { MetricRef } from '../metrics/metric.ts';
import { parseSampleKey, writeSampleKey } from '../builder/node-id.ts';

export const ExpectedRangeRef = builder
  .objectRef<{ value: number; low: number; high: number }>('ExpectedRange')
  .implement({
    description: 'What the model thought likely before it saw the point.',
    fields: (t) => ({
      value: t.exposeFloat('value', { description: 'The most likely value.' }),
      low: t.exposeFloat('low', { description: 'Lower end of the band.' }),
      high: t.exposeFloat('high', { description: 'Upper end of the band.' }),
    }),
  });

export const MetricDataRef = builder.objectRef<StoredSample>('MetricData');

builder.node(MetricDataRef, {
  description:
    'One sample of a metric and what the detector said of it. Its id is the same in a list and in a subscription: a cache merges the two.',
  id: { resolve: writeSampleKey },
  loadMany: async (ids, { pool, registry }) => {
    const places = ids.flatMap((id) => parseSampleKey(id) ?? []);
    // Samples are their metric's: what the caller does not see is not read.
    const visible = places.filter(({ metricNumber }) => registry.byNumber(metricNumber) !== undefined);
    const samples = await readSamplesAt(pool, visible);
    const found = new Map(samples.map((sample) => [writeSampleKey(sample), sample]));
    return ids.map((id) => found.get(id) ?? null);
  },
  fields: (t) => ({
    metric: t.field({
      type: MetricRef,
      // Deleted meanwhile, it costs no other sample of the page or of the event.
      nullable: true,
      description: 'The metric it is a sample of; null when it was deleted a moment ago.',
      resolve: ({ metricNumber }, _args, { loaders, registry }, info) =>
        findKnownMetric(registry, metricNumber, info) ?? loaders.metric.load(metricNumber),
    }),
    rowId: t.exposeInt('rowId', {
      description: 'Number of the sample within its metric, in the order of arrival: 1, 2, 3, …',
    }),
    timestamp: t.field(timeOf('timestampMs', 'Time of the sample.')),
    value: t.exposeFloat('value', { description: "In the metric's unit." }),
    rawAnomalyScore: t.exposeFloat('rawScore', {
      nullable: true,
      description: 'How surprising the point was before calibration, in [0, 1]; null until scored.',
    }),
    anomalyScore: t.exposeFloat('score', {
      nullable: true,
      description:
        '1 − p, in [0, 1], where p is the estimated probability of a point at least this anomalous. Null until scored.',
    }),
    anomalyClass: t.field(classOfScore('The score as a colour.')),
    provisional: t.exposeBoolean('provisional', {
      description: 'Scored while the model was still learning, or of an excluded time: not to be alarmed on.',
    }),
    opensIncident: t.exposeBoolean('episode', {
      description: 'Whether something began at this sample, red or not: incidents open at such samples only.',
    }),
    episode: t.exposeBoolean('episode', {
      description: 'As `opensIncident`.',
      deprecationReason: 'Use `opensIncident`.',
    }),
    aspect: t.expose('view', {
      type: AnomalyAspectRef,
      nullable: true,
      description: 'What about it was anomalous; null where nothing was.',
    }),
    view: t.expose('view', {
      type: ViewRef,
      nullable: true,
      description: 'As `aspect`.',
      deprecationReason: 'Use `aspect`.',
    }),
    expected: t.field({
      type: ExpectedRangeRef,
      nullable: true,
      description: 'What the model expected; null until scored.',
      resolve: ({ expected, low, high }) =>
        expected === null || low === null || high === null ? null : { value: expected, low, high },
    }),
  }),
});

export const MetricDataConnectionRef = builder.connectionObject({
  type: MetricDataRef,
  name: 'MetricDataConnection',
  description: 'One page of samples.',
});
