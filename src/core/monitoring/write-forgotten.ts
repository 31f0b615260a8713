/** Pushed metrics of which nothing is left but their names: containers and hosts that are gone leave them behind. */
import type pg from 'pg';
import type { Monitor } from './monitor.ts';

interface ForgottenMetric {
  readonly id: string;
  /** Row ids it has handed out: one that has more when it is deleted was pushed again. */
  readonly lastRowId: number;
}

/** Each is deleted by itself, points come in between: the next time takes the others. */
const MAX_FORGOTTEN = 10_000;

/**
 * Deletes those that nobody monitors, made before then, whose samples have all been dropped; none that has a name, an alert policy or
 * model parameters of its own, and none that a rule, a silence, a label, a note, an incident or a panel link speaks of. Not to be called
 * within the write lock.
 * @returns how many
 */
export async function deleteForgotten(
  { pool, monitor }: { readonly pool: pg.Pool; readonly monitor: Pick<Monitor, 'discardMetric'> },
  beforeMs: number,
): Promise<number> {
  const forgotten = await findForgotten(pool, { beforeMs, limit: MAX_FORGOTTEN });
  for (const { id, lastRowId } of forgotten) await monitor.discardMetric(id, lastRowId);
  return forgotten.length;
}

async function findForgotten(
  pool: pg.Pool,
  { beforeMs, limit }: { readonly beforeMs: number; readonly limit: number },
): Promise<readonly ForgottenMetric[]> {
  const { rows } = await pool.query<ForgottenMetric>(
    `SELECT m.id, p.last_row_id AS "lastRowId"
     FROM metric m JOIN metric_progress p ON p.metric_number = m.number
     WHERE m.datasource = 'CUSTOM' AND m.status = 'UNMONITORED' AND m.tag_name IS NULL
       AND m.direction = 'BOTH' AND m.min_deviation = 0 AND m.min_deviation_ratio = 0
       AND coalesce(m.model_params, '{}') - 'valueKind' = '{}'
       AND m.created_at < to_timestamp($1 / 1000.0)
       AND NOT EXISTS (SELECT FROM sample WHERE metric_number = m.number)
       AND NOT EXISTS (SELECT FROM sample_block WHERE metric_number = m.number)
       AND NOT EXISTS (SELECT FROM anomaly_label WHERE metric_id = m.id)
       AND NOT EXISTS (SELECT FROM annotation WHERE account_id = m.account_id AND server = m.server)
       AND NOT EXISTS (SELECT FROM incident WHERE metric_id = m.id)
       AND NOT EXISTS (SELECT FROM silence WHERE metric_id = m.id)
       AND NOT EXISTS (SELECT FROM panel_link WHERE metric_id = m.id)
       AND NOT EXISTS (SELECT FROM notification_rule WHERE scope -> 'metricIds' ? m.id::text)
     ORDER BY m.number LIMIT $2`,
    [beforeMs, limit],
  );
  return rows;
}
