/**
 * Points for charts of metrics that have packed samples. What is known of a block without reading it says mostly that it
 * holds nothing of the chart: only blocks with anomalies, or with the lowest or highest value of a span, are read.
 */
import { toNumberArray } from '../../platform/postgres/number-array.ts';
import { bucketOf, chooseOfBlock, choosePoints, type PointPlan, type SeriesPoint } from './choose-points.ts';
import { findSamples, type Queryable } from './find-samples.ts';
import { readBlock } from './packed/open-block.ts';
import { countChosen, startOfMonth } from './sample-test.ts';
import type { SeriesColumns, SeriesRange } from './series.ts';

/** What is known of the rows of a metric, or of one of its blocks. */
interface Extent {
  readonly metric_number: number;
  readonly is_block: boolean;
  readonly rows: number;
  /** Of rows only. */
  readonly anomalies: number;
  readonly first_ms: number;
  readonly last_ms: number;
  readonly min_value: number;
  readonly max_value: number;
  /** Of a block that has to be read in any case: it reaches beyond the range, or holds anomalies. */
  readonly data: Buffer | null;
}

/** All that is known of a metric before its points are chosen. */
interface Outline {
  readonly metricNumber: number;
  readonly count: number;
  readonly blocks: readonly Extent[];
  readonly plan: PointPlan;
}

/** Chosen rows, a block, or how many blocks there are. */
interface ChosenRow extends Partial<SeriesColumns> {
  readonly metric_number: number;
  readonly data: Buffer | null;
  readonly blocks: number | null;
}

const LOWEST = `coalesce(to_timestamp($2::float8 / 1000), '-infinity')`;
const HIGHEST = `coalesce(to_timestamp($3::float8 / 1000), 'infinity')`;
const BLOCKS_IN_RANGE = `last_timestamp >= ${LOWEST} AND first_timestamp <= ${HIGHEST}
  AND first_timestamp >= coalesce(to_timestamp($4::float8 / 1000), '-infinity')`;

const FIND_PACKED = `SELECT number FROM unnest($1::int[]) AS number
  WHERE EXISTS (SELECT FROM sample_block WHERE metric_number = number AND ${BLOCKS_IN_RANGE})`;

/** Those of the metrics that have blocks in the range. */
export async function findPacked(
  pool: Queryable,
  metricNumbers: readonly number[],
  { fromMs, toMs }: Pick<SeriesRange, 'fromMs' | 'toMs'>,
): Promise<ReadonlySet<number>> {
  if (metricNumbers.length === 0) return new Set();
  const { rows } = await pool.query<{ number: number }>(FIND_PACKED, [
    toNumberArray(metricNumbers),
    fromMs,
    toMs,
    startOfMonth(fromMs),
  ]);
  return new Set(rows.map(({ number }) => number));
}

const READ_EXTENTS = `
  SELECT metric_number, false AS is_block, count(*)::int AS rows,
    (count(*) FILTER (WHERE score >= $5::float8))::int AS anomalies,
    (extract(epoch FROM min("timestamp")) * 1000)::float8 AS first_ms,
    (extract(epoch FROM max("timestamp")) * 1000)::float8 AS last_ms,
    0::float8 AS min_value, 0::float8 AS max_value, NULL::bytea AS data
  FROM sample WHERE metric_number = ANY($1::int[]) AND "timestamp" >= ${LOWEST} AND "timestamp" <= ${HIGHEST}
  GROUP BY metric_number
  UNION ALL
  SELECT metric_number, true, rows, 0, (extract(epoch FROM first_timestamp) * 1000)::float8,
    (extract(epoch FROM last_timestamp) * 1000)::float8, min_value, max_value,
    CASE WHEN max_score >= $5::float8 OR first_timestamp < ${LOWEST} OR last_timestamp > ${HIGHEST} THEN data END
  FROM sample_block WHERE metric_number = ANY($1::int[]) AND ${BLOCKS_IN_RANGE}
  ORDER BY metric_number, first_ms`;

/** The points of metrics of which some samples are packed, by metric number; none of a metric without any sample. */
export async function readPackedSeries(
  pool: Queryable,
  metricNumbers: readonly number[],
  range: SeriesRange,
  chooseRows: string,
): Promise<ReadonlyMap<number, SeriesColumns>> {
  const found = new Map<number, SeriesColumns>();
  for (const metricNumber of metricNumbers) {
    const columns = await readOne(pool, metricNumber, range, chooseRows);
    if (columns !== null) found.set(metricNumber, columns);
  }
  return found;
}

/** Begins anew when samples were packed, or taken out of their blocks, between its statements. */
async function readOne(
  pool: Queryable,
  metricNumber: number,
  range: SeriesRange,
  chooseRows: string,
): Promise<SeriesColumns | null> {
  for (;;) {
    const outline = await readOutline(pool, metricNumber, range);
    if (outline === null) return null;
    const points =
      outline.count <= range.maxPoints
        ? await readAll(pool, metricNumber, range)
        : await readChosen(pool, outline, range, chooseRows);
    if (points !== null) return toSeriesColumns(points);
  }
}

async function readAll(
  pool: Queryable,
  metricNumber: number,
  { fromMs, toMs }: SeriesRange,
): Promise<readonly SeriesPoint[]> {
  const ranges = [{ metricNumber, fromMs, toMs }];
  const [samples = []] = await findSamples(pool, ranges, {}, { descending: false, limit: null });
  return samples;
}

async function readOutline(
  pool: Queryable,
  metricNumber: number,
  range: SeriesRange,
): Promise<Outline | null> {
  const { fromMs, toMs, anomalyScore, maxPoints } = range;
  const values = [[metricNumber], fromMs, toMs, startOfMonth(fromMs), anomalyScore];
  const { rows } = await pool.query<Extent>(READ_EXTENTS, values);
  let [count, anomalies, firstMs, lastMs] = [0, 0, Infinity, -Infinity];
  for (const extent of rows) {
    const { data } = extent;
    if (data === null) {
      count += extent.rows;
      anomalies += extent.anomalies;
      firstMs = Math.min(firstMs, extent.first_ms);
      lastMs = Math.max(lastMs, extent.last_ms);
      continue;
    }
    readBlock({ metricNumber, data }, (block) => {
      anomalies += countChosen(block, range, { minScore: anomalyScore });
      const inRange = chooseOfBlock(null, block, range, anomalyScore);
      count += inRange.length;
      firstMs = Math.min(firstMs, inRange[0]?.timestampMs ?? Infinity);
      lastMs = Math.max(lastMs, inRange.at(-1)?.timestampMs ?? -Infinity);
    });
  }
  if (count === 0) return null;
  const kept = Math.min(anomalies, maxPoints);
  const plan = { firstMs, lastMs, anomalies: kept, buckets: Math.floor((maxPoints - kept) / 2) };
  return { metricNumber, count, plan, blocks: rows.filter(({ is_block: isBlock }) => isBlock) };
}

/** @returns null when the blocks are others than those of the outline */
async function readChosen(
  pool: Queryable,
  { metricNumber, plan, blocks }: Outline,
  range: SeriesRange,
  chooseRows: string,
): Promise<readonly SeriesPoint[] | null> {
  const needed = listNeeded(plan, blocks);
  const { rows } = await pool.query<ChosenRow>(writeChosen(chooseRows), [
    [metricNumber],
    range.fromMs,
    range.toMs,
    startOfMonth(range.fromMs),
    needed.map(({ first_ms: firstMs }) => firstMs),
    [plan.firstMs],
    [plan.lastMs],
    [plan.buckets],
    [plan.anomalies],
    range.anomalyScore,
  ]);
  if (rows.find((row) => row.blocks !== null)?.blocks !== blocks.length) return null;
  const points: SeriesPoint[] = [];
  const read = rows.filter(({ data }) => data !== null);
  if (read.length !== needed.length) return null;
  for (const { data } of [...read, ...blocks]) {
    if (data === null) continue;
    const chosen = readBlock({ metricNumber, data }, (block) =>
      chooseOfBlock(plan, block, range, range.anomalyScore),
    );
    for (const point of chosen ?? []) points.push(point);
  }
  for (const row of rows) for (const point of listPoints(row)) points.push(point);
  return choosePoints(plan, points, range.anomalyScore);
}

/** Blocks that are not read yet and may hold a point of the chart. */
function listNeeded(plan: PointPlan, blocks: readonly Extent[]): readonly Extent[] {
  if (plan.buckets === 0) return [];
  const needed = new Set<Extent>();
  const spans = new Map<number, { lowest: Extent; highest: Extent }>();
  for (const block of blocks) {
    if (block.data !== null) continue;
    const bucket = bucketOf(plan, block.first_ms);
    if (bucket !== bucketOf(plan, block.last_ms)) {
      needed.add(block);
      continue;
    }
    const known = spans.get(bucket);
    if (known === undefined) spans.set(bucket, { lowest: block, highest: block });
    else {
      if (block.min_value < known.lowest.min_value) known.lowest = block;
      if (block.max_value >= known.highest.max_value) known.highest = block;
    }
  }
  for (const { lowest, highest } of spans.values()) needed.add(lowest).add(highest);
  return [...needed];
}

/** @param chooseRows as READ_PLANNED, with its parameters from $6 on */
function writeChosen(chooseRows: string): string {
  return `SELECT chosen.*, NULL::bytea AS data, NULL::int AS blocks FROM (${chooseRows}) AS chosen
    UNION ALL
    SELECT metric_number, NULL, NULL, NULL, NULL, NULL, NULL, data, NULL
    FROM unnest($5::float8[]) AS needed (first_ms)
    JOIN sample_block ON metric_number = ANY($1) AND first_timestamp = to_timestamp(first_ms / 1000)
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, count(*)::int
    FROM sample_block WHERE metric_number = ANY($1) AND ${BLOCKS_IN_RANGE}`;
}

function listPoints({ timestampsMs, values, scores, expected, lows, highs }: ChosenRow): SeriesPoint[] {
  return (timestampsMs ?? []).map((timestampMs, index) => ({
    timestampMs,
    value: values?.[index] ?? 0,
    score: scores?.[index] ?? null,
    expected: expected?.[index] ?? null,
    low: lows?.[index] ?? null,
    high: highs?.[index] ?? null,
  }));
}

function toSeriesColumns(points: readonly SeriesPoint[]): SeriesColumns {
  return {
    timestampsMs: points.map(({ timestampMs }) => timestampMs),
    values: points.map(({ value }) => value),
    scores: points.map(({ score }) => score),
    expected: points.map(({ expected }) => expected),
    lows: points.map(({ low }) => low),
    highs: points.map(({ high }) => high),
  };
}
