/** Pages and counts of the log that are narrowed to some metrics, times and scores: of rows and of blocks alike. */
import type pg from 'pg';
import { countChosen, listChosen, type SampleTest, startOfMonth } from '../samples/sample-test.ts';
import { readBlock } from '../samples/packed/open-block.ts';
import { sampleAt } from '../samples/packed/sample-columns.ts';
import {
  isScored,
  readSampleArray,
  SAMPLE_ARRAY,
  type SampleArray,
  type ScoredSample,
} from '../samples/stored-sample.ts';

/** What a page of the log is narrowed to; null leaves a side open. */
export interface LogSelection {
  readonly metricNumbers: readonly number[] | null;
  /** Of the samples within their metrics. */
  readonly rowIds: readonly number[] | null;
  readonly leastScore: number;
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** A place among samples ordered by their scores; the place in the log decides between equals. */
export interface ScoredPlace {
  readonly score: number;
  readonly seq: number;
}

/** Blocks read at once, and those of the last window with them: some megabytes. */
const MAX_BLOCKS = 500;
/** By the score, blocks are read in the order of what they promise, more and more of them. */
const FIRST_BLOCKS = 32;
const MORE_BLOCKS = 8;

/** Of rows; the parameters of a selection are $1 to $6. */
const ROW_CONDITIONS = `seq IS NOT NULL AND ($1::int[] IS NULL OR metric_number = ANY($1))
  AND ($2::int[] IS NULL OR row_id = ANY($2)) AND score >= $3
  AND "timestamp" >= coalesce(to_timestamp($4::float8 / 1000), '-infinity')
  AND "timestamp" <= coalesce(to_timestamp($5::float8 / 1000), 'infinity')`;

/** Of blocks that may hold what is looked for. */
const BLOCK_CONDITIONS = `($1::int[] IS NULL OR metric_number = ANY($1)) AND max_score >= $3
  AND last_timestamp >= coalesce(to_timestamp($4::float8 / 1000), '-infinity')
  AND first_timestamp <= coalesce(to_timestamp($5::float8 / 1000), 'infinity')
  AND first_timestamp >= coalesce(to_timestamp($6::float8 / 1000), '-infinity')`;

/** Candidates among the blocks beyond the offset $7. */
const BLOCKS_BEYOND = `FROM sample_block WHERE ${BLOCK_CONDITIONS} AND last_seq > $7 AND window_first >= coalesce(
    (SELECT first FROM log_window WHERE last > $7 ORDER BY last LIMIT 1), 0)`;

/** How far a part of the log reaches in which there are so many candidates, $8, that it has to end. */
const PART = `part AS MATERIALIZED (
    SELECT CASE WHEN edge.next IS NOT NULL THEN greatest(edge.next, lowest.last + 1) - 1 END AS last
    FROM (SELECT (SELECT window_first ${BLOCKS_BEYOND} ORDER BY window_first OFFSET $8 LIMIT 1) AS next) AS edge
    LEFT JOIN log_window AS lowest ON lowest.first = (SELECT min(window_first) ${BLOCKS_BEYOND})
  )`;
const IN_PART = `seq > $7 AND seq <= coalesce((SELECT last FROM part), 9223372036854775807)`;
const BLOCKS_OF_PART = `${BLOCKS_BEYOND} AND window_first <= coalesce((SELECT last FROM part), 9223372036854775807)`;

/** Rows, or a block; each with the end of the part they are of, null at the end of the log. */
interface PartRow {
  readonly part_last: number | null;
  readonly samples: readonly SampleArray[] | null;
  readonly count: number;
  readonly metric_number: number;
  readonly data: Buffer | null;
}

const SEARCH_PART = `WITH ${PART}
  SELECT (SELECT last::float8 FROM part) AS part_last, json_agg(${SAMPLE_ARRAY} ORDER BY seq) AS samples,
    0 AS count, NULL::int AS metric_number, NULL::bytea AS data
  FROM (SELECT * FROM sample WHERE ${ROW_CONDITIONS} AND ${IN_PART} ORDER BY sample.seq LIMIT $9) AS chosen
  UNION ALL
  SELECT NULL, NULL, 0, metric_number, data ${BLOCKS_OF_PART}`;

/** Of blocks all of whose samples count only the number is read. */
const COUNT_PART = `WITH ${PART}
  SELECT (SELECT last::float8 FROM part) AS part_last, NULL::json AS samples, count(*)::int AS count,
    NULL::int AS metric_number, NULL::bytea AS data
  FROM sample WHERE ${ROW_CONDITIONS} AND ${IN_PART}
  UNION ALL
  SELECT NULL, NULL, rows, metric_number,
    CASE WHEN $3 > 0 OR $2::int[] IS NOT NULL OR first_timestamp < coalesce(to_timestamp($4::float8 / 1000), '-infinity')
      OR last_timestamp > coalesce(to_timestamp($5::float8 / 1000), 'infinity') THEN data END
  ${BLOCKS_OF_PART}`;

/** Samples after an offset that a selection lets through, in the order of the log, at most `limit`. */
export async function searchLog(
  pool: pg.Pool,
  after: number,
  selection: LogSelection,
  limit: number,
): Promise<readonly ScoredSample[]> {
  const found: ScoredSample[] = [];
  for (let from: number | null = after; from !== null && found.length < limit;) {
    const values = [...listParameters(selection), from, MAX_BLOCKS, limit - found.length];
    const { rows }: { rows: readonly PartRow[] } = await pool.query<PartRow>(SEARCH_PART, values);
    const offset = from;
    const samples = rows
      .flatMap((row) => readRow(row, selection))
      .filter(({ seq }) => seq > offset)
      .sort((a, b) => a.seq - b.seq);
    for (const sample of samples.slice(0, limit - found.length)) found.push(sample);
    from = findPartEnd(rows);
  }
  return found;
}

/** How many samples a selection lets through. */
export async function countLog(pool: pg.Pool, selection: LogSelection): Promise<number> {
  let count = 0;
  for (let from: number | null = 0; from !== null;) {
    const values = [...listParameters(selection), from, MAX_BLOCKS];
    const { rows }: { rows: readonly PartRow[] } = await pool.query<PartRow>(COUNT_PART, values);
    for (const { count: whole, metric_number: metricNumber, data } of rows) {
      const counted =
        data === null
          ? whole
          : readBlock({ metricNumber, data }, (block) => countChosen(block, selection, toTest(selection)));
      count += counted ?? 0;
    }
    from = findPartEnd(rows);
  }
  return count;
}

interface PromisingRow {
  readonly samples: readonly SampleArray[] | null;
  readonly metric_number: number;
  readonly max_score: number;
  readonly last_seq: number;
  readonly data: Buffer | null;
}

/** The same, the highest scores first: what is less anomalous than a place, or as anomalous and scored before it. */
export async function searchMostAnomalous(
  pool: pg.Pool,
  after: ScoredPlace | null,
  selection: LogSelection,
  limit: number,
): Promise<readonly ScoredSample[]> {
  for (let blocks = FIRST_BLOCKS; ; blocks *= MORE_BLOCKS) {
    const values = [
      ...listParameters(selection),
      limit,
      blocks + 1,
      after?.score ?? null,
      after?.seq ?? null,
    ];
    const { rows } = await pool.query<PromisingRow>(SEARCH_MOST, values);
    const promising = rows.filter(({ data }) => data !== null);
    const unread = promising.length > blocks ? promising.at(-1) : undefined;
    const found = rows
      .filter((row) => row !== unread)
      .flatMap((row) => readRow(row, selection))
      .filter((sample) => after === null || compareScores(after, sample) < 0)
      .sort(compareScores)
      .slice(0, limit);
    const last = found[limit - 1];
    const isEnough =
      unread === undefined ||
      (last !== undefined && compareScores(last, { score: unread.max_score, seq: unread.last_seq }) < 0);
    if (isEnough) return found;
  }
}

const SEARCH_MOST = `
  SELECT json_agg(${SAMPLE_ARRAY} ORDER BY score DESC, seq DESC) AS samples, NULL::int AS metric_number,
    NULL::float8 AS max_score, NULL::float8 AS last_seq, NULL::bytea AS data
  FROM (
    SELECT * FROM sample
    WHERE ${ROW_CONDITIONS} AND ($9::float8 IS NULL OR (score, seq) < ($9::float8, $10::bigint))
    ORDER BY score DESC, sample.seq DESC LIMIT $7
  ) AS chosen
  UNION ALL
  SELECT NULL, metric_number, max_score, last_seq, data FROM (
    SELECT metric_number, max_score, last_seq::float8, data FROM sample_block WHERE ${BLOCK_CONDITIONS}
    ORDER BY max_score DESC, sample_block.last_seq DESC LIMIT $8
  ) AS block`;

/** The higher score first, of equal ones the one scored last. */
function compareScores(a: ScoredPlace, b: ScoredPlace): number {
  return b.score - a.score || b.seq - a.seq;
}

function readRow(
  { samples, metric_number: metricNumber, data }: Pick<PartRow, 'samples' | 'metric_number' | 'data'>,
  selection: LogSelection,
): ScoredSample[] {
  if (data === null) return (samples ?? []).map(readSampleArray).filter(isScored);
  const chosen = readBlock({ metricNumber, data }, (block) =>
    listChosen(block, selection, toTest(selection)).map((index) => sampleAt(block, index)),
  );
  return (chosen ?? []).filter(isScored);
}

function findPartEnd(rows: readonly PartRow[]): number | null {
  return rows.find(({ part_last: last }) => last !== null)?.part_last ?? null;
}

function toTest({ rowIds, leastScore }: LogSelection): SampleTest {
  return { isScored: true, minScore: leastScore, rowIds };
}

function listParameters({ metricNumbers, rowIds, leastScore, fromMs, toMs }: LogSelection): unknown[] {
  return [metricNumbers, rowIds, leastScore, fromMs, toMs, startOfMonth(fromMs)];
}
