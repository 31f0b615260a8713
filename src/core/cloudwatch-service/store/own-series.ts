/**
 * What Lapwing monitors, as metrics of this service: under the namespace Lapwing/<data source>, by their own names, with
 * the dimensions id, server and series. A series is the value, its score, or what was expected: expected, low, high.
 * They belong to the first account, and nobody can write to them.
 */
import type pg from 'pg';
import { DEFAULT_ACCOUNT } from '../../../model.ts';
import { startOfMonth } from '../../samples/sample-test.ts';
import { readBlock } from '../../samples/packed/open-block.ts';
import { findTime, PRESENT, type SampleColumns } from '../../samples/packed/sample-columns.ts';
import { FIRST_ACCOUNT } from '../accounts.ts';
import type { ListedMetric, MetricFilter } from '../model/metric-filter.ts';
import type { SeriesName } from '../model/metric-name.ts';
import { BucketList, type Bucket, type BucketQuestion } from './bucket.ts';

export const OWN_PREFIX = 'Lapwing/';
/** The columns of a sample that are series of their own. */
const SERIES = ['value', 'score', 'expected', 'low', 'high'] as const;

export interface OwnSeries {
  readonly metricId: string;
  readonly column: string;
  readonly accountId: number;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @returns null for a series that was pushed, or none that there is */
export function readOwnSeries({ namespace, dimensions }: SeriesName, accountId: number): OwnSeries | null {
  if (!namespace.startsWith(OWN_PREFIX)) return null;
  const find = (wanted: string) => dimensions.find(({ name }) => name === wanted)?.value ?? '';
  const [metricId, column] = [find('id'), SERIES.find((name) => name === find('series'))];
  return UUID.test(metricId) && column !== undefined ? { metricId, column, accountId } : null;
}

const OF_FIRST_ACCOUNT = `EXISTS (
  SELECT FROM cloudwatch_account AS account WHERE account.name = '${FIRST_ACCOUNT}' AND account.id = `;

const NAMESPACE = `'${OWN_PREFIX}' || initcap(metric.datasource::text)`;

const FIND_OWN = `
  SELECT metric.number * ${SERIES.length} + part.place::int - 1 AS id, ${NAMESPACE} AS namespace,
    metric.name AS "metricName",
    json_build_array(
      json_build_object('name', 'id', 'value', metric.id),
      json_build_object('name', 'series', 'value', part.series),
      json_build_object('name', 'server', 'value', metric.server)) AS dimensions
  FROM metric LEFT JOIN metric_progress AS progress ON progress.metric_number = metric.number
    CROSS JOIN unnest($1::text[]) WITH ORDINALITY AS part (series, place)
  WHERE metric.account_id = ${DEFAULT_ACCOUNT} AND ${OF_FIRST_ACCOUNT}$2)
    AND (metric.status <> 'UNMONITORED' OR part.series = 'value')
    AND metric.number * ${SERIES.length} + part.place::int - 1 > $3
    AND ($4::text IS NULL OR ${NAMESPACE} = $4)
    AND ($5::text IS NULL OR metric.name = $5)
    AND ($6::timestamptz IS NULL OR progress.last_timestamp > $6)
    AND NOT EXISTS (
      SELECT FROM unnest($7::text[], $8::text[]) AS wanted (name, value)
      WHERE NOT (
        (wanted.name = 'id' AND (wanted.value IS NULL OR wanted.value = metric.id::text))
        OR (wanted.name = 'series' AND (wanted.value IS NULL OR wanted.value = part.series))
        OR (wanted.name = 'server' AND (wanted.value IS NULL OR wanted.value = metric.server))))
  ORDER BY 1
  LIMIT $9`;

/** In the order the metrics became known, those after the id `after`. Scores and bands only of what is monitored. */
export async function findOwnMetrics(
  context: { readonly pool: pg.Pool; readonly accountId: number },
  filter: MetricFilter,
  seenAfter: Date | null,
  after: number,
  limit: number,
): Promise<readonly ListedMetric[]> {
  if (filter.namespace !== null && !filter.namespace.startsWith(OWN_PREFIX)) return [];
  const { rows } = await context.pool.query<ListedMetric>(FIND_OWN, [
    [...SERIES],
    context.accountId,
    after,
    filter.namespace,
    filter.metricName,
    seenAfter,
    filter.dimensions.map(({ name }) => name),
    filter.dimensions.map(({ value }) => value),
    limit,
  ]);
  return rows;
}

const ASKED = `asked AS (
    SELECT place::int, series, metric.number, start, period, to_timestamp(start) AS lowest, to_timestamp("end") AS highest,
      to_timestamp(month) AS month
    FROM unnest($1::uuid[], $2::text[], $3::int[], $4::float8[], $5::float8[], $6::float8[], $8::float8[])
        WITH ORDINALITY AS given (id, series, account_id, start, "end", period, month, place)
      JOIN metric ON metric.id = given.id AND metric.account_id = ${DEFAULT_ACCOUNT}
    WHERE ${OF_FIRST_ACCOUNT}given.account_id)
  )`;

/** Buckets of the samples that are rows, and the blocks that hold others: the packer moves samples meanwhile. */
const READ_OWN = `WITH ${ASKED}
  SELECT place, floor((date_part('epoch', sample.timestamp) - asked.start) / asked.period) AS bucket,
    sum(part.value) AS sum, count(*)::float8 AS count, min(part.value) AS minimum, max(part.value) AS maximum,
    CASE WHEN $7 THEN array_agg(part.value) END AS values, NULL::int AS number, NULL::bytea AS data
  FROM asked
    JOIN sample ON sample.metric_number = asked.number
      AND sample.timestamp >= asked.lowest AND sample.timestamp < asked.highest
    CROSS JOIN LATERAL (SELECT CASE asked.series WHEN 'value' THEN sample.value WHEN 'score' THEN sample.score
      WHEN 'expected' THEN sample.expected WHEN 'low' THEN sample.low ELSE sample.high END) AS part (value)
  WHERE part.value IS NOT NULL
  GROUP BY place, bucket
  UNION ALL
  SELECT place, NULL, NULL, NULL, NULL, NULL, NULL, number, block.data
  FROM asked JOIN sample_block AS block ON block.metric_number = asked.number
    AND block.first_timestamp >= asked.month AND block.first_timestamp < asked.highest
    AND block.last_timestamp >= asked.lowest
  ORDER BY place, bucket`;

type Row = [
  place: number,
  bucket: number,
  sum: number,
  count: number,
  minimum: number,
  maximum: number,
  values: number[] | null,
  number: number,
  data: Buffer | null,
];

/** The samples of one bucket. */
interface Gathered {
  sum: number;
  sampleCount: number;
  minimum: number;
  maximum: number;
  readonly values: number[];
}

/** @returns for each question its buckets in time order, with their values where these are asked for */
export async function readOwnBuckets(
  pool: pg.Pool,
  questions: readonly (BucketQuestion & { readonly own: OwnSeries })[],
  withValues: boolean,
): Promise<readonly (readonly Bucket[])[]> {
  const { rows } = await pool.query<Row>({
    text: READ_OWN,
    rowMode: 'array',
    values: [
      questions.map(({ own }) => own.metricId),
      questions.map(({ own }) => own.column),
      questions.map(({ own }) => own.accountId),
      questions.map(({ startMs }) => startMs / 1000),
      questions.map(({ endMs }) => endMs / 1000),
      questions.map(({ periodSeconds }) => periodSeconds),
      withValues,
      questions.map(({ startMs }) => (startOfMonth(startMs) ?? 0) / 1000),
    ],
  });
  const gathered = questions.map(() => new Map<number, Gathered>());
  for (const [place, bucket, sum, sampleCount, minimum, maximum, values, metricNumber, data] of rows) {
    const [question, buckets] = [questions[place - 1], gathered[place - 1]];
    if (question === undefined || buckets === undefined || isOtherUnit(question)) continue;
    if (data !== null)
      readBlock({ metricNumber, data }, (block) => gatherBlock(buckets, block, question, withValues));
    else gather(buckets, bucket, { sum, sampleCount, minimum, maximum, values: values ?? [] });
  }
  return gathered.map((buckets, index) =>
    toBuckets(buckets, questions[index]?.startMs ?? 0, questions[index]?.periodSeconds ?? 1, withValues),
  );
}

function gather(buckets: Map<number, Gathered>, bucket: number, more: Gathered): void {
  const known = buckets.get(bucket);
  if (known === undefined) {
    buckets.set(bucket, more);
    return;
  }
  known.sum += more.sum;
  known.sampleCount += more.sampleCount;
  known.minimum = Math.min(known.minimum, more.minimum);
  known.maximum = Math.max(known.maximum, more.maximum);
  for (const value of more.values) known.values.push(value);
}

const COLUMNS: Readonly<Record<string, (block: SampleColumns) => readonly [Float64Array, present: number]>> =
  {
    value: (block) => [block.values, 0],
    score: (block) => [block.scores, PRESENT.score],
    expected: (block) => [block.expected, PRESENT.expected],
    low: (block) => [block.lows, PRESENT.low],
    high: (block) => [block.highs, PRESENT.high],
  };

function gatherBlock(
  buckets: Map<number, Gathered>,
  block: SampleColumns,
  { own, startMs, endMs, periodSeconds }: BucketQuestion & { readonly own: OwnSeries },
  withValues: boolean,
): void {
  const [column, bit] = COLUMNS[own.column]?.(block) ?? [block.values, 0];
  for (let index = findTime(block, startMs); index < findTime(block, endMs); index++) {
    if (((block.present[index] ?? 0) & bit) !== bit) continue;
    const value = column[index] ?? 0;
    const bucket = Math.floor(((block.timestampsMs[index] ?? 0) - startMs) / (periodSeconds * 1000));
    gather(buckets, bucket, {
      sum: value,
      sampleCount: 1,
      minimum: value,
      maximum: value,
      values: withValues ? [value] : [],
    });
  }
}

function toBuckets(
  gathered: ReadonlyMap<number, Gathered>,
  firstMs: number,
  periodSeconds: number,
  withValues: boolean,
): readonly Bucket[] {
  const buckets = new BucketList();
  for (const [bucket, { values, ...sums }] of [...gathered].sort(([a], [b]) => a - b)) {
    const pairs = withValues ? values.flatMap((value) => [value, 1]) : null;
    const startMs = firstMs + bucket * periodSeconds * 1000;
    buckets.add({ startMs, unit: NO_UNIT, aggregate: { ...sums, pairs } });
  }
  return buckets.list();
}

/** Lapwing's units are not CloudWatch's: none is given. */
const NO_UNIT = 0;

function isOtherUnit({ unit }: BucketQuestion): boolean {
  return unit !== null && unit !== NO_UNIT;
}
