/** Reads single values of series by periods, for percentiles: dearer, as nothing can be summed in the database. */
import type pg from 'pg';
import {
  ASKED_SERIES,
  KEPT_ROWS,
  BucketList,
  listParameters,
  type Bucket,
  type BucketQuestion,
} from './bucket.ts';

// date_part gives a double; extract would give a numeric, which is slow to count with.
const READ_PAIRS = `
  SELECT place::int, bucket, part.unit, part.sum, sample_count, minimum, maximum,
    CASE WHEN minimum = maximum THEN ARRAY[minimum, sample_count] ELSE pairs END
  FROM ${ASKED_SERIES} CROSS JOIN LATERAL (
    SELECT *, floor((date_part('epoch', kept.timestamp) - asked.start) / asked.period) AS bucket ${KEPT_ROWS} OFFSET 0
  ) AS part
  ORDER BY place, bucket, part.unit`;

type Row = [number, number, number, number, number, number, number, number[] | null];

/** @returns for each question its buckets, in time order, with their pairs; a series nobody knows has none */
export async function readPairs(
  pool: pg.Pool,
  questions: readonly BucketQuestion[],
): Promise<readonly (readonly Bucket[])[]> {
  const { rows } = await pool.query<Row>({
    text: READ_PAIRS,
    rowMode: 'array',
    values: listParameters(questions),
  });
  const answers = questions.map(() => new BucketList());
  for (const [place, bucket, unit, sum, sampleCount, minimum, maximum, pairs] of rows) {
    const question = questions[place - 1];
    const answer = answers[place - 1];
    if (question === undefined || answer === undefined) continue;
    const startMs = question.startMs + bucket * question.periodSeconds * 1000;
    answer.add({ startMs, unit, aggregate: { sum, sampleCount, minimum, maximum, pairs } });
  }
  return answers.map((answer) => answer.list());
}
