/** Writes bars: what is higher than what is stored replaces it. */
import type pg from 'pg';
import { toNumberArray } from '../../platform/postgres/number-array.ts';

/** What some samples of one metric say of one slot. */
export interface BarRise {
  readonly metricNumber: number;
  readonly minutes: number;
  readonly startMs: number;
  /** Highest settled score; null when all were made while learning. */
  readonly score: number | null;
  readonly provisionalScore: number | null;
  /** How many samples; 0 for bars that do not count. */
  readonly count: number;
}

/** Where retention has dropped the month there is nothing to put a late bar into. */
const MONTH_IS_KEPT = `date_trunc('month', n.start)::date IN (SELECT month FROM sample_month)`;

/**
 * Adds the counts, keeps the higher scores. A rise that counts nothing and raises nothing costs a look-up, no write.
 * The slots have to differ.
 */
export async function writeBars(client: pg.ClientBase, rises: readonly BarRise[]): Promise<void> {
  if (rises.length === 0) return;
  await client.query(
    `INSERT INTO bar AS b (metric_number, minutes, start, score, provisional_score, count)
     SELECT n.* FROM (
       SELECT metric_number, minutes, to_timestamp(seconds) AS start, score, provisional_score, count
       FROM unnest($1::int[], $2::int[], $3::float8[], $4::float8[], $5::float8[], $6::int[])
         AS u(metric_number, minutes, seconds, score, provisional_score, count)
     ) AS n
     WHERE ${MONTH_IS_KEPT} AND (n.count > 0 OR NOT EXISTS (
       SELECT FROM bar AS kept
       WHERE kept.metric_number = n.metric_number AND kept.minutes = n.minutes AND kept.start = n.start
         AND (n.score IS NULL OR kept.score >= n.score)
         AND (n.provisional_score IS NULL OR kept.provisional_score >= n.provisional_score)
       OFFSET 0
     ))
     ON CONFLICT (metric_number, minutes, start) DO UPDATE SET score = greatest(b.score, EXCLUDED.score),
       provisional_score = greatest(b.provisional_score, EXCLUDED.provisional_score),
       count = b.count + EXCLUDED.count`,
    [
      toNumberArray(rises.map((rise) => rise.metricNumber)),
      toNumberArray(rises.map((rise) => rise.minutes)),
      toNumberArray(rises.map((rise) => rise.startMs / 1000)),
      toNumberArray(rises.map((rise) => rise.score)),
      toNumberArray(rises.map((rise) => rise.provisionalScore)),
      toNumberArray(rises.map((rise) => rise.count)),
    ],
  );
}

/** All bars, or those of one metric. */
export async function deleteBars(client: pg.ClientBase, metricNumber?: number): Promise<void> {
  if (metricNumber === undefined) await client.query('DELETE FROM bar');
  else await client.query('DELETE FROM bar WHERE metric_number = $1', [metricNumber]);
}

/** The bars of one metric that begin after this time. */
export async function deleteBarsAfter(
  client: pg.ClientBase,
  metricNumber: number,
  afterMs: number,
): Promise<void> {
  await client.query('DELETE FROM bar WHERE metric_number = $1 AND start > to_timestamp($2::float8 / 1000)', [
    metricNumber,
    afterMs,
  ]);
}
