/**
 * The one transaction of the data path: samples with their scores, the metrics' progress, checkpoints, and the head
 * of the log of scores, all or nothing.
 */
import pg from 'pg';
import type { MetricStatus } from '../../model.ts';
import { copySamples } from './copy-samples.ts';
import type { NewScore, UnscoredSample } from './new-sample.ts';
import { toNumberArray } from '../../platform/postgres/number-array.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';

export interface Progress {
  readonly metricNumber: number;
  readonly lastRowId: number;
  readonly lastTimestampMs: number | null;
  readonly scoredRows: number;
  readonly scoredToMs: number | null;
  readonly readToMs: number | null;
}

export interface Checkpoint {
  readonly metricNumber: number;
  readonly detector: string;
  readonly version: number;
  readonly scoredRows: number;
  readonly timestampMs: number;
  readonly state: Uint8Array;
}

interface StatusChange {
  readonly metricNumber: number;
  readonly status: MetricStatus;
  readonly message: string | null;
}

export interface Batch {
  readonly scored: readonly NewScore[];
  readonly unscored: readonly UnscoredSample[];
  /** Of samples that are stored already. */
  readonly backlog: readonly NewScore[];
  readonly progress: readonly Progress[];
  readonly checkpoints: readonly Checkpoint[];
  readonly statuses: readonly StatusChange[];
}

export const EMPTY_BATCH: Batch = {
  scored: [],
  unscored: [],
  backlog: [],
  progress: [],
  checkpoints: [],
  statuses: [],
};

/** The log of scores does not end where the writer knows it to: nothing is written, and its numbers are to be read again. */
export class LogMovedError extends Error {
  override readonly name = 'LogMovedError';
}

/** Of advance_score_log. */
const LOG_MOVED = 'LW001';

/**
 * Writes a batch. Scores get consecutive offsets of the log: those of `scored` first, then `backlog`, in order. The
 * end of the log moves with the commit, and is compared with `before`: offsets become visible in their order, without
 * holes, and no transaction of another writer is overwritten.
 * @param before the offset of the last score that is committed; of no meaning for a batch without scores
 * @throws LogMovedError when the log ends elsewhere
 */
export async function writeBatch(pool: pg.Pool, batch: Batch, before = 0): Promise<void> {
  const scores = batch.scored.length + batch.backlog.length;
  const write = async (client: pg.PoolClient) => {
    // failpoint: ingest.before_copy
    await copySamples(client, batch, before);
    await updateBacklog(client, batch.backlog, before + batch.scored.length);
    await updateProgress(client, batch.progress);
    await writeCheckpoints(client, batch.checkpoints);
    await changeStatuses(client, batch.statuses);
    // failpoint: ingest.before_commit
  };
  const advance = scores === 0 ? undefined : `SELECT advance_score_log(${before}, ${scores})`;
  try {
    await inTransaction(pool, write, advance);
    // failpoint: ingest.after_commit
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === LOG_MOVED)
      throw new LogMovedError(error.message, { cause: error });
    throw error;
  }
}

async function updateBacklog(
  client: pg.PoolClient,
  backlog: readonly NewScore[],
  before: number,
): Promise<void> {
  if (backlog.length === 0) return;
  await client.query(
    `UPDATE sample s SET seq = b.seq, score = b.score, expected = b.expected, low = b.low, high = b.high,
       raw_score = b.raw_score, provisional = b.provisional, episode = b.episode,
       view = b.view::view, phase = b.phase::anomaly_phase
     FROM unnest($1::int[], $2::timestamptz[], $3::bigint[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
       $8::real[], $9::bool[], $10::bool[], $11::text[], $12::text[])
       AS b(metric_number, at, seq, score, expected, low, high, raw_score, provisional, episode, view, phase)
     WHERE s.metric_number = b.metric_number AND s."timestamp" = b.at`,
    [
      backlog.map((row) => row.metricNumber),
      backlog.map((row) => new Date(row.timestampMs).toISOString()),
      backlog.map((_, index) => before + index + 1),
      backlog.map((row) => row.score),
      backlog.map((row) => row.expected),
      backlog.map((row) => row.low),
      backlog.map((row) => row.high),
      backlog.map((row) => row.rawScore),
      backlog.map((row) => row.provisional),
      backlog.map((row) => row.episode),
      backlog.map((row) => row.view),
      backlog.map((row) => row.phase),
    ],
  );
}

async function updateProgress(client: pg.PoolClient, progress: readonly Progress[]): Promise<void> {
  if (progress.length === 0) return;
  await client.query({
    name: 'update-progress',
    text: `UPDATE metric_progress p SET last_row_id = n.last_row_id,
       last_timestamp = to_timestamp(n.last_timestamp / 1000), scored_rows = n.scored_rows,
       scored_to = to_timestamp(n.scored_to / 1000), read_to = to_timestamp(n.read_to / 1000)
     FROM unnest($1::int[], $2::int[], $3::float8[], $4::int[], $5::float8[], $6::float8[])
       AS n(metric_number, last_row_id, last_timestamp, scored_rows, scored_to, read_to)
     WHERE p.metric_number = n.metric_number`,
    values: [
      toNumberArray(progress.map((row) => row.metricNumber)),
      toNumberArray(progress.map((row) => row.lastRowId)),
      toNumberArray(progress.map((row) => row.lastTimestampMs)),
      toNumberArray(progress.map((row) => row.scoredRows)),
      toNumberArray(progress.map((row) => row.scoredToMs)),
      toNumberArray(progress.map((row) => row.readToMs)),
    ],
  });
}

async function writeCheckpoints(client: pg.PoolClient, checkpoints: readonly Checkpoint[]): Promise<void> {
  if (checkpoints.length === 0) return;
  await client.query(
    `INSERT INTO model_checkpoint (metric_number, detector, version, scored_rows, "timestamp", state)
     SELECT c.* FROM unnest($1::int[], $2::text[], $3::int[], $4::int[], $5::timestamptz[], $6::bytea[])
       AS c(metric_number, detector, version, scored_rows, at, state)
       -- A metric deleted while its model was still in memory has nothing to be checkpointed for.
       WHERE EXISTS (SELECT FROM metric WHERE number = c.metric_number)
     ON CONFLICT (metric_number) DO UPDATE SET detector = EXCLUDED.detector, version = EXCLUDED.version,
       scored_rows = EXCLUDED.scored_rows, "timestamp" = EXCLUDED."timestamp", state = EXCLUDED.state,
       created_at = now()
       -- One that cannot be continued is no newer, however many rows it had: a model made anew begins with fewer.
       WHERE EXCLUDED.scored_rows >= model_checkpoint.scored_rows OR EXCLUDED.version <> model_checkpoint.version`,
    [
      checkpoints.map((row) => row.metricNumber),
      checkpoints.map((row) => row.detector),
      checkpoints.map((row) => row.version),
      checkpoints.map((row) => row.scoredRows),
      checkpoints.map((row) => toIso(row.timestampMs)),
      checkpoints.map((row) => Buffer.from(row.state.buffer, row.state.byteOffset, row.state.byteLength)),
    ],
  );
}

async function changeStatuses(client: pg.PoolClient, statuses: readonly StatusChange[]): Promise<void> {
  for (const { metricNumber, status, message } of statuses) {
    await client.query('UPDATE metric SET status = $2, message = $3 WHERE number = $1', [
      metricNumber,
      status,
      message,
    ]);
  }
}

function toIso(timestampMs: number | null): string | null {
  return timestampMs === null ? null : new Date(timestampMs).toISOString();
}
