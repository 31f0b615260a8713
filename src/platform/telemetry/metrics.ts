/**
 * Every number the server counts about itself, with what a rising value means. Rendered by serverInfo and by
 * /metrics; to add one, add it to a list here and count it where it happens.
 */
import { CLOUDWATCH_COUNTERS } from './cloudwatch-counters.ts';
import { ACCESS_COUNTERS, ACCESS_REASON_COUNTERS } from './access-counters.ts';
import { PROTOCOL_COUNTERS, PROTOCOL_REASON_COUNTERS } from './protocol-counters.ts';
import { EXPORT_COUNTERS, EXPORT_REASON_COUNTERS } from './export-counters.ts';
import { GAUGES } from './gauges.ts';
import { INCIDENT_COUNTERS } from './incident-counters.ts';
import { Latencies, type Latency, type LatencyLabels } from './latencies.ts';
import { PACKING_COUNTERS } from './packing-counters.ts';
import type { Family } from './family.ts';

/** Counters only ever rise; they start at 0 with the process. */
const COUNTERS = {
  points_accepted: 'Points stored for the first time. It should rise as fast as points are sent.',
  points_duplicate: 'Points already stored with the same value. Rises when senders repeat batches; harmless.',
  points_conflicting:
    'Points already stored with another value; the first one is kept. Rises when two senders share a name.',
  points_late:
    'Points not newer than the newest scored one: stored, never scored. Rises when a sender is behind.',
  metrics_rewound:
    'Metrics that had been scored far ahead of the clock and were brought back to it. Rises when the clock was wrong.',
  points_scored: 'Points the detector judged. Below points_accepted while metrics are not monitored yet.',
  batches_committed: 'Transactions of points committed.',
  batches_failed:
    'Transactions of points that failed and were given back to the sender. Rises when the database is away.',
  retry_later: 'Requests refused because the queue was full or the database away. Rises under overload.',
  policy_metrics_monitored: 'Metrics that monitoring policies began to monitor.',
  policy_metrics_refused:
    'Metrics that match a monitoring policy and are not monitored, because the quota of resources is used up. Metric.message says so.',
  metrics_created:
    'Metrics made for names that were not known. Rises for ever when names hold a random part.',
  metrics_deleted: 'Metrics deleted with their samples.',
  detector_failures:
    'Points on which a detector threw; the metric goes to status ERROR. Any rise is a bug of ours.',
  judgements_mended:
    'Judgements of the detector that were no finite numbers, or out of order, and were mended before they were stored. Any rise is a bug of ours.',
  models_restored:
    'Models read back from their checkpoint. A steady rise means LAPWING_MODEL_CACHE is too small.',
  models_replayed_rows: 'Stored points fed again to models restored from an older checkpoint.',
  replay_mismatches:
    'Replayed points whose score differs from the stored one. Any rise is a bug or a damaged database.',
  checkpoints_written: 'Model states written to the database.',
  score_events_sent: 'Batches of scores handed to subscribers.',
  scores_sent: 'Scored points handed to subscribers, counted once per subscriber.',
  subscribers_caught_up: 'Times a subscriber left the live buffer and was served from the database instead.',
  follower_failures:
    'Times a follower of the log (bars, incidents) failed and will try the same scores again. Rises when the database is away.',
  job_failures:
    "Runs of the server's own jobs (delivering messages, sweeping incidents, purging) that failed; each runs again in time. Rises when the database is away.",
  follower_gaps:
    'Times retention dropped scores before a follower had come to them. Any rise means it was far behind.',
  replica_reads_failed:
    'Times a replica could not read what the leader had changed, or its log, and will try again. Rises when the database is away.',
  replica_scores_received:
    'Scores the leader sent a replica as it committed them. What it did not send is read from the database.',
  requests_forwarded: 'Requests, operations and pushes whose points a replica passed on to the leader.',
  forwards_failed:
    'Of those, the ones that were answered RETRY_LATER: there was no leader in time, or its answer did not come.',
  relays_failed:
    'Connections and datagrams for Graphite and StatsD that a replica could not pass on: there was no leader in time, or it does not take them.',
  source_reads: 'Readings of metrics from their sources.',
  downloads_sent: 'Downloads sent to their end.',
  downloads_cut: 'Downloads cut short: by the client, by time, or by a failure of the database.',
  archives_uploaded: 'Archives of metrics that were put where somebody asked for them.',
  ...INCIDENT_COUNTERS,
  source_read_failures: 'Readings of metrics that failed. Rises when a source is away or refuses us.',
  partitions_dropped: 'Monthly tables of samples dropped by retention.',
  database_restarts: 'Times the embedded database ended by itself and was started again.',
  database_silences:
    'Times the database did not answer for 2.5 s. Requests are answered RETRY_LATER at once until it does; a rise means a frozen machine, a lost network or a disk that hangs.',
  graphite_lines: 'Lines read from Graphite connections, good and bad, blank ones left out.',
  graphite_points_lost:
    'Points read from Graphite connections and then given up: at a stop that took too long, or by a bug of ours.',
  line_protocol_lines: 'Lines of line protocol read, good and bad, blank ones and comments left out.',
  line_protocol_fields_skipped:
    'Fields of line protocol that are texts, booleans, NaN or infinity: nothing to score, so not stored. Harmless.',
  unexpected_failures:
    'Failures that nothing was there to catch. Each cost the work it happened in; a hundred within a minute stop the server. Any rise is a bug of ours.',
  requests: 'Requests answered: GraphQL operations, CloudWatch calls, writes, starts of subscriptions.',
  requests_failed:
    'Of those, the ones answered with an error. Rises when clients or the server are in trouble.',
  monitoring_points_written: "Points of the server's own monitoring that InfluxDB has taken.",
  monitoring_points_dropped:
    "Points of the server's own monitoring dropped because too many waited, or at stop. Rises when InfluxDB is away.",
  monitoring_points_refused:
    "Points of the server's own monitoring InfluxDB refused for good. Any rise is a bug of ours or a wrong bucket.",
  monitoring_writes_failed: 'Writes to InfluxDB that failed. Rises when it is away or refuses us.',
  graphite_connections_opened: 'Graphite connections taken.',
  graphite_connections_refused: 'Graphite connections closed at once because too many were open.',
  config_reloads: 'Times LAPWING_CONFIG_FILE was read: at the start, and on SIGHUP.',
  config_reloads_failed: 'Of those, the ones not applied, or not in full. The log says which line, and why.',
  ...PROTOCOL_COUNTERS,
  ...ACCESS_COUNTERS,
  ...EXPORT_COUNTERS,
  ...PACKING_COUNTERS,
  ...CLOUDWATCH_COUNTERS,
} as const;

/** Counters split by a reason. The reasons are listed, so that no input can make new series. */
const REASON_COUNTERS = {
  requests_over_limit: {
    help: 'GraphQL requests, operations and connections refused by a limit (LAPWING_MAX_…), by which. Rises when a client asks for too much, or a limit is too low for it.',
    reasons: [
      'body',
      'tokens',
      'document_bytes',
      'fields',
      'field_pairs',
      'depth',
      'aliases',
      'root_fields',
      'directives',
      'page',
      'batch',
      'cost',
      'rate',
      'operations',
      'connections',
      'time',
    ],
  },
  points_rejected: {
    help: 'Points refused, by reason. Rises when a sender sends nonsense or its clock is wrong.',
    reasons: [
      'bad_name',
      'bad_unit',
      'bad_resource',
      'bad_value',
      'too_old',
      'too_far_ahead',
      'too_many_metrics',
      'unknown_metric',
      'metric_failed',
    ],
  },
  metric_failures: {
    help: 'Faults that cost one metric its scores or its points, by the step that failed; the metric shows why, its neighbours are not harmed. Any rise is a bug of ours or a damaged database.',
    reasons: ['create', 'look_up', 'restore', 'score', 'snapshot', 'store', 'publish'],
  },
  graphite_connections_foreign: {
    help: 'Graphite connections closed because they spoke another protocol, by which. A browser that speaks HTTP there was sent by some page, which tried to write metrics.',
    reasons: ['http', 'tls'],
  },
  graphite_lines_bad: {
    help: 'Graphite lines, those of OpenTSDB among them, and points and frames of pickles, left out, by reason; each costs only itself. Rises when a sender speaks another protocol.',
    reasons: [
      'too_long',
      'not_utf8',
      'field_count',
      'bad_value',
      'bad_timestamp',
      'bad_tag',
      'cut_off',
      'bad_pickle',
    ],
  },
  line_protocol_lines_bad: {
    help: 'Lines of line protocol left out, by reason; each costs only itself. Rises when a sender is broken.',
    reasons: ['too_long', 'not_utf8', 'bad_name', 'bad_tag', 'bad_field', 'bad_timestamp'],
  },
  ...PROTOCOL_REASON_COUNTERS,
  ...ACCESS_REASON_COUNTERS,
  ...EXPORT_REASON_COUNTERS,
} as const;

export type Counter = keyof typeof COUNTERS;
type ReasonCounter = keyof typeof REASON_COUNTERS;
export type Reason<Name extends ReasonCounter> = (typeof REASON_COUNTERS)[Name]['reasons'][number];
export type Gauge = keyof typeof GAUGES;

/** One number with its meaning. */
export interface Reading {
  readonly name: Counter | ReasonCounter | Gauge;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  /** Null for numbers that are not split. */
  readonly reason: string | null;
  readonly value: number;
}

export interface Stats {
  /** @param by whole, not negative; 1 when left out. @throws RangeError otherwise */
  count(name: Counter, by?: number): void;
  /** As `count`, for counters split by a reason. */
  countReason<Name extends ReasonCounter>(name: Name, reason: Reason<Name>, by?: number): void;
  /** @throws RangeError for a value that is not finite */
  set(name: Gauge, value: number): void;
  /** Notes how long something took. */
  observe(name: Latency, seconds: number, labels?: LatencyLabels): void;
  /** What one number says now; a split counter gives the sum of its reasons. */
  read(name: Counter | ReasonCounter | Gauge): number;
  /** Every number, those at 0 too, in the order of the lists. */
  snapshot(): readonly Reading[];
  /** How long things took. */
  readLatencies(): Promise<readonly Family[]>;
}

/** Makes the numbers of one server, all 0. Memory is bounded: no input makes a new one. */
export function createStats(): Stats {
  const rows = listReadings();
  const latencies = new Latencies();
  const byKey = new Map(rows.map((row) => [keyOf(row.name, row.reason), row]));

  const find = (name: Reading['name'], reason: string | null) => {
    const row = byKey.get(keyOf(name, reason));
    if (row === undefined) throw new RangeError(`no such number: ${keyOf(name, reason)}`);
    return row;
  };
  const add = (name: Counter | ReasonCounter, reason: string | null, by: number) => {
    if (!Number.isSafeInteger(by) || by < 0) throw new RangeError(`${name} cannot rise by ${by}`);
    find(name, reason).value += by;
  };

  return {
    count: (name, by = 1) => add(name, null, by),
    countReason: (name, reason, by = 1) => add(name, reason, by),
    set(name, value) {
      if (!Number.isFinite(value)) throw new RangeError(`${name} cannot be ${value}`);
      find(name, null).value = value;
    },
    observe: (name, seconds, labels) => latencies.observe(name, seconds, labels),
    read: (name) => rows.reduce((sum, row) => (row.name === name ? sum + row.value : sum), 0),
    snapshot: () => rows.map((row) => ({ ...row })),
    readLatencies: () => latencies.read(),
  };
}

type Row = { -readonly [Key in keyof Reading]: Reading[Key] };

function listReadings(): readonly Row[] {
  const plain = <Name extends Counter | Gauge>(list: Readonly<Record<Name, string>>, kind: Row['kind']) =>
    keysOf(list).map((name): Row => ({ name, kind, help: list[name], reason: null, value: 0 }));
  const split = keysOf(REASON_COUNTERS).flatMap((name) => {
    const { help, reasons } = REASON_COUNTERS[name];
    return reasons.map((reason): Row => ({ name, kind: 'counter', help, reason, value: 0 }));
  });
  return [...plain(COUNTERS, 'counter'), ...split, ...plain(GAUGES, 'gauge')];
}

/** Object.keys of a literal: nothing else is in it. */
function keysOf<Name extends string>(list: Readonly<Record<Name, unknown>>): readonly Name[] {
  return Object.keys(list) as Name[];
}

function keyOf(name: string, reason: string | null): string {
  return reason === null ? name : `${name} ${reason}`;
}
