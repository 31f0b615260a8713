/**
 * Samples of metrics by their times, wherever they are: rows of their own, or packed in blocks. The packer moves samples
 * from one to the other meanwhile, so each range of time is read from both by one statement.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { toNumberArray } from '../../platform/postgres/number-array.ts';
import { readBlock } from './packed/open-block.ts';
import type { SampleBlock } from './packed/block-codec.ts';
import { sampleAt } from './packed/sample-columns.ts';
import {
  boundTime,
  listChosen,
  listTests,
  type SampleRange,
  type SampleTest,
  startOfMonth,
  type Tests,
  type TimeRange,
} from './sample-test.ts';
import { readSampleArray, SAMPLE_ARRAY, type SampleArray, type StoredSample } from './stored-sample.ts';

/** A pool, a client, or what one account sees of a pool. */
export type Queryable = Pick<pg.Pool, 'query'>;

export interface SampleOrder {
  /** Newest first. */
  readonly descending: boolean;
  /** Maximum number of samples of each range; null for all. */
  readonly limit: number | null;
}

/** What is left to be read of a range. */
interface Remaining extends SampleRange {
  readonly place: number;
}

/** Either the rows of a range, or one of its blocks. */
interface FoundRow {
  readonly place: number;
  readonly samples: readonly SampleArray[] | null;
  readonly data: Buffer | null;
  /** Where the blocks that were not read begin, or end where the newest come first; null when all were read. */
  readonly horizon_ms: number | null;
}

const MAX_BLOCKS_OF_RANGE = 64;
/** Of all ranges together: some megabytes. */
const MAX_BLOCKS = 1024;
/** About as many samples are in a block. */
const SAMPLES_IN_BLOCK = 200;

/** @returns for each range the samples that pass the test, in order. One statement; more where blocks are many */
export async function findSamples(
  pool: Queryable,
  ranges: readonly SampleRange[],
  test: SampleTest,
  order: SampleOrder,
): Promise<readonly (readonly StoredSample[])[]> {
  const found: StoredSample[][] = ranges.map(() => []);
  let remaining: readonly Remaining[] = ranges.map(({ metricNumber, fromMs, toMs }, place) => {
    return { metricNumber, fromMs: boundTime(fromMs), toMs: boundTime(toMs), place };
  });
  while (remaining.length > 0) {
    const rows = await readSome(pool, remaining, test, order);
    remaining = remaining.flatMap((range, index) => {
      const known = found[range.place] ?? [];
      const { samples, horizonMs } = gather(range, rows[index] ?? [], test, order);
      for (const sample of samples) {
        if (known.length === order.limit) return [];
        known.push(sample);
      }
      if (horizonMs === null || known.length === order.limit) return [];
      return [order.descending ? { ...range, toMs: horizonMs } : { ...range, fromMs: horizonMs }];
    });
  }
  return found;
}

/** The samples of one range in time order, by pages. */
export async function* pageSamples(
  pool: Queryable,
  range: SampleRange,
  test: SampleTest,
  pageSize: number,
): AsyncGenerator<readonly StoredSample[]> {
  let { fromMs } = range;
  for (;;) {
    const order = { descending: false, limit: pageSize };
    const [page = []] = await findSamples(pool, [{ ...range, fromMs }], test, order);
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    fromMs = last.timestampMs + 1;
  }
}

/** One statement for some blocks of each range, and the rows of the time they are of. */
async function readSome(
  pool: Queryable,
  ranges: readonly Remaining[],
  test: SampleTest,
  { descending, limit }: SampleOrder,
): Promise<readonly (readonly FoundRow[])[]> {
  const wanted = limit === null ? MAX_BLOCKS_OF_RANGE : Math.ceil(limit / SAMPLES_IN_BLOCK) + 1;
  const blocks = Math.max(1, Math.min(wanted, MAX_BLOCKS_OF_RANGE, Math.floor(MAX_BLOCKS / ranges.length)));
  const values: unknown[] = [
    toNumberArray(ranges.map(({ metricNumber }) => metricNumber)),
    toNumberArray(ranges.map(({ fromMs }) => fromMs)),
    toNumberArray(ranges.map(({ toMs }) => toMs)),
    toNumberArray(ranges.map(({ fromMs }) => startOfMonth(fromMs))),
    blocks,
    limit,
  ];
  const text = writeStatement(
    descending,
    listTests(test, (value) => `$${values.push(value)}`),
  );
  const { rows } = await pool.query<FoundRow>({ name: nameStatement(text), text, values });
  const byPlace: FoundRow[][] = ranges.map(() => []);
  for (const row of rows) byPlace[row.place - 1]?.push(row);
  return byPlace;
}

/**
 * PostgreSQL keeps the plan of a statement with a name: to make it takes as long as to read a hundred samples. The times
 * that are asked for come from arrays, not from the text, so one plan is as good for all of them as a plan for each.
 */
function nameStatement(text: string): string {
  return `find-samples-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/**
 * First it is seen how far the blocks reach that are read; then the rows up to there are chosen; then the blocks, but for
 * those beyond the last row where these are enough.
 */
function writeStatement(descending: boolean, { ofRows, ofBlocks }: Tests): string {
  const direction = descending ? 'DESC' : 'ASC';
  const blocksOf = (range: string) => `FROM sample_block
      WHERE metric_number = ${range}.number AND first_timestamp >= ${range}.month
        AND first_timestamp <= ${range}.highest AND last_timestamp >= ${range}.lowest ${ofBlocks}`;
  return `WITH wanted AS MATERIALIZED (
      SELECT asked.*, beyond.horizon FROM (
        SELECT place, number, coalesce(to_timestamp(from_ms / 1000), '-infinity') AS lowest,
          coalesce(to_timestamp(to_ms / 1000), 'infinity') AS highest,
          coalesce(to_timestamp(month_ms / 1000), '-infinity') AS month
        FROM unnest($1::int[], $2::float8[], $3::float8[], $4::float8[]) WITH ORDINALITY
          AS given (number, from_ms, to_ms, month_ms, place)
      ) AS asked LEFT JOIN LATERAL (
        SELECT ${descending ? 'last_timestamp' : 'first_timestamp'} AS horizon ${blocksOf('asked')}
        ORDER BY first_timestamp ${direction} OFFSET $5 LIMIT 1
      ) AS beyond ON true
    ), found AS MATERIALIZED (
      SELECT wanted.*, chosen.samples, chosen.edge FROM wanted CROSS JOIN LATERAL (
        SELECT json_agg(${SAMPLE_ARRAY} ORDER BY "timestamp" ${direction}) AS samples,
          CASE WHEN count(*) = $6::int THEN ${descending ? 'min' : 'max'}("timestamp") END AS edge
        FROM (
          SELECT * FROM sample WHERE metric_number = wanted.number
            AND "timestamp" >= wanted.lowest AND "timestamp" <= wanted.highest
            AND "timestamp" ${descending ? "> coalesce(horizon, '-infinity')" : "< coalesce(horizon, 'infinity')"}
            ${ofRows}
          ORDER BY "timestamp" ${direction} LIMIT $6
        ) AS ordered
      ) AS chosen
    )
    SELECT place::int, samples, NULL::bytea AS data, (extract(epoch FROM horizon) * 1000)::float8 AS horizon_ms
    FROM found
    UNION ALL
    SELECT place::int, NULL, block.data, NULL FROM found CROSS JOIN LATERAL (
      SELECT data ${blocksOf('found')}
        AND (found.edge IS NULL OR ${descending ? 'last_timestamp >= found.edge' : 'first_timestamp <= found.edge'})
      ORDER BY first_timestamp ${direction} LIMIT $5
    ) AS block`;
}

/** What was read of one range, in order. */
function gather(
  range: SampleRange,
  found: readonly FoundRow[],
  test: SampleTest,
  { descending, limit }: SampleOrder,
): { readonly samples: readonly StoredSample[]; readonly horizonMs: number | null } {
  const rows: StoredSample[] = [];
  const packed: StoredSample[] = [];
  let horizonMs: number | null = null;
  for (const { samples, data, horizon_ms } of found) {
    horizonMs ??= horizon_ms;
    for (const array of samples ?? []) rows.push(readSampleArray(array));
    // The blocks come in order: what is behind enough samples is not read.
    if (data === null || packed.length >= (limit ?? Infinity)) continue;
    const chosen = readBlock({ metricNumber: range.metricNumber, data }, (block) =>
      choose(block, range, test),
    );
    for (const sample of descending ? (chosen ?? []).reverse() : (chosen ?? [])) packed.push(sample);
  }
  const after = descending ? -1 : 1;
  if (packed.length === 0) return { samples: rows, horizonMs };
  const samples = [...rows, ...packed].sort((a, b) => after * (a.timestampMs - b.timestampMs));
  return { samples, horizonMs };
}

/** The samples of a block that lie in a range and pass a test, in time order. */
function choose(block: SampleBlock, range: TimeRange, test: SampleTest): StoredSample[] {
  const chosen = listChosen(block, range, test);
  if (chosen.length === 0) return [];
  const columns = block.readAll();
  return chosen.map((index) => sampleAt(columns, index));
}
