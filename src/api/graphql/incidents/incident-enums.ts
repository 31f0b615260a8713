/** The words of incidents and messages, each with its meaning. */
import { WEEKDAYS } from '../../../core/incidents/maintenance-window.ts';
import { builder } from '../builder/builder.ts';

export const IncidentKindRef = builder.enumType('IncidentKind', {
  description: 'What is wrong with the metric of an incident.',
  values: {
    ANOMALY: { description: 'Its values are anomalous.' },
    NO_DATA: { description: 'It stopped reporting: no sample came for longer than is normal for it.' },
    ANOMALY_RATE: {
      description:
        'Many metrics of its resource, or of all that the rule looks at, are anomalous at once: see `Incident.group`.',
    },
    OUTLIER: { description: 'It behaves unlike the same metric of other resources, and did not before.' },
  } as const,
});

export const AnomalyRateGroupRef = builder.enumType('AnomalyRateGroup', {
  description: 'Of what the share of anomalous metrics is taken.',
  values: {
    RESOURCE: { description: 'Of each resource, and each autostack, by itself.' },
    SCOPE: {
      description: 'Of all metrics of one account that the rule looks at: such as those with a tag.',
    },
  } as const,
});

export const IncidentStateRef = builder.enumType('IncidentState', {
  description: 'Where an incident is in its life.',
  values: {
    PENDING: { description: 'Anomalous, but not yet for as long as the rule asks.' },
    FIRING: { description: 'Anomalous.' },
    RECOVERING: { description: 'Normal again, but not yet for as long as the rule asks.' },
    ENDED: { description: 'Resolved.' },
  } as const,
});

export const IncidentEndReasonRef = builder.enumType('IncidentEndReason', {
  description: 'Why an incident is over.',
  values: {
    RECOVERED: {
      description: 'The metric was normal for as long as the rule asks; of `NO_DATA`, a sample came.',
    },
    SILENT: { description: 'No point of the metric came for an hour, or for twelve of its periods.' },
    UNMONITORED: { description: 'The metric is no longer monitored.' },
    METRIC_DELETED: { description: 'The metric was deleted.' },
    SUPERSEDED: { description: 'A far rarer anomaly began during it, which is an incident of its own.' },
    RULE_CHANGED: {
      description: 'The rule was deleted, switched off, or does not ask for the metric any more.',
    },
  } as const,
});

export const IncidentMuteRef = builder.enumType('IncidentMute', {
  description: 'Why no notification of an incident was sent.',
  values: {
    STALE: { description: 'Its points were older than the limit of the rule when they were scored.' },
    MAINTENANCE: { description: 'It fell into a maintenance window.' },
    SILENCE: { description: 'Its metric or resource was silenced.' },
    RATE_ONLY: { description: 'The rule does not notify of single metrics: see `notifyAnomalies`.' },
    QUIET_PERIOD: { description: 'The rule had notified of the same server shortly before.' },
  } as const,
});

export const ChannelKindRef = builder.enumType('ChannelKind', {
  description: 'How messages go.',
  values: {
    WEBHOOK: { description: 'JSON by HTTP, signed.' },
    ALERTMANAGER: { description: "Alerts, for Prometheus' Alertmanager." },
    SLACK: { description: 'An incoming webhook of Slack, or of what understands the same.' },
    EMAIL: { description: 'E-mail.' },
    PAGERDUTY: { description: 'An alert of PagerDuty for each incident.' },
    OPSGENIE: { description: 'An alert of Opsgenie for each incident.' },
    TEAMS: { description: 'A workflow of Microsoft Teams.' },
    DISCORD: { description: 'A webhook of Discord.' },
    TELEGRAM: { description: 'A bot of Telegram.' },
    NTFY: { description: 'A topic of ntfy.' },
  } as const,
});

export const NotificationKindRef = builder.enumType('NotificationKind', {
  description: 'What a message is about.',
  values: {
    START: { description: 'Incidents that fire.' },
    END: { description: 'Incidents that are over.' },
  } as const,
});

export const NotificationStateRef = builder.enumType('NotificationState', {
  description: 'How far a message has come.',
  values: {
    WAITING: { description: 'To be delivered, for the first time or again.' },
    SENT: { description: 'Taken by its channel.' },
    FAILED: { description: 'Given up after a day of tries: a dead letter. `retryNotification` tries again.' },
  } as const,
});

const DAY_NAMES = WEEKDAYS.map((day) => `${day.charAt(0)}${day.slice(1).toLowerCase()}`);
export const WeekdayRef = builder.enumType('Weekday', {
  description: 'A day of the week.',
  // One value for each name.
  values: Object.fromEntries(
    WEEKDAYS.map((day, index) => [day, { value: day, description: `${DAY_NAMES[index] ?? day}.` }]),
  ) as Record<(typeof WEEKDAYS)[number], { value: (typeof WEEKDAYS)[number]; description: string }>,
});
