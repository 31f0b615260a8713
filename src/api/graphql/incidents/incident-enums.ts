/** The words of incidents and messages, each with its meaning. */
import { WEEKDAYS } from '../../../core/incidents/maintenance-window.ts';
import { builder } from '../builder/builder.ts';
import { describeValues } from '../builder/enums.ts';

export const IncidentKindRef = builder.enumType('IncidentKind', {
  description: 'What is wrong with the metric of an incident.',
  values: describeValues({
    ANOMALY: 'Its values are anomalous.',
    NO_DATA: 'It stopped reporting: no sample came for longer than is normal for it.',
    ANOMALY_RATE:
      'Many metrics of its resource, or of all that the rule looks at, are anomalous at once: see `Incident.group`.',
    OUTLIER: 'It behaves unlike the same metric of other resources, and did not before.',
  }),
});

export const AnomalyRateGroupRef = builder.enumType('AnomalyRateGroup', {
  description: 'Of what the share of anomalous metrics is taken.',
  values: describeValues({
    RESOURCE: 'Of each resource, and each autostack, by itself.',
    SCOPE: 'Of all metrics of one account that the rule looks at: such as those with a tag.',
  }),
});

export const IncidentStateRef = builder.enumType('IncidentState', {
  description: 'Where an incident is in its life.',
  values: describeValues({
    PENDING: 'Anomalous, but not yet for as long as the rule asks.',
    FIRING: 'Anomalous.',
    RECOVERING: 'Normal again, but not yet for as long as the rule asks.',
    ENDED: 'Resolved.',
  }),
});

export const IncidentEndReasonRef = builder.enumType('IncidentEndReason', {
  description: 'Why an incident is over.',
  values: describeValues({
    RECOVERED: 'The metric was normal for as long as the rule asks; of `NO_DATA`, a sample came.',
    SILENT: 'No point of the metric came for an hour, or for twelve of its periods.',
    UNMONITORED: 'The metric is no longer monitored.',
    METRIC_DELETED: 'The metric was deleted.',
    SUPERSEDED: 'A far rarer anomaly began during it, which is an incident of its own.',
    RULE_CHANGED: 'The rule was deleted, switched off, or does not ask for the metric any more.',
  }),
});

export const IncidentMuteRef = builder.enumType('IncidentMute', {
  description: 'Why no notification of an incident was sent.',
  values: describeValues({
    STALE: 'Its points were older than the limit of the rule when they were scored.',
    MAINTENANCE: 'It fell into a maintenance window.',
    SILENCE: 'Its metric or resource was silenced.',
    RATE_ONLY: 'The rule does not notify of single metrics: see `notifyAnomalies`.',
    QUIET_PERIOD: 'The rule had notified of the same server shortly before.',
  }),
});

export const ChannelKindRef = builder.enumType('ChannelKind', {
  description: 'How messages go.',
  values: describeValues({
    WEBHOOK: 'JSON by HTTP, signed.',
    ALERTMANAGER: "Alerts, for Prometheus' Alertmanager.",
    SLACK: 'An incoming webhook of Slack, or of what understands the same.',
    EMAIL: 'E-mail.',
    PAGERDUTY: 'An alert of PagerDuty for each incident.',
    OPSGENIE: 'An alert of Opsgenie for each incident.',
    TEAMS: 'A workflow of Microsoft Teams.',
    DISCORD: 'A webhook of Discord.',
    TELEGRAM: 'A bot of Telegram.',
    NTFY: 'A topic of ntfy.',
  }),
});

export const NotificationKindRef = builder.enumType('NotificationKind', {
  description: 'What a message is about.',
  values: describeValues({
    START: 'Incidents that fire.',
    END: 'Incidents that are over.',
  }),
});

export const NotificationStateRef = builder.enumType('NotificationState', {
  description: 'How far a message has come.',
  values: describeValues({
    WAITING: 'To be delivered, for the first time or again.',
    SENT: 'Taken by its channel.',
    FAILED: 'Given up after a day of tries: a dead letter. `retryNotification` tries again.',
  }),
});

const DAY_NAMES = WEEKDAYS.map((day) => `${day.charAt(0)}${day.slice(1).toLowerCase()}`);
export const WeekdayRef = builder.enumType('Weekday', {
  description: 'A day of the week.',
  // One value for each name.
  values: Object.fromEntries(
    WEEKDAYS.map((day, index) => [day, { value: day, description: `${DAY_NAMES[index] ?? day}.` }]),
  ) as Record<(typeof WEEKDAYS)[number], { value: (typeof WEEKDAYS)[number]; description: string }>,
});
