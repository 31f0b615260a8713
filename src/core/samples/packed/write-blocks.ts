/** Blocks in the database: how they are stored, and taken apart again. */
import type pg from 'pg';
import { toNumberArray } from '../../../platform/postgres/number-array.ts';
import { lockUntilCommit } from '../../../platform/postgres/transaction-lock.ts';
import { copySamples } from '../copy-samples.ts';
import { isScored, type ScoredSample } from '../stored-sample.ts';
import { encodeBlock, SampleBlock } from './block-codec.ts';
import { phaseCode, sampleAt, type SampleColumns } from './sample-columns.ts';

/** A block with what is known of it without reading it. */
export interface NewBlock {
  readonly metricNumber: number;
  readonly count: number;
  readonly windowFirst: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly minValue: number;
  readonly maxValue: number;
  readonly maxScore: number;
  readonly lastRowId: number;
  /** The bits of the phases that occur. */
  readonly phases: number;
  readonly data: Buffer;
}

/** Of a metric's blocks that become rows again: some hundred thousand samples at most. */
const BLOCKS_AT_ONCE = 200;

/** @param columns scored samples of one metric, one window and one month, in time order; at least one */
export function makeBlock(columns: SampleColumns, windowFirst: number): NewBlock {
  const { metricNumber, count, timestampsMs, seqs, values, scores, rowIds, marks } = columns;
  return {
    metricNumber,
    count,
    windowFirst,
    firstMs: timestampsMs[0] ?? 0,
    lastMs: timestampsMs[count - 1] ?? 0,
    firstSeq: lowest(seqs),
    lastSeq: highest(seqs),
    minValue: lowest(values),
    maxValue: highest(values),
    maxScore: highest(scores),
    lastRowId: highest(rowIds),
    phases: listPhases(marks),
    data: encodeBlock(columns),
  };
}

function lowest(column: Float64Array): number {
  let low = Infinity;
  for (const value of column) low = Math.min(low, value);
  return low;
}

function highest(column: Float64Array): number {
  let high = -Infinity;
  for (const value of column) high = Math.max(high, value);
  return high;
}

function listPhases(marks: Float64Array): number {
  let phases = 0;
  for (const mark of marks) phases |= 1 << phaseCode(mark);
  return phases;
}

/**
 * Until this transaction ends nothing is packed; waits for what is being packed, some hundred milliseconds. To be called
 * before samples that have scores are changed or deleted: the packer would otherwise store what they were before.
 */
export async function excludePacking(client: pg.PoolClient): Promise<void> {
  await lockUntilCommit(client, 'packing');
}

export async function insertBlocks(client: pg.PoolClient, blocks: readonly NewBlock[]): Promise<void> {
  await client.query(
    `INSERT INTO sample_block (metric_number, first_timestamp, last_timestamp, window_first, first_seq, last_seq,
       min_value, max_value, max_score, rows, last_row_id, phases, data)
     SELECT metric_number, to_timestamp(first_ms / 1000), to_timestamp(last_ms / 1000), window_first, first_seq,
       last_seq, min_value, max_value, max_score, rows, last_row_id, phases, data
     FROM unnest($1::int[], $2::float8[], $3::float8[], $4::bigint[], $5::bigint[], $6::bigint[], $7::float8[],
       $8::float8[], $9::float8[], $10::int[], $11::int[], $12::int[], $13::bytea[])
       AS b (metric_number, first_ms, last_ms, window_first, first_seq, last_seq, min_value, max_value, max_score, rows,
         last_row_id, phases, data)`,
    [
      toNumberArray(blocks.map(({ metricNumber }) => metricNumber)),
      toNumberArray(blocks.map(({ firstMs }) => firstMs)),
      toNumberArray(blocks.map(({ lastMs }) => lastMs)),
      toNumberArray(blocks.map(({ windowFirst }) => windowFirst)),
      toNumberArray(blocks.map(({ firstSeq }) => firstSeq)),
      toNumberArray(blocks.map(({ lastSeq }) => lastSeq)),
      toNumberArray(blocks.map(({ minValue }) => minValue)),
      toNumberArray(blocks.map(({ maxValue }) => maxValue)),
      toNumberArray(blocks.map(({ maxScore }) => maxScore)),
      toNumberArray(blocks.map(({ count }) => count)),
      toNumberArray(blocks.map(({ lastRowId }) => lastRowId)),
      toNumberArray(blocks.map(({ phases }) => phases)),
      blocks.map(({ data }) => data),
    ],
  );
}

/** Those of a metric, with all that is in them. To be called after `excludePacking`. */
export async function deleteBlocks(client: pg.PoolClient, metricNumber: number): Promise<void> {
  const { rows } = await client.query<{ first: string }>(
    'DELETE FROM sample_block WHERE metric_number = $1 RETURNING window_first AS first',
    [metricNumber],
  );
  await noteChanged(client, rows);
}

/**
 * Makes rows of a metric's blocks again, so that they can be changed. To be called after `excludePacking`; they are
 * packed again later.
 * @param afterMs only blocks that reach beyond this time; null for all
 * @throws DamagedBlockError
 */
export async function unpackBlocks(
  client: pg.PoolClient,
  metricNumber: number,
  afterMs: number | null,
): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ first: string; data: Buffer }>(
      `DELETE FROM sample_block AS b USING (
         SELECT first_timestamp FROM sample_block
         WHERE metric_number = $1 AND last_timestamp > coalesce(to_timestamp($2::float8 / 1000), '-infinity')
         ORDER BY first_timestamp LIMIT ${BLOCKS_AT_ONCE}
       ) AS chosen
       WHERE b.metric_number = $1 AND b.first_timestamp = chosen.first_timestamp
       RETURNING b.window_first AS first, b.data`,
      [metricNumber, afterMs],
    );
    await noteChanged(client, rows);
    const scored = rows.flatMap(({ data }) => listScored(metricNumber, data));
    await copySamples(client, { scored, unscored: [] }, null);
    if (rows.length < BLOCKS_AT_ONCE) return;
  }
}

/** @throws DamagedBlockError: what cannot be read is not taken apart, and so not lost */
function listScored(metricNumber: number, data: Buffer): readonly ScoredSample[] {
  const block = new SampleBlock(metricNumber, data).readAll();
  return Array.from({ length: block.count }, (_, index) => sampleAt(block, index)).filter(isScored);
}

/** What was read of these windows holds no more, and something of them may have to be packed again. */
async function noteChanged(
  client: pg.PoolClient,
  rows: readonly { readonly first: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    'UPDATE log_window SET version = version + 1, is_complete = false WHERE first = ANY($1::bigint[])',
    [[...new Set(rows.map(({ first }) => first))]],
  );
}
