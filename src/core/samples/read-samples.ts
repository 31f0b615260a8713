/** Reads stored samples of several metrics at once, so that a list of metrics costs no more statements than one. */
import type pg from 'pg';
import { toNumberArray } from '../../platform/postgres/number-array.ts';
import { findSamples, type Queryable } from './find-samples.ts';
import { countChosen, startOfMonth } from './sample-test.ts';
import { readBlock } from './packed/open-block.ts';
import { findTime, sampleAt, type SampleColumns } from './packed/sample-columns.ts';
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

/** The samples of a window for each metric; a metric without any is not in the answer. */
export async function readSamples(
  pool: pg.Pool,
  metricNumbers: readonly number[],
  window: SampleWindow,
): Promise<SamplesByMetric> {
  const { minScore, descending, limit } = window;
  const ranges = metricNumbers.map((metricNumber) => ({ metricNumber, ...toRange(window) }));
  const found = await findSamples(pool, ranges, { minScore }, { descending, limit });
  const byMetric = new Map<number, readonly StoredSample[]>();
  for (const [index, samples] of found.entries()) {
    const number = metricNumbers[index];
    if (number !== undefined && samples.length > 0) byMetric.set(number, samples);
  }
  return byMetric;
}

/** Times are whole milliseconds: next to an end that does not belong to a window lies one that does. */
function toRange({
  fromMs,
  toMs,
  afterMs,
  beforeMs,
}: Omit<SampleWindow, 'minScore' | 'descending' | 'limit'>) {
  const from = Math.max(fromMs ?? -Infinity, afterMs === null ? -Infinity : afterMs + 1);
  const to = Math.min(toMs ?? Infinity, beforeMs === null ? Infinity : beforeMs - 1);
  return { fromMs: Number.isFinite(from) ? from : null, toMs: Number.isFinite(to) ? to : null };
}

/** The newest sample of each metric; a metric without any is not in the answer. */
export async function readLatestSamples(
  pool: pg.Pool,
  metricNumbers: readonly number[],
): Promise<ReadonlyMap<number, StoredSample>> {
  const found = await readSamples(pool, metricNumbers, { ...EVERYTHING, descending: true, limit: 1 });
  return new Map([...found.values()].flat().map((sample) => [sample.metricNumber, sample]));
}

/** What of a metric's samples is counted. */
export type CountedSamples = Pick<SampleWindow, 'fromMs' | 'toMs' | 'minScore'>;

/** How many samples of each metric; a metric without any is not in the answer. */
export async function countSamples(
  pool: pg.Pool,
  metricNumbers: readonly number[],
  { fromMs, toMs, minScore }: CountedSamples,
): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  const asked = [...new Set(metricNumbers)];
  for (let from = 0; from < asked.length; from += METRICS_AT_ONCE) {
    const { rows } = await pool.query<CountRow>(COUNT_SAMPLES, [
      asked.slice(from, from + METRICS_AT_ONCE),
      fromMs,
      toMs,
      minScore,
      startOfMonth(fromMs),
    ]);
    for (const { number, count, data } of rows) {
      const counted =
        data === null
          ? count
          : readBlock({ metricNumber: number, data }, (block) =>
              countChosen(block, { fromMs, toMs }, { minScore }),
            );
      if (counted !== null && counted > 0) counts.set(number, (counts.get(number) ?? 0) + counted);
    }
  }
  return counts;
}

/** Either a number of samples, or a block that has to be counted. */
interface CountRow {
  readonly number: number;
  readonly count: number;
  readonly data: Buffer | null;
}

/** Bounds the blocks that are counted at once. */
const METRICS_AT_ONCE = 100;

/** A block of which all samples count is not read. */
const COUNT_SAMPLES = `WITH asked AS (
    SELECT number, coalesce(to_timestamp($2::float8 / 1000), '-infinity') AS lowest,
      coalesce(to_timestamp($3::float8 / 1000), 'infinity') AS highest
    FROM unnest($1::int[]) AS number
  )
  SELECT number, count(*)::int AS count, NULL::bytea AS data
  FROM asked JOIN sample ON metric_number = number AND "timestamp" >= lowest AND "timestamp" <= highest
    AND ($4::float8 IS NULL OR score >= $4)
  GROUP BY number
  UNION ALL
  SELECT number, block.rows, CASE WHEN NOT block.is_whole THEN block.data END
  FROM asked CROSS JOIN LATERAL (
    SELECT rows, data, $4::float8 IS NULL AND first_timestamp >= lowest AND last_timestamp <= highest AS is_whole
    FROM sample_block
    WHERE metric_number = number AND first_timestamp <= highest AND last_timestamp >= lowest
      AND first_timestamp >= coalesce(to_timestamp($5::float8 / 1000), '-infinity')
      AND ($4::float8 IS NULL OR max_score >= $4)
  ) AS block`;

/** Where a sample is: no metric has two of one time. */
export interface SamplePlace {
  readonly metricNumber: number;
  readonly timestampMs: number;
}

/** The samples at these places, once each, in no order; one that is not there is left out. One statement. */
export async function readSamplesAt(
  pool: Queryable,
  places: readonly SamplePlace[],
): Promise<readonly StoredSample[]> {
  if (places.length === 0) return [];
  const wanted = new Map<number, Set<number>>();
  for (const { metricNumber, timestampMs } of places)
    wanted.set(metricNumber, (wanted.get(metricNumber) ?? new Set()).add(timestampMs));
  const asked = Array.from(wanted, ([number, times]) =>
    Array.from(times, (ms) => [number, ms] as const),
  ).flat();
  const { rows } = await pool.query<{ number: number; sample: SampleArray | null; data: Buffer | null }>(
    READ_AT,
    [
      asked.map(([number]) => number),
      toNumberArray(asked.map(([, ms]) => ms)),
      toNumberArray(asked.map(([, ms]) => startOfMonth(ms))),
    ],
  );
  return rows.flatMap(({ number: metricNumber, sample, data }) => {
    if (sample !== null) return [readSampleArray(sample)];
    if (data === null) return [];
    return readBlock({ metricNumber, data }, (block) => chooseAt(block, wanted.get(metricNumber))) ?? [];
  });
}

const READ_AT = `WITH wanted AS (
    SELECT number, to_timestamp(at_ms / 1000) AS at, to_timestamp(month_ms / 1000) AS month
    FROM unnest($1::int[], $2::float8[], $3::float8[]) AS given (number, at_ms, month_ms)
  )
  SELECT number, ${SAMPLE_ARRAY} AS sample, NULL::bytea AS data
  FROM wanted JOIN sample ON metric_number = number AND "timestamp" = at
  UNION ALL
  SELECT number, NULL, data FROM (
    SELECT DISTINCT ON (number, first_timestamp) number, data
    FROM wanted JOIN sample_block ON metric_number = number
      AND first_timestamp >= month AND first_timestamp <= at AND last_timestamp >= at
    ORDER BY number, first_timestamp
  ) AS block`;

function chooseAt(block: SampleColumns, times: ReadonlySet<number> = new Set()): StoredSample[] {
  return Array.from(times, (ms) => [ms, findTime(block, ms)] as const)
    .filter(([ms, index]) => block.timestampsMs[index] === ms)
    .map(([, index]) => sampleAt(block, index));
}
