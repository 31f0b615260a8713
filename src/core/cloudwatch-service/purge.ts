/**
 * What is old goes, in small batches: data beyond the retention (rolled up first, if longer keeping is asked for),
 * series nobody writes to, history of alarms. Rolling up moves a row into one with an earlier, coarser time, so that
 * every datum is counted once whenever one looks; sums, counts and extremes stay exact, percentiles are given up.
 */
import type pg from 'pg';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';

export interface PurgeOptions {
  readonly pool: pg.Pool;
  readonly log: Log;
  readonly stats: Stats;
  readonly now: () => Date;
  /** Days one-minute data are kept; seconds are kept for three hours. */
  readonly retentionDays: number;
  /** Days in all: five-minute data to 63 days, then hours. At most retentionDays: no rolling up. */
  readonly rollupDays: number;
}

export interface Purged {
  readonly aggregates: number;
  readonly series: number;
  readonly history: number;
  /** Rows moved into coarser ones. */
  readonly rolledUp: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const SECONDS_KEPT_MS = 3 * HOUR_MS;
const FIVE_MINUTES_KEPT_DAYS = 63;
const HISTORY_DAYS = 14;
/** Rolling up looks this far back behind its edge: enough after a week without purging, and no scan of everything. */
const LOOK_BACK_MS = 8 * DAY_MS;
const ROWS_AT_A_TIME = 5_000;
/** A purge that finds more than this leaves the rest to the next one, an hour later. */
const MAX_BATCHES = 2_000;

const ROLL_UP = `
  WITH moved AS (
    DELETE FROM cloudwatch_aggregate
    WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM cloudwatch_aggregate
      WHERE timestamp >= $1 AND timestamp < $2
        AND date_bin(make_interval(secs => $3), timestamp, 'epoch'::timestamptz) <> timestamp
      LIMIT $4))
    RETURNING *
  ), coarse AS (
    INSERT INTO cloudwatch_aggregate AS kept (series_id, timestamp, unit, sum, sample_count, minimum, maximum)
    SELECT series_id, date_bin(make_interval(secs => $3), timestamp, 'epoch'::timestamptz) AS bin, unit,
      sum(sum), sum(sample_count), min(minimum), max(maximum)
    FROM moved GROUP BY series_id, bin, unit ORDER BY series_id, bin, unit
    ON CONFLICT (series_id, timestamp, unit) DO UPDATE SET
      sum = kept.sum + excluded.sum,
      sample_count = kept.sample_count + excluded.sample_count,
      minimum = least(kept.minimum, excluded.minimum),
      maximum = greatest(kept.maximum, excluded.maximum),
      pairs = NULL
  )
  SELECT count(*)::int AS count FROM moved`;

const DROP_AGGREGATES = `
  DELETE FROM cloudwatch_aggregate
  WHERE ctid = ANY (ARRAY(SELECT ctid FROM cloudwatch_aggregate WHERE timestamp < $1 LIMIT $2))`;

// A series that is written to again while this runs waits for the row, finds it gone and makes a new one.
const DROP_SERIES = `
  DELETE FROM cloudwatch_series
  WHERE id = ANY (ARRAY(
    SELECT id FROM cloudwatch_series AS series
    WHERE last_seen < $1
      AND NOT EXISTS (SELECT FROM cloudwatch_aggregate WHERE series_id = series.id)
    LIMIT $2))`;

const DROP_HISTORY = `
  DELETE FROM cloudwatch_alarm_history
  WHERE id = ANY (ARRAY(SELECT id FROM cloudwatch_alarm_history WHERE timestamp < $1 LIMIT $2))`;

export async function purge(options: PurgeOptions): Promise<Purged> {
  const { pool, retentionDays, rollupDays } = options;
  const nowMs = options.now().getTime();
  const daysAgo = (days: number) => new Date(nowMs - days * DAY_MS);
  let rolledUp = await rollUp(pool, new Date(nowMs - SECONDS_KEPT_MS), 60);
  const longer = rollupDays > retentionDays;
  if (longer) {
    rolledUp += await rollUp(pool, daysAgo(retentionDays), 300);
    rolledUp += await rollUp(pool, daysAgo(Math.max(retentionDays, FIVE_MINUTES_KEPT_DAYS)), 3_600);
  }
  const cut = daysAgo(longer ? rollupDays : retentionDays);
  const purged = {
    rolledUp,
    aggregates: await drop(pool, DROP_AGGREGATES, cut),
    series: await drop(pool, DROP_SERIES, cut),
    history: await drop(pool, DROP_HISTORY, daysAgo(HISTORY_DAYS)),
  };
  options.stats.count('cloudwatch_rows_purged', purged.aggregates + purged.series + purged.history);
  options.log.info(purged, 'old CloudWatch data purged');
  return purged;
}

async function rollUp(pool: pg.Pool, edge: Date, stepSeconds: number): Promise<number> {
  // A bin is moved whole: the edge is brought back to where one begins.
  const edgeMs = Math.floor(edge.getTime() / (stepSeconds * 1000)) * stepSeconds * 1000;
  const values = [new Date(edgeMs - LOOK_BACK_MS), new Date(edgeMs), stepSeconds, ROWS_AT_A_TIME];
  return await repeat(async () => {
    const { rows } = await pool.query<{ count: number }>(ROLL_UP, values);
    return rows[0]?.count ?? 0;
  });
}

async function drop(pool: pg.Pool, sql: string, cut: Date): Promise<number> {
  return await repeat(async () => (await pool.query(sql, [cut, ROWS_AT_A_TIME])).rowCount ?? 0);
}

/** Until a batch is not full. */
async function repeat(batch: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let i = 0; i < MAX_BATCHES; i++) {
    const count = await batch();
    total += count;
    if (count < ROWS_AT_A_TIME) break;
  }
  return total;
}
