/** Takes messages out of the queue, which is their table: one that is taken is leased to its taker for a while. */
import type pg from 'pg';
import type { NotificationKind } from '../../../generated/prisma/client.ts';

export interface DueMessage {
  readonly id: string;
  readonly kind: NotificationKind;
  readonly rule_name: string;
  readonly channel_id: string | null;
  readonly incident_count: number;
  /** This one counted. */
  readonly attempts: number;
  readonly give_up_at: Date;
  readonly created_at: Date;
  /** The channel it belongs to, or itself when that is gone: messages of one lane go one after the other. */
  readonly lane: string;
}

/** A server that took a message and died leaves it to be taken again after this long. */
const LEASE_SECONDS = 60;

// The oldest of each lane. An end waits for the start of the same incident on its channel: nobody wants to hear of it
// the other way round.
const TAKE_DUE = `
  UPDATE notification AS taken
  SET attempts = attempts + 1, gathering = NULL, due_at = $1::timestamptz + make_interval(secs => $2)
  WHERE state = 'WAITING' AND due_at <= $1 AND id IN (
    SELECT id FROM (
      SELECT DISTINCT ON (coalesce(due.channel_id, due.id)) due.id, due.due_at
      FROM notification AS due
      WHERE due.state = 'WAITING' AND due.due_at <= $1
        AND coalesce(due.channel_id, due.id) <> ALL($3::uuid[])
        AND ($4::uuid IS NULL OR coalesce(due.channel_id, due.id) = $4)
        AND NOT (due.kind = 'END' AND EXISTS (
          SELECT FROM notification_incident AS ends
          JOIN notification_incident AS starts ON starts.incident_id = ends.incident_id
          JOIN notification AS start ON start.id = starts.notification_id
          WHERE ends.notification_id = due.id AND start.channel_id = due.channel_id
            AND start.kind = 'START' AND start.state = 'WAITING'))
      ORDER BY coalesce(due.channel_id, due.id), due.due_at, due.number
    ) AS first ORDER BY due_at, id LIMIT $5)
  RETURNING id, kind, rule_name, channel_id, incident_count, attempts, give_up_at, created_at,
    coalesce(channel_id, id) AS lane`;

/** @returns at most `limit` messages, one of a lane: of `lane` alone, or of all but some */
export async function takeDueMessages(
  { pool, now }: { readonly pool: pg.Pool; readonly now: () => Date },
  options: { readonly lane?: string; readonly except?: readonly string[]; readonly limit: number },
): Promise<readonly DueMessage[]> {
  const { lane = null, except = [], limit } = options;
  const { rows } = await pool.query<DueMessage>(TAKE_DUE, [now(), LEASE_SECONDS, except, lane, limit]);
  return rows;
}
