/**
 * A metric's samples for a chart: few enough to draw, with nothing worth seeing left out. Every anomaly stays, and of
 * each span of time the lowest and the highest value.
 */
import type { PointPlan } from './choose-points.ts';
import type { Queryable } from './find-samples.ts';
import { findPacked, readPackedSeries } from './packed-series.ts';
import type { SeriesColumns, SeriesRange } from './series.ts';

interface ExtentRow {
  readonly metric_number: number;
  readonly rows: number;
  readonly anomalies: number;
  readonly first_ms: number;
  readonly last_ms: number;
}

interface ColumnsRow extends SeriesColumns {
  readonly metric_number: number;
}

/** How the points of one metric are chosen. */
interface Plan extends PointPlan {
  readonly number: number;
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

/** The rows of planned points. @param first the number of the first of five parameters; the sixth one is the anomaly score */
const planRows = (numbers: string, first: number) => `
  WITH plan AS (
    SELECT number, first_ms, last_ms, to_timestamp(first_ms / 1000) AS first, to_timestamp(last_ms / 1000) AS last,
           buckets, anomalies
    FROM unnest(${numbers}::int[], $${first}::float8[], $${first + 1}::float8[], $${first + 2}::int[], $${first + 3}::int[])
      AS plan (number, first_ms, last_ms, buckets, anomalies)
  ), kept AS (
    SELECT plan.number, anomaly."timestamp" FROM plan CROSS JOIN LATERAL (
      SELECT "timestamp" FROM sample
      WHERE metric_number = plan.number AND "timestamp" BETWEEN plan.first AND plan.last AND score >= $${first + 4}::float8
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

/**
 * The points of each metric in time order; a metric without any is not in the answer. Some statements for all metrics
 * without packed samples, two for each of the others.
 */
export async function readSeries(
  pool: Queryable,
  metricNumbers: readonly number[],
  range: SeriesRange,
): Promise<ReadonlyMap<number, SeriesColumns>> {
  const found = new Map<number, SeriesColumns>();
  let packed = await findPacked(pool, metricNumbers, range);
  const unpacked = metricNumbers.filter((number) => !packed.has(number));
  for (const { metric_number: number, ...columns } of await readRows(pool, unpacked, range))
    found.set(number, columns);
  // What was packed while the rows were read is read again.
  packed = new Set([...packed, ...(await findPacked(pool, unpacked, range))]);
  for (const [number, columns] of await readPackedSeries(pool, [...packed], range, planRows('$1', 6)))
    found.set(number, columns);
  return found;
}

/** Of metrics all of whose samples in the range are rows: what is chosen is chosen in the database. */
async function readRows(
  pool: Queryable,
  metricNumbers: readonly number[],
  { fromMs, toMs, maxPoints, anomalyScore }: SeriesRange,
): Promise<readonly ColumnsRow[]> {
  if (metricNumbers.length === 0) return [];
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
    plans.length === 0 ? [] : readPoints(pool, planRows('$1', 2), [...listColumns(plans), anomalyScore]),
  ]);
  return found.flat();
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

async function readPoints(
  pool: Queryable,
  sql: string,
  values: readonly unknown[],
): Promise<readonly ColumnsRow[]> {
  return (await pool.query<ColumnsRow>(sql, [...values])).rows;
}
