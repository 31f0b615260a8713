/** The words of the house as types. Imports nothing of ours. */

/** Where a metric's points come from. Stored as text; the GraphQL enum has the same names. */
export const DATASOURCES = ['CLOUDWATCH', 'AUTOSTACK', 'CUSTOM', 'INFLUXDB', 'PROMETHEUS', 'HOST'] as const;
export type Datasource = (typeof DATASOURCES)[number];

/** The account of whatever is not said to be another's. */
export const DEFAULT_ACCOUNT = 1;

/** What a key or a user may be allowed to do, from the least to the most. */
export const SCOPES = ['INGEST', 'READ', 'WRITE', 'ADMIN'] as const;
export type Scope = (typeof SCOPES)[number];

export function isScope(text: unknown): text is Scope {
  return SCOPES.some((scope) => scope === text);
}

/** Members an autostack may have. */
export const MAX_STACK_MEMBERS = 500;

/** Namespace of what an autostack itself measures. */
export const STACK_NAMESPACE = 'Autostacks';

/** The server of an autostack's metrics. */
export function nameStackServer(stackId: string): string {
  return `${STACK_NAMESPACE}/${stackId}`;
}

/** The life of a metric. The numbers are the bits older exports carry. */
export const METRIC_STATUS_BITS = {
  UNMONITORED: 0,
  ACTIVE: 1,
  CREATE_PENDING: 2,
  ERROR: 4,
  PENDING_DATA: 8,
} as const;
export type MetricStatus = keyof typeof METRIC_STATUS_BITS;

/** Of a metric, a resource, in UTF-16 units. */
export const MAX_NAME_LENGTH = 255;
/**
 * What names may not hold: C0, C1, the Unicode line ends and U+FFFD would forge lines in logs and files; characters that
 * override the direction of text would make one name look like another (the marks of languages are let pass); half of a
 * surrogate pair is no character, and cannot be stored.
 */
// eslint-disable-next-line no-control-regex -- finding them is the point
export const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd\p{Cs}]/u;

/**
 * How far ahead of the server's clock a point may lie and be scored at once. One further ahead is stored, and scored when
 * its time comes: a single wrong clock must not leave all points behind it unscored.
 */
export const SCORED_AHEAD_MS = 900_000;

/** One sample of one metric. Time in milliseconds since 1970 UTC, value finite. */
export interface Sample {
  readonly timestampMs: number;
  readonly value: number;
}

/** Whose word the bounds of a metric are, where no person gave them. */
export const BOUNDS_ORIGINS = ['SOURCE', 'LEARNED'] as const;
type BoundsOrigin = (typeof BOUNDS_ORIGINS)[number];

/** GAUGE: a value by itself. COUNTER: a sum that rises until its process restarts, scored by how fast it does so. */
export const VALUE_KINDS = ['GAUGE', 'COUNTER'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** A span of time in milliseconds since 1970 UTC: from its start to before its end. */
export type TimeSpan = Readonly<Record<'startMs' | 'endMs', number>>;

/** What is known of a metric beforehand; min and max come together or not at all. */
export interface ModelParams {
  readonly min?: number;
  readonly max?: number;
  /**
   * Left out when a person gave min and max. Those alone say how small a change may be that matters: what the catalogue
   * of a source expects, or the first rows had, is shown to people and kept from the detector.
   */
  readonly boundsFrom?: BoundsOrigin;
  readonly minResolution?: number;
  /** IANA name of the zone whose clock the metric follows; UTC when left out. */
  readonly timeZone?: string;
  /** Left out where nobody said: the detector then finds out by its rows. */
  readonly valueKind?: ValueKind;
  /**
   * Times the model learns nothing from, such as an outage or a load test: in order, apart, none where left out. Their
   * samples are scored, below red, and open no incident.
   */
  readonly excludedTimes?: readonly TimeSpan[];
}

/**
 * The view of a series that found a point anomalous: its level against the expected value, its slope over the
 * last hours, its time of day or week, how much it varies, or that it is silent (flat where it never was).
 */
export const VIEWS = ['LEVEL', 'TREND', 'TIME_OF_DAY', 'VOLATILITY', 'SILENCE'] as const;
export type View = (typeof VIEWS)[number];

/** How anomalous, on the logarithmic scale: none while unscored, green, yellow from 0.4, red from 0.5. */
export type AnomalyClass = 'NONE' | 'GREEN' | 'YELLOW' | 'RED';

/**
 * What a row is to the incidents of its metric. OPENS: a red row that begins one. CONTINUES: red, or still far from
 * normal, while one lasts. RECOVERS: near normal again, but not yet for the recovery time. QUIET_PERIOD: red, but soon
 * after an anomaly at least as rare. LEARNING: red, while the model is learning. EXCLUDED: of a time the model was not
 * to learn from, red or not; it has learned nothing from the row.
 */
export const ANOMALY_PHASES = [
  'OPENS',
  'CONTINUES',
  'RECOVERS',
  'QUIET_PERIOD',
  'LEARNING',
  'EXCLUDED',
] as const;
export type AnomalyPhase = (typeof ANOMALY_PHASES)[number];

/** What a detector says of one point. */
export interface Judgement {
  /** How surprising the point is before calibration, in [0, 1]. */
  readonly rawScore: number;
  /** Likelihood score in [0, 1]: one minus the chance of seeing something as rare. Red is ≥ 0.99999. */
  readonly score: number;
  /** The value that seemed most likely before the point was seen. */
  readonly expected: number;
  /** The band the value was expected in. */
  readonly low: number;
  readonly high: number;
  /** True while the model is still learning, and of excluded times: the score is then not to be alarmed on. */
  readonly provisional: boolean;
  /** True where something begins at the row's own level, red or not; false where it continues. */
  readonly episode: boolean;
  /** What the row is to the metric's incidents; null where the metric is normal, and on rows below red outside one. */
  readonly phase: AnomalyPhase | null;
  /** The view that carries most of the score; null where nothing is anomalous. */
  readonly view: View | null;
}
