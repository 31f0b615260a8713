/**
 * A metric's samples for a chart: few enough to draw, with nothing worth seeing left out. Every anomaly stays, and of
 * each span of time the lowest and the highest value.
 */
import type pg from 'pg';

export interface SeriesRange {
  /** Both ends belong to the range; null for open. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Most samples per metric, at least 2. */
  readonly maxPoints: number;
  /** A sample with at least this score is an anomaly. */
  readonly anomalyScore: number;
}

/** Points as columns of equal length, in time order. */
export interface SeriesColumns {
  readonly timestampsMs: readonly number[];
  readonly values: readonly number[];
  readonly scores: readonly (number | null)[];
  readonly expected: readonly (number | null)[];
  readonly lows: readonly (number | null)[];
  readonly highs: readonly (number | null)[];
}

interface ExtentRow {
  metric_number: number;
  rows: number;
  anomalies: number;
  first_ms: number;
  last_ms: number;
}

interface ColumnsRow extends SeriesColumns {
  readonly metric_number: number;
}

/** How the points of one metric are chosen. */
interface Plan {
  readonly number: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Spans of time, each giving its lowest and highest value. */
  readonly buckets: number;
  /** The highest-scored anomalies that are kept; all of them unless there are more than points allowed. */
  readonly anomalies: number;
}

/** Bounds of the sample's time, in ms: $2 and $3 are the open or closed ends. */
const IN_RANGE = `"timestamp" >= coalesce(to_timestamp($2::float8 / 1000), '-infinity')
  AND "timestamp" <= coalesce(to_timestamp($3::float8 / 1000), 'infinity')`;

const READ_EXTENTS = `
  SELECT wanted.number AS metric_number, extent.* FROM unnest($1::int[]) AS wanted (number) CROSS JOIN LATERAL (
    SELECT count(*)::int AS rows, (count(*) FILTER (WHERE score >= $4::float8))::int AS anomalies,
           (extract(epoch FROM min("timestamp")) * 1000)::float8 AS first_ms,
           (extract(epoch FROM max("timestamp")) * 1000)::float8 AS last_ms
    FROM sample WHERE metric_number = wanted.number AND ${IN_RANGE}
  ) AS extent
  WHERE extent.rows > 0`;

/** As JSON, which is read several times faster than rows. Times are whole milliseconds: rounding brings them back. */
const AS_COLUMNS = `metric_number,
  json_agg(round(date_part('epoch', "timestamp") * 1000) ORDER BY "timestamp") AS "timestampsMs",
  json_agg(value ORDER BY "timestamp") AS values, json_agg(score ORDER BY "timestamp") AS scores,
  json_agg(expected ORDER BY "timestamp") AS expected, json_agg(low ORDER BY "timestamp") AS lows,
  json_agg(high ORDER BY "timestamp") AS highs`;

const READ_PLANNED = `
  WITH plan AS (
    SELECT number, first_ms, last_ms, to_timestamp(first_ms / 1000) AS first, to_timestamp(last_ms / 1000) AS last,
           buckets, anomalies
    FROM unnest($1::int[], $2::float8[], $3::float8[], $4::int[], $5::int[])
      AS plan (number, first_ms, last_ms, buckets, anomalies)
  ), kept AS (
    SELECT plan.number, anomaly."timestamp" FROM plan CROSS JOIN LATERAL (
      SELECT "timestamp" FROM sample
      WHERE metric_number = plan.number AND "timestamp" BETWEEN plan.first AND plan.last AND score >= $6::float8
      ORDER BY score DESC, "timestamp" LIMIT plan.anomalies
    ) AS anomaly
    UNION
    SELECT plan.number, to_timestamp(unnest(ARRAY[extremes.lowest[2], extremes.highest[2]]) / 1000)
    FROM plan CROSS JOIN LATERAL (
      -- Arrays compare by their first element: the second says when it was.
      SELECT min(ARRAY[value, ms]) AS lowest, max(ARRAY[value, ms]) AS highest
      FROM (
        SELECT value, (extract(epoch FROM "timestamp") * 1000)::float8 AS ms FROM sample
        WHERE plan.buckets > 0 AND metric_number = plan.number AND "timestamp" BETWEEN plan.first AND plan.last
      ) AS timed
      GROUP BY floor((ms - plan.first_ms) / (plan.last_ms - plan.first_ms + 1) * plan.buckets)
    ) AS extremes
  )
  SELECT ${AS_COLUMNS}
  FROM (
    SELECT sample.* FROM kept
    JOIN sample ON sample.metric_number = kept.number AND sample."timestamp" = kept."timestamp"
    ORDER BY metric_number, sample."timestamp"
  ) AS point
  GROUP BY metric_number`;

const READ_ALL = `
  SELECT ${AS_COLUMNS}
  FROM (
    SELECT * FROM sample WHERE metric_number = ANY($1::int[]) AND ${IN_RANGE} ORDER BY metric_number, "timestamp"
  ) AS point
  GROUP BY metric_number`;

/** The points of each metric in time order; a metric without any is not in the answer. Three statements at most. */
export async function readSeries(
  pool: pg.Pool,
  metricNumbers: readonly number[],
  range: SeriesRange,
): Promise<ReadonlyMap<number, SeriesColumns>> {
  const { fromMs, toMs, maxPoints, anomalyScore } = range;
  const { rows: extents } = await pool.query<ExtentRow>(READ_EXTENTS, [
    metricNumbers,
    fromMs,
    toMs,
    anomalyScore,
  ]);
  const short = extents.filter(({ rows }) => rows <= maxPoints).map((extent) => extent.metric_number);
  const plans = extents.filter(({ rows }) => rows > maxPoints).map((extent) => planPoints(extent, maxPoints));
  const found = await Promise.all([
    short.length === 0 ? [] : readPoints(pool, READ_ALL, [short, fromMs, toMs]),
    plans.length === 0 ? [] : readPoints(pool, READ_PLANNED, [...listColumns(plans), anomalyScore]),
  ]);
  return new Map(found.flat().map((row) => [row.metric_number, row]));
}

function planPoints(extent: ExtentRow, maxPoints: number): Plan {
  const anomalies = Math.min(extent.anomalies, maxPoints);
  return {
    number: extent.metric_number,
    firstMs: extent.first_ms,
    lastMs: extent.last_ms,
    buckets: Math.floor((maxPoints - anomalies) / 2),
    anomalies,
  };
}

function listColumns(plans: readonly Plan[]): readonly (readonly number[])[] {
  return [
    plans.map(({ number }) => number),
    plans.map(({ firstMs }) => firstMs),
    plans.map(({ lastMs }) => lastMs),
    plans.map(({ buckets }) => buckets),
    plans.map(({ anomalies }) => anomalies),
  ];
}

async function readPoints(pool: pg.Pool, sql: string, values: readonly unknown[]): Promise<ColumnsRow[]> {
  return (await pool.query<ColumnsRow>(sql, [...values])).rows;
}

/** Of a metric without points. */
export const NO_POINTS: SeriesColumns = {
  timestampsMs: [],
  values: [],
  scores: [],
  expected: [],
  lows: [],
  highs: [],
};
