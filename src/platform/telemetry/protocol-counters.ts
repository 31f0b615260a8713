/** What is counted of HTTP itself, and of the protocols points are pushed by, beside Graphite and line protocol. */

export const PROTOCOL_COUNTERS = {
  http_connections_refused: 'HTTP connections closed at once because 10,000 were open.',
  http_connections_stalled:
    'HTTP connections cut off because their client no longer read what it had asked for.',
  graphite_values_skipped:
    'Graphite lines whose value is nan: not stored. Harmless: collectd sends one for the first value of each rate.',
  remote_write_series: 'Series read from Prometheus remote writes, good and bad, once for each write.',
  remote_write_exemplars_skipped: 'Exemplars in Prometheus remote writes: not stored. Harmless.',
  remote_write_metadata: 'Descriptions of metrics in Prometheus remote writes of version 1.',
  statsd_lines: 'Lines of StatsD read, good and bad, blank ones left out.',
  statsd_events_skipped: 'Events and service checks of DogStatsD: no metrics, so not stored. Harmless.',
  statsd_points_lost:
    'Points of StatsD given up: at a stop while the database was away, or by a bug of ours.',
  statsd_connections_refused: 'StatsD connections closed at once because too many were open.',
  statsd_connections_foreign:
    'StatsD connections closed because they spoke HTTP or TLS: some page made a browser write metrics.',
  exposition_samples: 'Samples read from pushes in the text format of Prometheus.',
  exposition_values_skipped: 'Of those, the ones that hold no number: NaN and infinity. Harmless.',
  otlp_data_points: 'Data points read from OTLP requests, good and bad.',
} as const;

export const PROTOCOL_REASON_COUNTERS = {
  http_requests_unreadable: {
    help: 'Requests refused before any route because they are not HTTP/1.1, by reason; the log has the peer. tls: https:// where there is no TLS; http2: as gRPC sends it; too_slow: their headers did not come in time.',
    reasons: ['tls', 'http2', 'too_large', 'too_slow', 'malformed'],
  },
  remote_write_series_bad: {
    help: 'Series of Prometheus remote writes left out, by reason; each costs only itself. Rises when a sender is broken.',
    reasons: ['too_long', 'malformed', 'not_utf8', 'no_name', 'bad_label', 'bad_symbol'],
  },
  remote_write_values_skipped: {
    help: 'Samples and histograms of Prometheus remote writes that hold no number: the mark that a series has ended (stale), NaN and infinity. Harmless.',
    reasons: ['stale', 'not_finite'],
  },
  statsd_lines_bad: {
    help: 'Lines of StatsD left out, by reason; each costs only itself. too_many_series: more than 100,000 series, or 1,000,000 values in an interval.',
    reasons: [
      'too_long',
      'not_utf8',
      'bad_name',
      'bad_value',
      'bad_type',
      'bad_rate',
      'bad_timestamp',
      'too_many_series',
    ],
  },
  exposition_lines_bad: {
    help: 'Lines of pushes in the text format of Prometheus left out, by reason; each costs only itself. Rises when a sender is broken.',
    reasons: ['too_long', 'not_utf8', 'bad_name', 'bad_label', 'bad_value', 'bad_timestamp'],
  },
  opentsdb_data_points_bad: {
    help: "Data points of OpenTSDB's HTTP API left out, by reason; each costs only itself. Rises when a sender is broken.",
    reasons: ['bad_name', 'bad_timestamp', 'bad_value', 'bad_tag'],
  },
  otlp_data_points_bad: {
    help: 'Data points of OTLP requests, or all those of a damaged message, left out, by reason. Rises when a sender is broken.',
    reasons: [
      'too_long',
      'malformed',
      'not_utf8',
      'no_name',
      'no_data',
      'bad_attribute',
      'bad_time',
      'bad_value',
    ],
  },
  otlp_data_points_skipped: {
    help: 'Data points of OTLP requests that hold no number: flagged as without a value, NaN and infinity. Harmless.',
    reasons: ['no_recorded_value', 'not_finite'],
  },
  prometheus_values_dropped: {
    help: 'Values read from a Prometheus and left out: no finite numbers, or of a time at which the query gave several series.',
    reasons: ['not_finite', 'several_series'],
  },
} as const;
