/** What a model is restored from: its checkpoint, and the scored samples behind it. */
import type pg from 'pg';
import { findSamples, pageSamples } from '../samples/find-samples.ts';
import { isScored, type ScoredSample } from '../samples/stored-sample.ts';
import type { Checkpoint } from '../samples/write-batch.ts';

export interface ReplayedSample {
  readonly timestampMs: number;
  readonly value: number;
  readonly score: number;
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  /** Whether it was of an excluded time when it was scored: nothing was learned from it. */
  readonly excluded: boolean;
}

interface CheckpointRow {
  metric_number: number;
  detector: string;
  version: number;
  scored_rows: number;
  timestamp_ms: number;
  state: Buffer;
}

const REPLAY_PAGE = 5000;

export async function readCheckpoints(
  pool: pg.Pool,
  metricNumbers: readonly number[],
): Promise<ReadonlyMap<number, Checkpoint>> {
  if (metricNumbers.length === 0) return new Map();
  const { rows } = await pool.query<CheckpointRow>(
    `SELECT metric_number, detector, version, scored_rows, state,
       (extract(epoch FROM "timestamp") * 1000)::float8 AS timestamp_ms
     FROM model_checkpoint WHERE metric_number = ANY($1)`,
    [metricNumbers],
  );
  return new Map(
    rows.map((row) => [
      row.metric_number,
      {
        metricNumber: row.metric_number,
        detector: row.detector,
        version: row.version,
        scoredRows: row.scored_rows,
        timestampMs: row.timestamp_ms,
        state: row.state,
      },
    ]),
  );
}

/**
 * The scored samples of a metric in time order, by pages.
 * @param range.afterMs only samples after this time; null from the first
 * @param range.newest only so many of the newest; null for all
 */
export async function* replaySamples(
  pool: pg.Pool,
  metricNumber: number,
  range: { readonly afterMs: number | null; readonly newest: number | null },
): AsyncGenerator<readonly ReplayedSample[]> {
  const afterMs = range.newest === null ? range.afterMs : await findStart(pool, metricNumber, range.newest);
  const wanted = { metricNumber, ...openRange(afterMs) };
  for await (const page of pageSamples(pool, wanted, { isScored: true }, REPLAY_PAGE)) {
    yield page.filter(isScored).map(toReplayed);
  }
}

/**
 * The scored samples of many metrics by metric number, each metric's in time order: all in memory, so the caller sees
 * to it that they are not too many. Metrics without any are left out.
 * @param wanted.afterMs only samples after this time; null from the first
 */
export async function replayMany(
  pool: pg.Pool,
  wanted: readonly { readonly metricNumber: number; readonly afterMs: number | null }[],
): Promise<ReadonlyMap<number, readonly ReplayedSample[]>> {
  const ranges = wanted.map(({ metricNumber, afterMs }) => ({ metricNumber, ...openRange(afterMs) }));
  const found = await findSamples(pool, ranges, { isScored: true }, { descending: false, limit: null });
  const byMetric = new Map<number, readonly ReplayedSample[]>();
  for (const [index, { metricNumber }] of ranges.entries()) {
    const samples = (found[index] ?? []).filter(isScored).map(toReplayed);
    if (samples.length > 0) byMetric.set(metricNumber, samples);
  }
  return byMetric;
}

function toReplayed({ timestampMs, value, score, expected, low, high, phase }: ScoredSample): ReplayedSample {
  return { timestampMs, value, score, expected, low, high, excluded: phase === 'EXCLUDED' };
}

/** Times are whole milliseconds. */
function openRange(afterMs: number | null) {
  return { fromMs: afterMs === null ? null : afterMs + 1, toMs: null };
}

/** Time of the sample before the `newest` newest, or null when there are no more than those. */
async function findStart(pool: pg.Pool, metricNumber: number, newest: number): Promise<number | null> {
  let toMs: number | null = null;
  for (let left = newest + 1; left > 0;) {
    const limit = Math.min(left, REPLAY_PAGE);
    const order = { descending: true, limit };
    const [page = []] = await findSamples(
      pool,
      [{ metricNumber, fromMs: null, toMs }],
      { isScored: true },
      order,
    );
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return null;
    left -= page.length;
    if (left === 0) return last.timestampMs;
    toMs = last.timestampMs - 1;
  }
  return null;
}
