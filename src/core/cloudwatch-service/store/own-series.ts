/**
 * What Lapwing monitors, as metrics of this service: under the namespace Lapwing/<data source>, by their own names, with
 * the dimensions id, server and series. A series is the value, its score, or what was expected: expected, low, high.
 * They belong to the first account, and nobody can write to them.
 */
import type pg from 'pg';
import { DEFAULT_ACCOUNT } from '../../../model.ts';
import { FIRST_ACCOUNT } from '../accounts.ts';
import type { ListedMetric, MetricFilter } from '../model/metric-filter.ts';
import type { SeriesName } from '../model/metric-name.ts';
import { addToBuckets, type Bucket, type BucketQuestion } from './bucket.ts';

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

const READ_OWN = `
  SELECT place::int, floor((date_part('epoch', sample.timestamp) - asked.start) / asked.period)::int AS bucket,
    sum(part.value) AS sum, count(*)::float8 AS count, min(part.value) AS minimum, max(part.value) AS maximum,
    CASE WHEN $7 THEN array_agg(part.value) END AS values
  FROM unnest($1::uuid[], $2::text[], $3::int[], $4::float8[], $5::float8[], $6::float8[]) WITH ORDINALITY
      AS asked (id, series, account_id, start, "end", period, place)
    JOIN metric ON metric.id = asked.id AND metric.account_id = ${DEFAULT_ACCOUNT}
    JOIN sample ON sample.metric_number = metric.number
      AND sample.timestamp >= to_timestamp(asked.start) AND sample.timestamp < to_timestamp(asked."end")
    CROSS JOIN LATERAL (SELECT CASE asked.series WHEN 'value' THEN sample.value WHEN 'score' THEN sample.score
      WHEN 'expected' THEN sample.expected WHEN 'low' THEN sample.low ELSE sample.high END) AS part (value)
  WHERE part.value IS NOT NULL AND ${OF_FIRST_ACCOUNT}asked.account_id)
  GROUP BY place, bucket ORDER BY place, bucket`;

type Row = [
  place: number,
  bucket: number,
  sum: number,
  count: number,
  minimum: number,
  maximum: number,
  values: number[] | null,
];

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
    ],
  });
  const answers: Bucket[][] = questions.map(() => []);
  for (const [place, bucket, sum, sampleCount, minimum, maximum, values] of rows) {
    const [question, answer] = [questions[place - 1], answers[place - 1]];
    if (question === undefined || answer === undefined || isOtherUnit(question)) continue;
    const startMs = question.startMs + bucket * question.periodSeconds * 1000;
    const pairs = values?.flatMap((value) => [value, 1]) ?? null;
    addToBuckets(answer, {
      startMs,
      unit: NO_UNIT,
      aggregate: { sum, sampleCount, minimum, maximum, pairs },
    });
  }
  return answers;
}

/** Lapwing's units are not CloudWatch's: none is given. */
const NO_UNIT = 0;

function isOtherUnit({ unit }: BucketQuestion): boolean {
  return unit !== null && unit !== NO_UNIT;
}
