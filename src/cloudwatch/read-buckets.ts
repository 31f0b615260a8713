/** Reads stored aggregates, summed into periods. */
import type pg from 'pg';
import { joinAggregates, type Aggregate } from './aggregate.ts';

/** One series over one range: from `startMs`, before `endMs`, in periods counted from the start. */
export interface BucketQuestion {
  readonly hash: Buffer;
  readonly startMs: number;
  readonly endMs: number;
  readonly periodSeconds: number;
  /** Only data of this unit; null for every unit, kept apart. */
  readonly unit: number | null;
}

export interface Bucket {
  /** Start of the period. */
  readonly startMs: number;
  readonly unit: number;
  /** `pairs` is null unless asked for. */
  readonly aggregate: Aggregate;
}

// date_part gives a double; extract would give a numeric, which is slow to count with.
const ASKED = `
  unnest($1::bytea[], $2::float8[], $3::float8[], $4::float8[], $5::smallint[]) WITH ORDINALITY
    AS asked (hash, start, "end", period, unit, place)
  JOIN cloudwatch_series AS series ON series.hash = asked.hash
  CROSS JOIN LATERAL (
    SELECT *, floor((date_part('epoch', kept.timestamp) - asked.start) / asked.period)::int AS bucket
    FROM cloudwatch_aggregate AS kept
    WHERE kept.series_id = series.id
      AND kept.timestamp >= to_timestamp(asked.start) AND kept.timestamp < to_timestamp(asked."end")
      AND (asked.unit IS NULL OR kept.unit = asked.unit)
    OFFSET 0
  ) AS part`;

const READ_SUMS = `
  SELECT place::int, bucket, part.unit, sum(part.sum), sum(sample_count), min(minimum), max(maximum), NULL
  FROM ${ASKED} GROUP BY place, bucket, part.unit ORDER BY place, bucket, part.unit`;

const READ_PAIRS = `
  SELECT place::int, bucket, part.unit, part.sum, sample_count, minimum, maximum,
    CASE WHEN minimum = maximum THEN ARRAY[minimum, sample_count] ELSE pairs END
  FROM ${ASKED} ORDER BY place, bucket, part.unit`;

type Row = [number, number, number, number, number, number, number, number[] | null];

/**
 * @param withPairs also reads single values, for percentiles: dearer, as nothing can be summed in the database
 * @returns for each question its buckets in time order; a series nobody knows has none
 */
export async function readBuckets(
  pool: pg.Pool,
  questions: readonly BucketQuestion[],
  withPairs: boolean,
): Promise<readonly (readonly Bucket[])[]> {
  const { rows } = await pool.query<Row>({
    text: withPairs ? READ_PAIRS : READ_SUMS,
    rowMode: 'array',
    values: [
      questions.map((question) => question.hash),
      questions.map((question) => question.startMs / 1000),
      questions.map((question) => question.endMs / 1000),
      questions.map((question) => question.periodSeconds),
      questions.map((question) => question.unit),
    ],
  });
  const answers: Bucket[][] = questions.map(() => []);
  for (const [place, bucket, unit, sum, sampleCount, minimum, maximum, pairs] of rows) {
    const question = questions[place - 1];
    const answer = answers[place - 1];
    if (question === undefined || answer === undefined) continue;
    const startMs = question.startMs + bucket * question.periodSeconds * 1000;
    addToLast(answer, { startMs, unit, aggregate: { sum, sampleCount, minimum, maximum, pairs } });
  }
  return answers;
}

/** Rows come sorted: those of one bucket follow each other. */
function addToLast(answer: Bucket[], next: Bucket): void {
  const last = answer.at(-1);
  if (last?.startMs === next.startMs && last.unit === next.unit) {
    answer[answer.length - 1] = { ...last, aggregate: joinAggregates(last.aggregate, next.aggregate) };
  } else {
    answer.push(next);
  }
}
