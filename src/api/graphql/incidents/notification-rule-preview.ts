/** What a rule would have done, before it is made. */
import {
  type PreviewedIncident,
  PREVIEW_DAYS,
  previewRule,
  type RulePreview,
} from '../../../core/incidents/preview/preview-rule.ts';
import { builder } from '../builder/builder.ts';
import { timeOf, resultUnion } from '../builder/field-options.ts';
import { MetricRef } from '../metrics/metric.ts';
import { PreviewRuleInputRef, readRuleChange } from './notification-rule-input.ts';

/** Enough to see what they would be. */
const MAX_LISTED = 20;

const PreviewedNotificationRef = builder.objectRef<PreviewedIncident>('PreviewedNotification').implement({
  description: 'An incident a rule would have notified of.',
  fields: (t) => ({
    metric: t.field({
      type: MetricRef,
      nullable: true,
      description: 'The metric it would have been of; null once it was deleted.',
      resolve: ({ metricNumber }, _args, { loaders }) => loaders.metric.load(metricNumber),
    }),
    startedAt: t.field(timeOf('startedMs', 'Time of its first anomalous point.')),
    notifiedAt: t.field(timeOf('notifiedMs', 'Time of the point at which the rule would have notified.')),
  }),
});

const RulePreviewRef = builder.objectRef<RulePreview>('NotificationRulePreview').implement({
  description: `What a rule would have done in the last ${PREVIEW_DAYS} days: the stored scores are held against it as they are live, as if each had come when it was measured and nothing had been silenced. Metrics that stop reporting, and anomaly rates, are not counted.`,
  fields: (t) => ({
    days: t.int({ description: 'How many days are looked at.', resolve: () => PREVIEW_DAYS }),
    metricCount: t.exposeInt('metricCount', { description: 'Monitored metrics it looks at.' }),
    incidentCount: t.exposeInt('incidentCount', { description: 'Incidents that would have fired.' }),
    notificationCount: t.exposeInt('notificationCount', {
      description:
        'How many times it would have notified of beginnings: what begins within five seconds is one message, and the quiet period and maintenance keep messages away.',
    }),
    newest: t.field({
      type: [PreviewedNotificationRef],
      description: `What it would have notified of, the newest first; ${MAX_LISTED} at most.`,
      resolve: ({ notified }) => notified.slice(0, MAX_LISTED),
    }),
    isComplete: t.exposeBoolean('isComplete', {
      description: 'False where there is more than a preview reads: the counts are lower bounds then.',
    }),
  }),
});

builder.queryField('previewNotificationRule', (t) =>
  t.field({
    type: RulePreviewRef,
    nullable: true,
    description:
      'What a rule like this would have done in the last days. Changes nothing; whom it notifies makes no difference.',
    errors: resultUnion([], 'What the rule would have done, or why there can be no such rule.'),
    args: { input: t.arg({ type: PreviewRuleInputRef, required: true, description: 'The rule to try.' }) },
    resolve: (_root, { input }, { labels, pool }) =>
      previewRule(readRuleChange(input), {
        pool,
        thresholdAdjustmentOf: (metricId, point) => labels.thresholdAdjustmentOf(metricId, point),
        now: new Date(),
      }),
  }),
);
