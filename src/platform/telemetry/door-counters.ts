/** What is counted of the protocols points are pushed by, beside Graphite and line protocol. */

export const DOOR_COUNTERS = {
  remote_write_series: 'Series read from Prometheus remote writes, good and bad, once for each write.',
  remote_write_exemplars_skipped: 'Exemplars in Prometheus remote writes: not stored. Harmless.',
  remote_write_metadata: 'Descriptions of metrics in Prometheus remote writes of version 1.',
  otlp_data_points: 'Data points read from OTLP requests, good and bad.',
} as const;

export const DOOR_REASON_COUNTERS = {
  remote_write_series_bad: {
    help: 'Series of Prometheus remote writes left out, by reason; each costs only itself. Rises when a sender is broken.',
    reasons: ['too_long', 'malformed', 'not_utf8', 'no_name', 'bad_label', 'bad_symbol'],
  },
  remote_write_values_skipped: {
    help: 'Samples and histograms of Prometheus remote writes that hold no number: the mark that a series has ended (stale), NaN and infinity. Harmless.',
    reasons: ['stale', 'not_finite'],
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
} as const;
