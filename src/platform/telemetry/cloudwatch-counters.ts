/** What is counted of AWS's CloudWatch as a source, and of the CloudWatch service. */
export const CLOUDWATCH_COUNTERS = {
  cloudwatch_calls: 'GetMetricData calls to AWS, each page one. AWS bills by the metrics they ask for.',
  cloudwatch_retries: 'AWS calls that were tried again. Rises when AWS throttles or fails.',
  cloudwatch_throttled:
    'AWS calls given up because AWS throttled them to the end; what they were to read is read later.',
  cloudwatch_names_unconfirmed:
    'Metrics outside the catalogue that were taken though AWS did not answer whether they exist.',
  cloudwatch_series_read: 'Metrics asked for in GetMetricData calls: what AWS bills.',
  cloudwatch_data_stored: 'Data put into the CloudWatch service and committed.',
  cloudwatch_data_throttled:
    'Data put into the CloudWatch service and refused because its queue was full: more is pushed than the database stores.',
  cloudwatch_data_failed:
    'Data put into the CloudWatch service and answered with an error because the database failed.',
  cloudwatch_commits: 'Transactions of data put into the CloudWatch service; busy, each holds many requests.',
  cloudwatch_requests_throttled:
    'Requests to the CloudWatch service refused because their account asked too often.',
  cloudwatch_rows_purged: 'Rows of the CloudWatch service dropped by its retention.',
  cloudwatch_actions_delivered: 'Notices of alarms a webhook has taken.',
  cloudwatch_actions_failed:
    'Tries to deliver a notice of an alarm that failed. Rises when a webhook is away or none is set.',
} as const;
