/** What a label would do, before it is given. */
import type { AlertPoint } from '../../../core/annotations/alert-threshold.ts';
import { isAlarming } from '../../../core/models/score-history.ts';
import { readSamples } from '../../../core/samples/read-samples.ts';
import { isScored, type StoredSample } from '../../../core/samples/stored-sample.ts';
import { RED_SCORE } from '../../../detector/likelihood.ts';
import { NotFoundError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { resultUnion } from '../builder/field-options.ts';
import { LabelAnomalyInputRef, readNewLabel } from './label.ts';
import { MetricDataRef } from './metric-data.ts';
import { requireEntry } from '../metrics/registry-metric.ts';

const DAYS = 30;
const DAY_MS = 86_400_000;
/** Red points of a month that are looked at, the newest first; a metric with more has another problem. */
const MAX_POINTS = 1000;

interface LabelPreview {
  readonly alerts: readonly StoredSample[];
  readonly alertsWithLabel: readonly StoredSample[];
}

const LabelPreviewRef = builder.objectRef<LabelPreview>('LabelPreview').implement({
  description: `What a label would have done to the alerts of the last ${DAYS} days of the metric: the newest ${MAX_POINTS} red points are looked at.`,
  fields: (t) => ({
    alertsBefore: t.int({
      description: 'How many points alert with the labels there are.',
      resolve: ({ alerts }) => alerts.length,
    }),
    alertsAfter: t.int({
      description: 'How many points would alert with this label too.',
      resolve: ({ alertsWithLabel }) => alertsWithLabel.length,
    }),
    changed: t.field({
      type: [MetricDataRef],
      description: 'Points for which it makes a difference, the newest first.',
      resolve: ({ alerts, alertsWithLabel }) => {
        const [before, after] = [new Set(alerts), new Set(alertsWithLabel)];
        const changed = [
          ...alerts.filter((sample) => !after.has(sample)),
          ...alertsWithLabel.filter((sample) => !before.has(sample)),
        ];
        return changed.sort((a, b) => b.timestampMs - a.timestampMs);
      },
    }),
  }),
});

builder.queryField('previewLabel', (t) =>
  t.field({
    type: LabelPreviewRef,
    nullable: true,
    description: 'What `labelAnomaly` with this input would do. Changes nothing.',
    errors: resultUnion([NotFoundError], 'What the label would do, or why it could not be given.'),
    args: { input: t.arg({ type: LabelAnomalyInputRef, required: true, description: 'The label.' }) },
    resolve: async (_root, { input }, { labels, loaders, registry, pool }): Promise<LabelPreview> => {
      const label = readNewLabel(input);
      const withLabel = await labels.previewAdjustment(label);
      const entry = requireEntry(registry, input.metricId, ['input', 'metricId']);
      const metric = await loaders.metric.load(entry.number);
      if (metric === null) {
        throw new NotFoundError(`input.metricId: no metric has the id ${input.metricId}`);
      }
      const window = {
        fromMs: (entry.lastTimestampMs ?? Date.now()) - DAYS * DAY_MS,
        toMs: null,
        afterMs: null,
        beforeMs: null,
        minScore: RED_SCORE,
        descending: true,
        limit: MAX_POINTS,
      };
      const red = (await readSamples(pool, [entry.number], window)).get(entry.number) ?? [];
      const filter = (adjust: (point: AlertPoint) => number) =>
        red.filter(
          (sample) =>
            isScored(sample) &&
            isAlarming(
              sample,
              sample.value,
              metric,
              adjust({ timestampMs: sample.timestampMs, deviation: sample.value - sample.expected }),
            ),
        );
      return {
        alerts: filter((point) => labels.thresholdAdjustmentOf(metric.id, point)),
        alertsWithLabel: filter(withLabel),
      };
    },
  }),
);
