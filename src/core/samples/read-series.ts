/**
 * A metric's samples for a chart: few enough to draw, with nothing worth seeing left out. Every anomaly stays, and of
 * each span of time the lowest and the highest value.
 */
import type { PointPlan } from './choose-points.ts';
import type { Queryable } from './find-samples.ts';
import { findPacked, readPackedSeries } from './packed-series.ts';
import { IN_RANGE, planRows, READ_ALL } from './series-queries.ts';
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

const READ_EXTENTS = `
  SELECT wanted.number AS metric_number, extent.* FROM unnest($1::int[]) AS wanted (number) CROSS JOIN LATERAL (
    SELECT count(*)::int AS rows, (count(*) FILTER (WHERE score >= $4::float8))::int AS anomalies,
           (extract(epoch FROM min("timestamp")) * 1000)::float8 AS first_ms,
           (extract(epoch FROM max("timestamp")) * 1000)::float8 AS last_ms
    FROM sample WHERE metric_number = wanted.number AND ${IN_RANGE}
  ) AS extent
  WHERE extent.rows > 0`;

/**
 * The points of each metric in time order; a metric without any is not in the answer. Some statements for all metrics
 * without packed samples, and some for each group of the others.
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
  for (const [number, columns] of await readPackedSeries(pool, [...packed], range))
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
