/**
 * Claims messages that are due from their queue, which is their table. One that is claimed is leased to its dispatcher for a while,
 * and its lane with it: whichever server claims, no lane has two messages under way.
 */
import type pg from 'pg';
import type { NotificationKind } from '../../../generated/prisma/client.ts';
import { lockUntilCommit } from '../../../platform/postgres/transaction-lock.ts';
import { inTransaction } from '../../../platform/postgres/transaction.ts';

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
  /** No two claims of a message have the same: what comes of a delivery is noted only by the one whose lease this still is. */
  readonly leased_until: Date;
  /** The channel it belongs to, or itself when that is gone: messages of one lane go one after the other. */
  readonly lane: string;
}

/** Longer than any delivery should take. A server that claimed a message and died leaves its lane to others after this long. */
const LEASE_SECONDS = 60;

// The oldest of each lane that nobody holds. What was claimed and not delivered keeps its place in the lane. An end waits for
// the start of the same incident on its channel: nobody wants to hear of it the other way round. Leases are counted by the
// clock of the database, which is one for all servers.
const CLAIM_DUE = `
  UPDATE notification AS claimed
  SET attempts = attempts + 1, gathering = NULL, leased_until = statement_timestamp() + make_interval(secs => $2)
  WHERE state = 'WAITING' AND due_at <= $1 AND id IN (
    SELECT id FROM (
      SELECT DISTINCT ON (coalesce(due.channel_id, due.id)) due.id, due.due_at
      FROM notification AS due
      WHERE due.state = 'WAITING' AND due.due_at <= $1
        AND coalesce(due.channel_id, due.id) <> ALL($3::uuid[])
        AND ($4::uuid[] IS NULL OR coalesce(due.channel_id, due.id) = ANY($4))
        AND NOT EXISTS (
          SELECT FROM notification AS held
          WHERE held.leased_until > statement_timestamp()
            AND coalesce(held.channel_id, held.id) = coalesce(due.channel_id, due.id))
        AND NOT (due.kind = 'END' AND EXISTS (
          SELECT FROM notification_incident AS ends
          JOIN notification_incident AS starts ON starts.incident_id = ends.incident_id
          JOIN notification AS start ON start.id = starts.notification_id
          WHERE ends.notification_id = due.id AND start.channel_id = due.channel_id
            AND start.kind = 'START' AND start.state = 'WAITING'))
      ORDER BY coalesce(due.channel_id, due.id), due.due_at, due.number
    ) AS first ORDER BY due_at, id LIMIT $5)
  RETURNING id, kind, rule_name, channel_id, incident_count, attempts, give_up_at, created_at, leased_until,
    coalesce(channel_id, id) AS lane`;

/** When the first message is due that nobody holds, perhaps in the past; null where none waits. */
export async function readNextDue(pool: pg.Pool): Promise<Date | null> {
  const { rows } = await pool.query<{ due_at: Date }>(
    `SELECT due_at FROM notification
     WHERE state = 'WAITING' AND (leased_until IS NULL OR leased_until <= statement_timestamp())
     ORDER BY due_at LIMIT 1`,
  );
  return rows[0]?.due_at ?? null;
}

/**
 * One dispatcher claims at a time: a statement that waited for rows of another one would still choose by what it saw before that
 * one committed, and give the next message of a lane away. A claim takes a millisecond, a delivery many. A lock for each lane
 * would have to be taken before the lanes with something due are known.
 * @returns at most `limit` messages, one of a lane: of `lanes` alone, or of all but some
 */
export function claimDueMessages(
  { pool, now }: { readonly pool: pg.Pool; readonly now: () => Date },
  options: {
    readonly lanes?: readonly string[];
    readonly except?: readonly string[];
    readonly limit: number;
  },
): Promise<readonly DueMessage[]> {
  const { lanes = null, except = [], limit } = options;
  return inTransaction(pool, async (client) => {
    await lockUntilCommit(client, 'lanes');
    const { rows } = await client.query<DueMessage>(CLAIM_DUE, [now(), LEASE_SECONDS, except, lanes, limit]);
    return rows;
  });
}
