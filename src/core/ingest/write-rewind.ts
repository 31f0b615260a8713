/**
 * Takes back the scores of samples that lie far ahead of the clock: it was wrong when they came, or a version before
 * this one scored them. Without that every point of the present would be late, stored and never scored, until the
 * clock has come to where it was.
 */
import type pg from 'pg';
import { SCORED_AHEAD_MS } from '../../model.ts';
import { queryAtLength } from '../../platform/postgres/long-statement.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { deleteBarsAfter } from '../bars/write-bars.ts';
import type { MetricEntry } from '../metrics/registry.ts';
import { excludePacking, unpackBlocks } from '../samples/packed/write-blocks.ts';
import { holdFollowers } from '../score-log/follow-log.ts';

/** A clock that is set by seconds, as clocks are, is no reason. */
const TOLERANCE_MS = 60_000;

/** Whether its model has learned from points further ahead of the clock than any that are scored. */
export function isAhead({ scoredToMs }: MetricEntry, nowMs: number): boolean {
  return scoredToMs !== null && scoredToMs > nowMs + SCORED_AHEAD_MS + TOLERANCE_MS;
}

/** To be called while nothing else is written; then the registry has to read the metric again. */
export async function rewindScores(pool: pg.Pool, metricNumber: number, nowMs: number): Promise<void> {
  const latestMs = nowMs + SCORED_AHEAD_MS;
  await inTransaction(pool, async (client) => {
    await excludePacking(client);
    await unpackBlocks(client, metricNumber, latestMs);
    await queryAtLength(
      client,
      `UPDATE sample SET seq = NULL, score = NULL, expected = NULL, low = NULL, high = NULL, raw_score = NULL,
         view = NULL, provisional = false, episode = false, phase = NULL
       WHERE metric_number = $1 AND "timestamp" > to_timestamp($2::float8 / 1000) AND score IS NOT NULL`,
      [metricNumber, latestMs],
    );
    await holdFollowers(client);
    await deleteBarsAfter(client, metricNumber, latestMs);
    await client.query(
      `UPDATE metric_progress p SET scored_rows = s.scored_rows, scored_to = s.scored_to,
         last_row_id = greatest(p.last_row_id, s.last_row_id),
         last_timestamp = greatest(p.last_timestamp, s.last_timestamp)
       FROM (SELECT coalesce(sum(scored), 0)::int AS scored_rows, max(scored_to) AS scored_to,
               max(last_row_id) AS last_row_id, max(last_timestamp) AS last_timestamp
             FROM (SELECT count(score) AS scored, max("timestamp") FILTER (WHERE score IS NOT NULL) AS scored_to,
                     max(row_id) AS last_row_id, max("timestamp") AS last_timestamp
                   FROM sample WHERE metric_number = $1
                   UNION ALL
                   SELECT sum(rows), max(last_timestamp), max(last_row_id), max(last_timestamp)
                   FROM sample_block WHERE metric_number = $1) AS parts) s
       WHERE p.metric_number = $1`,
      [metricNumber],
    );
    // No detector has the version 0: the model learns anew from the samples that are left.
    await client.query(
      `UPDATE model_checkpoint SET version = 0
       WHERE metric_number = $1 AND "timestamp" > to_timestamp($2::float8 / 1000)`,
      [metricNumber, latestMs],
    );
  });
}
