/** From when until when the anomaly lasts that a sample is a part of, however far that reaches. */
import type pg from 'pg';
import type { StoredSample } from './stored-sample.ts';

export interface AnomalySpan {
  /** The sample it opened with. */
  readonly fromMs: number;
  /** The last one that was anomalous. */
  readonly toMs: number;
  /** Whether no sample has been normal since. */
  readonly lasts: boolean;
}

/** A sample that is a part of an anomaly; its phase is OPENS, CONTINUES or RECOVERS. */
type AnomalousSample = Pick<StoredSample, 'metricNumber' | 'timestampMs'>;

/** A span ends before the next sample that is normal, or that opens another; one of an excluded time says nothing. */
const READ_SPANS = `
  SELECT extract(epoch FROM opened.at)::float8 * 1000 AS "fromMs", extract(epoch FROM last.at)::float8 * 1000 AS "toMs",
         after.at IS NULL AS lasts
  FROM unnest($1::int[], $2::float8[]) WITH ORDINALITY AS given (number, ms, place)
  CROSS JOIN LATERAL (SELECT to_timestamp(ms / 1000) AS at) AS given_at
  LEFT JOIN LATERAL (
    SELECT "timestamp" AS at FROM sample
    WHERE metric_number = number AND "timestamp" <= given_at.at AND phase = 'OPENS' ORDER BY "timestamp" DESC LIMIT 1
  ) AS opened ON true
  LEFT JOIN LATERAL (
    SELECT "timestamp" AS at FROM sample
    WHERE metric_number = number AND "timestamp" > given_at.at AND seq IS NOT NULL
      AND (phase IS NULL OR phase NOT IN ('CONTINUES', 'RECOVERS', 'EXCLUDED')) ORDER BY "timestamp" LIMIT 1
  ) AS after ON true
  LEFT JOIN LATERAL (
    SELECT "timestamp" AS at FROM sample
    WHERE metric_number = number AND "timestamp" >= opened.at AND "timestamp" < coalesce(after.at, 'infinity')
      AND phase IN ('OPENS', 'CONTINUES') ORDER BY "timestamp" DESC LIMIT 1
  ) AS last ON true
  ORDER BY place`;

/**
 * One statement. Each reads no more rows than its span has.
 * @returns for each sample, in order; null for one whose beginning is not stored any more
 */
export async function readAnomalySpans(
  pool: pg.Pool,
  samples: readonly AnomalousSample[],
): Promise<readonly (AnomalySpan | null)[]> {
  const { rows } = await pool.query<{ fromMs: number | null; toMs: number | null; lasts: boolean }>(
    READ_SPANS,
    [samples.map(({ metricNumber }) => metricNumber), samples.map(({ timestampMs }) => timestampMs)],
  );
  return rows.map(({ fromMs, toMs, lasts }) =>
    fromMs === null || toMs === null ? null : { fromMs, toMs, lasts },
  );
}
