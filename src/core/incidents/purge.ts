/**
 * Drops what is old: messages and silences after a month, incidents with the samples they came from, and the channels of rules that
 * were deleted once nothing waits for them.
 */
import type pg from 'pg';
import type { Log } from '../../log.ts';

const MESSAGE_DAYS = 30;
const DAY_MS = 86_400_000;

/** @param options.retentionDays 0 keeps incidents for ever */
export async function purgeOld(options: {
  readonly pool: pg.Pool;
  readonly log: Log;
  readonly now: () => Date;
  readonly retentionDays: number;
}): Promise<void> {
  const { pool, log, now, retentionDays } = options;
  const before = (days: number) => new Date(now().getTime() - days * DAY_MS);
  await pool.query(
    `DELETE FROM notification_channel AS left_over WHERE rule_id IS NULL AND NOT EXISTS (
       SELECT FROM notification WHERE channel_id = left_over.id AND state = 'WAITING')`,
  );
  await pool.query('DELETE FROM silence WHERE ends_at < $1', [before(MESSAGE_DAYS)]);
  const messages = await pool.query('DELETE FROM notification WHERE created_at < $1', [before(MESSAGE_DAYS)]);
  const incidents =
    retentionDays === 0
      ? { rowCount: 0 }
      : await pool.query('DELETE FROM incident WHERE ended_at < $1 AND created_at < $1', [
          before(retentionDays),
        ]);
  const purged = { messages: messages.rowCount, incidents: incidents.rowCount };
  if (purged.messages !== 0 || purged.incidents !== 0)
    log.info(purged, 'old messages and incidents were dropped');
}
