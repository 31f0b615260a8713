/** Many metrics in one mutation: monitor, unmonitor, delete. */
import { builder } from '../builder/builder.ts';
import { doEach, type ItemOutcome, MAX_ITEMS } from '../builder/for-each-item.ts';
import { ErrorRef } from '../error-types.ts';
import { MetricRef } from './metric.ts';
import { MonitorMetricInputRef, monitorInput } from './monitor-metric.ts';
import { readMetricId, writeNodeId } from '../builder/node-id.ts';

/** The value is the uuid of the metric. */
type MetricOutcome = ItemOutcome<string>;

const MetricOutcomeRef = builder.objectRef<MetricOutcome>('MetricOutcome').implement({
  description: 'What became of one item of a list.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'Its place in the input, from 0.' }),
    metricId: t.id({
      nullable: true,
      description: 'Id of the metric; null when the item failed.',
      resolve: ({ value }) => writeMetricId(value),
    }),
    // Relay keeps everything by its `id: ID` alone, and had this outcome in the place of its metric.
    id: t.string({
      nullable: true,
      description: 'As `metricId`.',
      deprecationReason: 'Use `metricId`.',
      resolve: ({ value }) => writeMetricId(value),
    }),
    metric: t.prismaField({
      type: MetricRef,
      nullable: true,
      description: 'The metric as it is now; null when the item failed, and of one that was deleted.',
      resolve: (query, { value }, _args, { prisma }) =>
        value === null ? null : prisma.metric.findUnique({ ...query, where: { id: value } }),
    }),
    error: t.expose('error', {
      type: ErrorRef,
      nullable: true,
      description: 'Why the item failed; the others were not harmed.',
    }),
  }),
});

const MonitorMetricsInputRef = builder.inputType('MonitorMetricsInput', {
  description: 'What to monitor and how.',
  fields: (t) => ({
    metrics: t.field({
      type: [MonitorMetricInputRef],
      required: true,
      description: `One for each metric; at most ${MAX_ITEMS}.`,
    }),
  }),
});
const UnmonitorMetricsInputRef = defineIdsInput('UnmonitorMetricsInput', 'The metrics to stop monitoring.');
const DeleteMetricsInputRef = defineIdsInput('DeleteMetricsInput', 'The metrics to delete.');

const MonitorMetricsPayloadRef = definePayload('MonitorMetricsPayload');
const UnmonitorMetricsPayloadRef = definePayload('UnmonitorMetricsPayload');
const DeleteMetricsPayloadRef = definePayload('DeleteMetricsPayload');

builder.mutationField('monitorMetrics', (t) =>
  t.field({
    type: MonitorMetricsPayloadRef,
    description: 'Starts to monitor many metrics, each as `monitorMetric` does. Never all or nothing.',
    args: { input: t.arg({ type: MonitorMetricsInputRef, required: true, description: 'Which, and how.' }) },
    resolve: (_root, { input: { metrics } }, { monitor, log }) =>
      doEach(metrics, ['input', 'metrics'], log, async (metric, index) =>
        monitorInput(monitor, metric, ['input', 'metrics', String(index)]),
      ),
  }),
);

builder.mutationField('unmonitorMetrics', (t) =>
  t.field({
    type: UnmonitorMetricsPayloadRef,
    description: 'Stops monitoring many metrics, each as `unmonitorMetric` does. It may be repeated.',
    args: { input: t.arg({ type: UnmonitorMetricsInputRef, required: true, description: 'Which metrics.' }) },
    resolve: (_root, { input: { ids } }, { monitor, log }) =>
      doEach(ids, ['input', 'ids'], log, async (id, index) => monitor.unmonitorMetric(readId(id, index))),
  }),
);

builder.mutationField('deleteMetrics', (t) =>
  t.field({
    type: DeleteMetricsPayloadRef,
    description: 'Deletes many metrics with their samples, scores and models, each as `deleteMetric` does.',
    args: { input: t.arg({ type: DeleteMetricsInputRef, required: true, description: 'Which metrics.' }) },
    resolve: (_root, { input: { ids } }, { monitor, log }) =>
      doEach(ids, ['input', 'ids'], log, async (id, index) => monitor.deleteMetric(readId(id, index))),
  }),
);

function writeMetricId(uuid: string | null): string | null {
  return uuid === null ? null : writeNodeId('Metric', uuid);
}

function readId(text: string, index: number): string {
  return readMetricId(text, ['input', 'ids', String(index)]);
}

function defineIdsInput(name: string, description: string) {
  return builder.inputType(name, {
    description,
    fields: (t) => ({
      ids: t.idList({ required: true, description: `As read from \`Metric.id\`; at most ${MAX_ITEMS}.` }),
    }),
  });
}

function definePayload(name: string) {
  return builder.objectRef<readonly MetricOutcome[]>(name).implement({
    description: 'What became of each item.',
    fields: (t) => ({
      results: t.field({
        type: [MetricOutcomeRef],
        description: 'One for each item, in their order.',
        resolve: (outcomes) => outcomes,
      }),
    }),
  });
}
