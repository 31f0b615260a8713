/** Mutations of a metric that is there: unmonitor, delete, retry, update. */
import { NotFoundError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { defineIdInput, resultUnion } from '../builder/field-options.ts';
import { keepAsItIs } from './registry-metric.ts';
import { AlertPolicyInputRef, ModelParamsInputRef, readModelChange, readPolicy } from './metric-input.ts';
import { MetricRef } from './metric.ts';
import { readMetricId } from '../builder/node-id.ts';
import { checkShortText } from './short-text.ts';

const ID_PATH = ['input', 'id'];

const UnmonitorMetricInputRef = defineIdInput(
  'UnmonitorMetricInput',
  'Metric',
  'The metric to stop monitoring.',
);
const DeleteMetricInputRef = defineIdInput('DeleteMetricInput', 'Metric', 'The metric to delete.');
const ResetModelInputRef = defineIdInput(
  'ResetModelInput',
  'Metric',
  'The metric whose model is to learn anew.',
);
const RetryMetricInputRef = defineIdInput('RetryMetricInput', 'Metric', 'The metric to try again.');

const UpdateMetricInputRef = builder.inputType('UpdateMetricInput', {
  description: 'What to change of a metric; what is left out stays, null clears.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'As read from `Metric.id`.' }),
    unit: t.string({ description: 'What its values are counted in.' }),
    displayName: t.string({
      description: 'Friendly name of its resource, as read from `Metric.displayName`; none when it is blank.',
    }),
    policy: t.field({ type: AlertPolicyInputRef, description: 'Which deviations matter.' }),
    model: t.field({
      type: ModelParamsInputRef,
      description:
        'What its model knows beforehand; null for one of them makes it unknown. The model is made anew from the stored samples, the 20,000 newest at most, unless all that changes is excluded times to come; the scores there are stay as they are.',
    }),
  }),
});

builder.mutationField('unmonitorMetric', (t) =>
  t.prismaField({
    type: MetricRef,
    description:
      'Stops monitoring a metric: its samples stay, its scores and its model go. It may be repeated.',
    errors: resultUnion([NotFoundError], 'The metric, or why it could not be.'),
    args: { input: t.arg({ type: UnmonitorMetricInputRef, required: true, description: 'Which metric.' }) },
    resolve: async (query, _root, { input }, { monitor, prisma }) => {
      const id = await monitor.unmonitorMetric(readMetricId(input.id, ID_PATH));
      return prisma.metric.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);

builder.mutationField('deleteMetric', (t) =>
  t.prismaField({
    type: MetricRef,
    description:
      'Deletes a metric with its samples, scores and model; gives it as it was, without samples. Points pushed under its name later make a new one.',
    errors: resultUnion([NotFoundError], 'The metric as it was, or why it is still there.'),
    args: { input: t.arg({ type: DeleteMetricInputRef, required: true, description: 'Which metric.' }) },
    resolve: async (query, _root, { input }, { monitor, prisma, registry }) => {
      const id = readMetricId(input.id, ID_PATH);
      const metric = await prisma.metric.findUnique({ ...query, where: { id } });
      if (metric === null) throw new NotFoundError(`input.id: no metric has the id ${input.id}`);
      keepAsItIs(metric, registry);
      await monitor.deleteMetric(id);
      return metric;
    },
  }),
);

builder.mutationField('retryMetric', (t) =>
  t.prismaField({
    type: MetricRef,
    description: 'Takes a metric out of the status ERROR and back to work.',
    errors: resultUnion([NotFoundError], 'The metric, or why it is not tried again.'),
    args: { input: t.arg({ type: RetryMetricInputRef, required: true, description: 'Which metric.' }) },
    resolve: async (query, _root, { input }, { monitor, prisma }) => {
      const id = await monitor.retryMetric(readMetricId(input.id, ID_PATH));
      return prisma.metric.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);

builder.mutationField('resetModel', (t) =>
  t.prismaField({
    type: MetricRef,
    description:
      'Makes the model of a metric forget what it learned: after a change that is meant to last. It learns from the next sample on, provisionally at first; the scores there are stay as they are.',
    errors: resultUnion([NotFoundError], 'The metric, or why its model is as it was.'),
    args: { input: t.arg({ type: ResetModelInputRef, required: true, description: 'Which metric.' }) },
    resolve: async (query, _root, { input }, { monitor, prisma }) => {
      const id = await monitor.resetModel(readMetricId(input.id, ID_PATH));
      return prisma.metric.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);

builder.mutationField('updateMetric', (t) =>
  t.prismaField({
    type: MetricRef,
    description:
      "Changes a metric's unit, friendly name, policy, or what its model knows beforehand. Its scores do not change.",
    errors: resultUnion([NotFoundError], 'The metric as it is now, or why it did not change.'),
    args: { input: t.arg({ type: UpdateMetricInputRef, required: true, description: 'What to change.' }) },
    resolve: async (query, _root, { input }, { monitor, prisma, registry }) => {
      const metricId = readMetricId(input.id, ID_PATH);
      // What is read where there is no friendly name is the server: written back, there is still none.
      const isServer = input.displayName === registry.byId(metricId)?.server;
      const isCleared = isServer || input.displayName?.trim() === '';
      const id = await monitor.updateMetric(metricId, {
        ...(input.unit === undefined ? {} : { unit: checkShortText(input.unit, 'unit') }),
        ...(input.displayName === undefined
          ? {}
          : { displayName: isCleared ? null : checkShortText(input.displayName, 'displayName') }),
        ...(input.policy == null ? {} : { policy: readPolicy(input.policy) }),
        ...(input.model == null ? {} : { model: readModelChange(input.model) }),
      });
      return prisma.metric.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);
