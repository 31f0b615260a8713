/** What a model is restored from: its checkpoint, and the scored samples behind it. */
import type pg from 'pg';
import type { Checkpoint } from '../samples/write-batch.ts';

export interface ReplayedSample {
  readonly timestampMs: number;
  readonly value: number;
  readonly score: number;
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  /** Whether it was of an excluded time when it was scored: nothing was learned from it. */
  readonly excluded: boolean;
}

interface CheckpointRow {
  metric_number: number;
  detector: string;
  version: number;
  scored_rows: number;
  timestamp_ms: number;
  state: Buffer;
}

interface ReplayRow {
  timestamp_ms: number;
  value: number;
  score: number;
  expected: number;
  low: number;
  high: number;
  excluded: boolean;
}

const REPLAY_PAGE = 5000;

export async function readCheckpoints(
  pool: pg.Pool,
  metricNumbers: readonly number[],
): Promise<ReadonlyMap<number, Checkpoint>> {
  if (metricNumbers.length === 0) return new Map();
  const { rows } = await pool.query<CheckpointRow>(
    `SELECT metric_number, detector, version, scored_rows, state,
       (extract(epoch FROM "timestamp") * 1000)::float8 AS timestamp_ms
     FROM model_checkpoint WHERE metric_number = ANY($1)`,
    [metricNumbers],
  );
  return new Map(
    rows.map((row) => [
      row.metric_number,
      {
        metricNumber: row.metric_number,
        detector: row.detector,
        version: row.version,
        scoredRows: row.scored_rows,
        timestampMs: row.timestamp_ms,
        state: row.state,
      },
    ]),
  );
}

/**
 * The scored samples of a metric in time order, by pages.
 * @param range.afterMs only samples after this time; null from the first
 * @param range.newest only so many of the newest; null for all
 */
export async function* replaySamples(
  pool: pg.Pool,
  metricNumber: number,
  range: { readonly afterMs: number | null; readonly newest: number | null },
): AsyncGenerator<readonly ReplayedSample[]> {
  let afterMs = range.newest === null ? range.afterMs : await findStart(pool, metricNumber, range.newest);
  for (;;) {
    const { rows } = await pool.query<ReplayRow>(
      `SELECT (extract(epoch FROM "timestamp") * 1000)::float8 AS timestamp_ms, value, score, expected, low, high,
         phase IS NOT DISTINCT FROM 'EXCLUDED' AS excluded
       FROM sample
       WHERE metric_number = $1 AND "timestamp" > coalesce(to_timestamp($2::float8 / 1000), '-infinity')
         AND seq IS NOT NULL
       ORDER BY "timestamp" LIMIT $3`,
      [metricNumber, afterMs, REPLAY_PAGE],
    );
    yield rows.map(({ timestamp_ms, ...rest }) => ({ timestampMs: timestamp_ms, ...rest }));
    const last = rows.at(-1);
    if (last === undefined || rows.length < REPLAY_PAGE) return;
    afterMs = last.timestamp_ms;
  }
}

/**
 * The scored samples of many metrics by metric number, each metric's in time order: all in memory, so the caller sees
 * to it that they are not too many. Metrics without any are left out.
 * @param wanted.afterMs only samples after this time; null from the first
 */
export async function replayMany(
  pool: pg.Pool,
  wanted: readonly { readonly metricNumber: number; readonly afterMs: number | null }[],
): Promise<ReadonlyMap<number, readonly ReplayedSample[]>> {
  const { rows } = await pool.query<[number, ...number[]]>({
    text: `SELECT wanted.number, (extract(epoch FROM "timestamp") * 1000)::float8, value, score, expected, low, high,
         (phase IS NOT DISTINCT FROM 'EXCLUDED')::int
       FROM unnest($1::int[], $2::float8[]) AS wanted (number, after_ms) CROSS JOIN LATERAL (
         SELECT "timestamp", value, score, expected, low, high, phase FROM sample
         WHERE metric_number = wanted.number AND seq IS NOT NULL
           AND "timestamp" > coalesce(to_timestamp(wanted.after_ms / 1000), '-infinity')
       ) AS behind
       ORDER BY wanted.number, "timestamp"`,
    values: [wanted.map(({ metricNumber }) => metricNumber), wanted.map(({ afterMs }) => afterMs)],
    rowMode: 'array',
  });
  const byMetric = new Map<number, ReplayedSample[]>();
  for (const row of rows) {
    const [number, timestampMs = 0, value = 0, score = 0, expected = 0, low = 0, high = 0, excluded] = row;
    const sample = { timestampMs, value, score, expected, low, high, excluded: excluded === 1 };
    const samples = byMetric.get(number);
    if (samples === undefined) byMetric.set(number, [sample]);
    else samples.push(sample);
  }
  return byMetric;
}

/** Time of the sample before the `newest` newest, or null when there are no more than those. */
async function findStart(pool: pg.Pool, metricNumber: number, newest: number): Promise<number | null> {
  const { rows } = await pool.query<{ timestamp_ms: number }>(
    `SELECT (extract(epoch FROM "timestamp") * 1000)::float8 AS timestamp_ms
     FROM sample WHERE metric_number = $1 AND seq IS NOT NULL ORDER BY "timestamp" DESC OFFSET $2 LIMIT 1`,
    [metricNumber, newest],
  );
  return rows[0]?.timestamp_ms ?? null;
}
