/** Gauges go up and down; 0 until first set. */
export const GAUGES = {
  ingest_queue_points:
    'Points waiting to be written. Near LAPWING_INGEST_QUEUE_POINTS senders are held back.',
  history_queue_points: 'Points of the past waiting to be written, behind those that are live.',
  incidents_lag:
    'Scores not held against the notification rules yet. Rises when the database is slower than what is pushed.',
  bars_lag:
    'Scores not in the stored bars yet, a minute of them at most. More: the database is slower than what is pushed.',
  replica_lag:
    'Scores of the leader that this replica has not read yet. Rises when the database is slower than what is pushed.',
  cluster_leader: 'Whether this member leads its cluster: 1; on replicas, and outside of clusters, 0.',
  remote_write_lag:
    'Scores not written to LAPWING_REMOTE_WRITE_URL yet. Rises when the receiver is away or slow.',
  reorder_metrics_waiting:
    'Metrics whose newest points wait for LAPWING_REORDER_SECONDS before they are scored.',
  models_in_memory: 'Models in memory; at LAPWING_MODEL_CACHE colder ones are dropped.',
  subscribers: 'Live subscriptions open.',
  monitoring_points_waiting: "Points of the server's own monitoring not written to InfluxDB yet.",
  graphite_connections: 'Graphite connections open.',
  config_last_reload_successful:
    'Whether all of LAPWING_CONFIG_FILE was applied when it was last read: 1 or 0. 0 while none is set.',
  config_last_reload_success_timestamp_seconds:
    'When all of LAPWING_CONFIG_FILE was last applied, in seconds since 1970.',
  secrets_unreadable:
    'Stored secrets that do not open with the sealing key in LAPWING_DATA_DIR. Any: the key file was lost or replaced.',
  poll_lag_seconds:
    'How late the last reading of a source started. Rises when there is more to read than time.',
} as const;
