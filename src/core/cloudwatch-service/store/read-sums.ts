/** Reads sums, counts and extremes of series by periods: all that statistics but percentiles need. */
import type pg from 'pg';
import {
  FLOATS,
  SMALL_INTEGERS,
  TIMES,
  type PackedColumn,
} from '../../../platform/postgres/packed-columns.ts';
import {
  ASKED_SERIES,
  KEPT_ROWS,
  BucketList,
  listParameters,
  splitBySize,
  type Bucket,
  type BucketQuestion,
} from './bucket.ts';

/** A series is one row of columns; its rows come by the index, in time order, and need no sorting. */
const writeStatement = (rows: string) => `
  SELECT place::int, part.* FROM ${ASKED_SERIES} CROSS JOIN LATERAL (
    SELECT ${TIMES.pack('timestamp')}, ${SMALL_INTEGERS.pack('unit')}, ${FLOATS.pack('sum')},
      ${FLOATS.pack('sample_count')}, ${FLOATS.pack('minimum')}, ${FLOATS.pack('maximum')}
    FROM (${rows}) AS gathered
  ) AS part`;

const READ_SUMS = writeStatement(`
  SELECT timestamp, unit, sum, sample_count, minimum, maximum ${KEPT_ROWS} ORDER BY timestamp, unit`);

const READ_SUMMED = writeStatement(`
  SELECT date_bin(make_interval(secs => asked.period), kept.timestamp, to_timestamp(asked.start)) AS timestamp, unit,
    sum(sum) AS sum, sum(sample_count) AS sample_count, min(minimum) AS minimum, max(maximum) AS maximum
  ${KEPT_ROWS} GROUP BY 1, 2 ORDER BY 1, 2`);

type Columns = readonly [
  times: PackedColumn,
  units: PackedColumn,
  sums: PackedColumn,
  counts: PackedColumn,
  minima: PackedColumn,
  maxima: PackedColumn,
];
type Row = [place: number, ...Columns];

/**
 * Summing costs the database more than sending what is summed; beyond periods of so many seconds what is sent is
 * mostly more.
 */
const SUMMED_FROM_SECONDS = 600;
/** Rows, of some 90 bytes, one statement may answer with, unless a series alone has more. */
const MAX_ROWS = 100_000;
/** Aggregates are kept by the minute. */
const MINUTE_SECONDS = 60;

/** @returns for each question its buckets in time order; a series nobody knows has none */
export async function readSums(
  pool: pg.Pool,
  questions: readonly BucketQuestion[],
): Promise<readonly (readonly Bucket[])[]> {
  const answers = new Map<BucketQuestion, readonly Bucket[]>();
  for (const isSummed of [false, true]) {
    const asked = questions.filter(({ periodSeconds }) => periodSeconds >= SUMMED_FROM_SECONDS === isSummed);
    const countRows = ({ startMs, endMs, periodSeconds }: BucketQuestion) =>
      (endMs - startMs) / 1000 / (isSummed ? periodSeconds : MINUTE_SECONDS);
    for (const some of splitBySize(asked, MAX_ROWS, countRows)) {
      const { rows } = await pool.query<Row>({
        text: isSummed ? READ_SUMMED : READ_SUMS,
        rowMode: 'array',
        values: listParameters(some),
      });
      for (const [place, ...columns] of rows) {
        const question = some[place - 1];
        if (question !== undefined) answers.set(question, gatherBuckets(question, columns));
      }
    }
  }
  return questions.map((question) => answers.get(question) ?? []);
}

function gatherBuckets(
  { startMs, periodSeconds }: BucketQuestion,
  [times, units, sums, counts, minima, maxima]: Columns,
): readonly Bucket[] {
  const periodMs = periodSeconds * 1000;
  const [unit, sum, count] = [SMALL_INTEGERS.unpack(units), FLOATS.unpack(sums), FLOATS.unpack(counts)];
  const [minimum, maximum] = [FLOATS.unpack(minima), FLOATS.unpack(maxima)];
  const buckets = new BucketList();
  for (const [i, timeMs] of TIMES.unpack(times).entries()) {
    buckets.add({
      startMs: startMs + Math.floor((timeMs - startMs) / periodMs) * periodMs,
      unit: unit[i] ?? 0,
      aggregate: {
        sum: sum[i] ?? 0,
        sampleCount: count[i] ?? 0,
        minimum: minimum[i] ?? 0,
        maximum: maximum[i] ?? 0,
        pairs: null,
      },
    });
  }
  return buckets.list();
}
