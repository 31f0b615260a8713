/** Reads stored samples of several metrics at once, so that a list of metrics costs no more statements than one. */
import type pg from 'pg';
import { readSampleArray, SAMPLE_ARRAY, type SampleArray, type StoredSample } from './stored-sample.ts';

/** Which samples of each metric, and in which order. */
export interface SampleWindow {
  /** Both ends belong to the window; null for open. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Only scored samples with at least this score; null for all, unscored ones too. */
  readonly minScore: number | null;
  /** Neither end belongs to the window; null for open. */
  readonly afterMs: number | null;
  readonly beforeMs: number | null;
  /** Newest first. */
  readonly descending: boolean;
  /** Most samples per metric. */
  readonly limit: number;
}

export type SamplesByMetric = ReadonlyMap<number, readonly StoredSample[]>;

const EVERYTHING: Omit<SampleWindow, 'limit'> = {
  fromMs: null,
  toMs: null,
  minScore: null,
  afterMs: null,
  beforeMs: null,
  descending: false,
};

/** The samples of a window for each metric; a metric without any is not in the answer. One statement. */
export async function readSamples(
  pool: pg.Pool,
  metricNumbers: readonly number[],
  window: SampleWindow,
): Promise<SamplesByMetric> {
  const values: unknown[] = [metricNumbers, window.limit];
  const conditions = listConditions(window, (value) => `$${values.push(value)}`);
  const direction = window.descending ? 'DESC' : 'ASC';
  const { rows } = await pool.query<{ samples: readonly SampleArray[] }>(
    `SELECT found.samples FROM unnest($1::int[]) AS wanted (number) CROSS JOIN LATERAL (
       SELECT json_agg(${SAMPLE_ARRAY} ORDER BY "timestamp" ${direction}) AS samples FROM (
         SELECT * FROM sample WHERE ${['metric_number = wanted.number', ...conditions].join(' AND ')}
         ORDER BY "timestamp" ${direction} LIMIT $2
       ) AS chosen
     ) AS found WHERE found.samples IS NOT NULL`,
    values,
  );
  return new Map(rows.map(({ samples }) => [samples[0]?.[0] ?? 0, samples.map(readSampleArray)]));
}

/** The newest sample of each metric; a metric without any is not in the answer. One statement. */
export async function readLatestSamples(
  pool: pg.Pool,
  metricNumbers: readonly number[],
): Promise<ReadonlyMap<number, StoredSample>> {
  const found = await readSamples(pool, metricNumbers, { ...EVERYTHING, descending: true, limit: 1 });
  return new Map([...found.values()].flat().map((sample) => [sample.metricNumber, sample]));
}

/** What of a metric's samples is counted. */
export type CountedSamples = Pick<SampleWindow, 'fromMs' | 'toMs' | 'minScore'>;

/** How many samples of each metric; a metric without any is not in the answer. One statement. */
export async function countSamples(
  pool: pg.Pool,
  metricNumbers: readonly number[],
  range: CountedSamples,
): Promise<ReadonlyMap<number, number>> {
  const values: unknown[] = [metricNumbers];
  const window = { ...range, afterMs: null, beforeMs: null };
  const conditions = listConditions(window, (value) => `$${values.push(value)}`);
  const { rows } = await pool.query<{ number: number; count: number }>(
    `SELECT metric_number AS number, count(*)::int AS count FROM sample
     WHERE ${['metric_number = ANY($1::int[])', ...conditions].join(' AND ')} GROUP BY metric_number`,
    values,
  );
  return new Map(rows.map(({ number, count }) => [number, count]));
}

/** Where a sample is: no metric has two of one time. */
export interface SamplePlace {
  readonly metricNumber: number;
  readonly timestampMs: number;
}

/** The samples at these places, in no order; one that is not there is left out. One statement. */
export async function readSamplesAt(
  pool: pg.Pool,
  places: readonly SamplePlace[],
): Promise<readonly StoredSample[]> {
  if (places.length === 0) return [];
  const { rows } = await pool.query<{ sample: SampleArray }>(
    `SELECT ${SAMPLE_ARRAY} AS sample FROM sample
     JOIN unnest($1::int[], $2::float8[]) AS wanted (number, at_ms)
       ON metric_number = number AND "timestamp" = to_timestamp(at_ms / 1000)`,
    [places.map(({ metricNumber }) => metricNumber), places.map(({ timestampMs }) => timestampMs)],
  );
  return rows.map(({ sample }) => readSampleArray(sample));
}

/** SQL conditions on the sample table, without the metric's. */
export function listConditions(
  window: Omit<SampleWindow, 'descending' | 'limit'>,
  bind: (value: unknown) => string,
): readonly string[] {
  const time = (operator: string, ms: number | null) =>
    ms === null ? [] : [`"timestamp" ${operator} to_timestamp(${bind(ms)}::float8 / 1000)`];
  return [
    ...time('>=', window.fromMs),
    ...time('<=', window.toMs),
    ...time('>', window.afterMs),
    ...time('<', window.beforeMs),
    ...(window.minScore === null ? [] : [`score >= ${bind(window.minScore)}::float8`]),
  ];
}
