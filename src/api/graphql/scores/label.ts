/** Labels: whether an anomaly was real, as people say; and what that does to the alerts of a metric. */
import { isAlarming } from '../../../core/models/score-history.ts';
import { raiseSensitivity } from '../../../core/annotations/alert-threshold.ts';
import type { NewLabel } from '../../../core/annotations/labels.ts';
import { isScored, type StoredSample } from '../../../core/samples/stored-sample.ts';
import { RED_SCORE } from '../../../detector/likelihood.ts';
import { NotFoundError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { describeValues } from '../builder/enums.ts';
import { defineIdInput, resultUnion } from '../builder/field-options.ts';
import type { Context } from '../builder/context.ts';
import { MetricDataRef } from './metric-data.ts';
import { MetricRef } from '../metrics/metric.ts';
import { readIdOf, readMetricId } from '../builder/node-id.ts';

export const LabelKindRef = builder.enumType('LabelKind', {
  description: 'What somebody says an anomaly was.',
  values: describeValues({
    REAL: 'A true positive: takes back what NORMAL labels raised for its like.',
    NORMAL:
      'A false positive: what resembles it (the same direction, not twice as far off, within some hours of its time of day) alerts only when it is rarer than this was. Everything else alerts as before.',
  }),
});

export const AnomalyLabelRef = builder.prismaNode('AnomalyLabel', {
  description: 'What somebody says an anomaly of a metric was. Scores never change by it.',
  nullable: true,
  id: { field: 'id' },
  fields: (t) => ({
    metric: t.relation('metric', { description: 'The metric it is about.' }),
    from: t.expose('from', { type: 'DateTime', description: 'First moment of the anomaly.' }),
    to: t.expose('to', { type: 'DateTime', description: 'Last moment of the anomaly.' }),
    label: t.expose('kind', { type: LabelKindRef, description: 'What it was.' }),
    note: t.exposeString('note', { nullable: true, description: 'Why, in words.' }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was said; its weight halves in 30 days.',
    }),
  }),
});

const AlertThresholdRef = builder.objectRef<{ readonly adjustment: number }>('AlertThreshold').implement({
  description:
    'How rare a point of a metric has to be for an alert, where it resembles none of its labelled anomalies.',
  fields: (t) => ({
    adjustment: t.exposeFloat('adjustment', {
      description:
        'By how many orders of magnitude the threshold is raised, in [0, 2], by labels of times without a scored point: half an order with each NORMAL, less half an order with each REAL; it halves in 30 days.',
    }),
    sensitivity: t.float({
      description: 'The score that alerts where 0.99999 does otherwise.',
      resolve: ({ adjustment }) => raiseSensitivity(RED_SCORE, adjustment),
    }),
  }),
});

/** The type of a field that is deprecated. */
const OldThresholdRef = builder.objectRef<{ readonly raisedDecades: number }>('Zeal').implement({
  description: 'As `AlertThreshold`, by its former name.',
  fields: (t) => ({
    raisedDecades: t.exposeFloat('raisedDecades', { description: 'As `AlertThreshold.adjustment`.' }),
    sensitivity: t.float({
      description: 'The score that alerts where 0.99999 does otherwise.',
      resolve: ({ raisedDecades }) => raiseSensitivity(RED_SCORE, raisedDecades),
    }),
  }),
});

builder.prismaObjectFields(MetricRef, (t) => ({
  labels: t.relation('labels', {
    query: { orderBy: [{ from: 'asc' }, { to: 'asc' }] },
    description: 'What people said of its anomalies, oldest first.',
  }),
  alertThreshold: t.field({
    type: AlertThresholdRef,
    description: 'What its labels do to its alerts.',
    resolve: ({ id }, _args, { labels }) => ({ adjustment: labels.thresholdAdjustmentOf(id, null) }),
  }),
  zeal: t.field({
    type: OldThresholdRef,
    description: 'As `alertThreshold`.',
    deprecationReason: 'Use `alertThreshold`.',
    resolve: ({ id }, _args, { labels }) => ({ raisedDecades: labels.thresholdAdjustmentOf(id, null) }),
  }),
}));

builder.objectFields(MetricDataRef, (t) => ({
  triggersAlert: t.boolean({
    description:
      'Whether this point opened a red incident that the policy and the labels of its metric let through, as they are now.',
    resolve: (sample, _args, context) => triggersAlert(sample, context),
  }),
  alarms: t.boolean({
    description: 'As `triggersAlert`.',
    deprecationReason: 'Use `triggersAlert`.',
    resolve: (sample, _args, context) => triggersAlert(sample, context),
  }),
}));

async function triggersAlert(sample: StoredSample, { labels, loaders }: Context): Promise<boolean> {
  // Few do: most are decided without asking for their metric.
  if (!isScored(sample) || !sample.episode || sample.score < RED_SCORE) return false;
  const metric = await loaders.metric.load(sample.metricNumber);
  if (metric === null) return false;
  const { timestampMs, value, expected } = sample;
  const adjustment = labels.thresholdAdjustmentOf(metric.id, { timestampMs, deviation: value - expected });
  return isAlarming(sample, value, metric, adjustment);
}

export const LabelAnomalyInputRef = builder.inputType('LabelAnomalyInput', {
  description: 'What an anomaly of a metric was.',
  fields: (t) => ({
    metricId: t.id({ required: true, description: 'As read from `Metric.id`.' }),
    from: t.field({ type: 'DateTime', required: true, description: 'First moment of the anomaly.' }),
    to: t.field({
      type: 'DateTime',
      description: 'Last moment of it; when left out the anomaly is one point.',
    }),
    label: t.field({ type: LabelKindRef, required: true, description: 'What it was.' }),
    note: t.string({ description: 'Why; 2,000 characters at most.' }),
  }),
});

/** @throws InvalidInputError for a bad id */
export function readNewLabel(input: typeof LabelAnomalyInputRef.$inferInput): NewLabel {
  return {
    metricId: readMetricId(input.metricId, ['input', 'metricId']),
    from: input.from,
    to: input.to ?? input.from,
    kind: input.label,
    note: input.note ?? null,
  };
}

const DeleteLabelInputRef = defineIdInput('DeleteLabelInput', 'AnomalyLabel', 'The label to take back.');

builder.mutationField('labelAnomaly', (t) =>
  t.field({
    type: AnomalyLabelRef,
    description:
      'Says whether an anomaly was real. A second label of the same time takes the place of the first.',
    errors: resultUnion([NotFoundError], 'The label, or why it was not given.'),
    args: { input: t.arg({ type: LabelAnomalyInputRef, required: true, description: 'What it was.' }) },
    resolve: (_root, { input }, { labels }) => labels.labelAnomaly(readNewLabel(input)),
  }),
);

builder.mutationField('deleteLabel', (t) =>
  t.field({
    type: AnomalyLabelRef,
    description:
      'Takes a label back; gives it as it was. The threshold for alerts is then as if it had never been given.',
    errors: resultUnion([NotFoundError], 'The label as it was, or why it is still there.'),
    args: { input: t.arg({ type: DeleteLabelInputRef, required: true, description: 'Which label.' }) },
    resolve: (_root, { input }, { labels }) =>
      labels.deleteLabel(readIdOf('AnomalyLabel', input.id, ['input', 'id'])),
  }),
);
