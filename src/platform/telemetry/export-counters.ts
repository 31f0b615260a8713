/** What is counted of what goes to other servers: scores (LAPWING_REMOTE_WRITE_URL), traces (OTEL_EXPORTER_OTLP_ENDPOINT). */
export const EXPORT_COUNTERS = {
  remote_write_samples_sent: 'Samples written by remote write that the receiver took: five of each score.',
  remote_write_samples_refused:
    'Samples the receiver refused for good, such as ones older than what it has. They are not sent again.',
  remote_write_requests_failed:
    'Remote writes that failed and are tried again. Rises when the receiver is away, or refuses the key.',
  trace_spans_sent: 'Spans of traces that the OpenTelemetry collector has taken.',
} as const;

export const EXPORT_REASON_COUNTERS = {
  trace_spans_dropped: {
    help: 'Spans of traces that were dropped: too many waited, or the collector did not take them. Rises when it is away or slow, which costs nothing else.',
    reasons: ['queue_full', 'not_taken'],
  },
} as const;
