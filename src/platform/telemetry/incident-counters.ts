/** What is counted of incidents and of the messages about them. */
export const INCIDENT_COUNTERS = {
  incidents_opened: 'Incidents that began: anomalous points of a metric a notification rule looks at.',
  incidents_ended: 'Incidents that ended.',
  notifications_sent: 'Messages a channel has taken.',
  notifications_failed:
    'Tries to deliver a message that failed; it is tried again for a day. Rises when a receiver is away.',
  notifications_refused_in_part:
    'Messages a channel has taken but for some of their alerts, which it refused; the notification says why.',
  notifications_given_up:
    'Messages given up after a day, or because their channel is gone: `retryNotification` sends them again.',
  rate_check_failures:
    'Checks of the anomaly rates of a notification rule that failed; each is tried again within seconds. Rises when the database is away.',
  outlier_check_failures:
    'Comparisons of the metrics of a notification rule for outliers that failed; each is tried again within minutes. Rises when the database is away.',
  outlier_metrics_skipped:
    'Metrics that were not compared for outliers, at each check of a rule that looks at more than 1,000 of them.',
} as const;
