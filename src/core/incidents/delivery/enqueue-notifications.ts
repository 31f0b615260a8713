/**
 * Writes notifications: one message per channel of the rule, with the change it is about or not at all. For
 * some seconds further incidents of the rule join the message that is there, so that a thousand at once are one; only
 * channels that keep an alert for each incident are given a message for each, at once.
 */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { ChannelKind, NotificationKind } from '../../../generated/prisma/client.ts';
import { ALERT_KINDS } from '../../notify/send.ts';
import type { Rule } from '../rule.ts';

/** How long a message waits for others. */
export const GROUP_WAIT_MS = 5_000;
/** From its writing on a message that cannot be delivered is tried for so long. */
export const TRY_FOR_MS = 24 * 3_600_000;

// A clock that was ahead and was put right would have others join a message that is due in an hour.
const GATHER = `
  WITH message AS (
    INSERT INTO notification
      (id, kind, rule_id, rule_name, channel_id, channel_kind, target, gathering, incident_count, due_at, give_up_at, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, true, cardinality($8::uuid[]), $9, $10, $11)
    ON CONFLICT (channel_id, kind, gathering)
    DO UPDATE SET incident_count = notification.incident_count + EXCLUDED.incident_count,
      due_at = least(notification.due_at, EXCLUDED.due_at)
    RETURNING id
  ), joined AS (
    INSERT INTO notification_incident (notification_id, incident_id)
    SELECT message.id, incident FROM message, unnest($8::uuid[]) AS incident
  )
  SELECT id FROM message`;

const EACH = `
  WITH alert AS (
    SELECT gen_random_uuid() AS id, incident FROM unnest($7::uuid[]) AS incident
  ), message AS (
    INSERT INTO notification
      (id, kind, rule_id, rule_name, channel_id, channel_kind, target, incident_count, due_at, give_up_at, created_at)
    SELECT id, $1, $2, $3, $4, $5, $6, 1, $9, $8, $9 FROM alert
  ), joined AS (
    INSERT INTO notification_incident (notification_id, incident_id) SELECT id, incident FROM alert
  )
  SELECT id FROM alert`;

export interface NotificationRequest {
  readonly kind: NotificationKind;
  readonly rule: Rule;
  /** None writes none. */
  readonly incidentIds: readonly string[];
  /** Those of the rule's channels that are given it; all when left out. */
  readonly channelKinds?: ReadonlySet<ChannelKind>;
}

/** The incidents must be stored already. @returns the ids of the messages */
export async function enqueueNotifications(
  client: pg.PoolClient,
  { kind, rule, incidentIds, channelKinds }: NotificationRequest,
  now: Date,
): Promise<readonly string[]> {
  if (incidentIds.length === 0) return [];
  const after = (ms: number) => new Date(now.getTime() + ms);
  const ids: string[] = [];
  for (const { id, kind: channelKind, target } of rule.channels) {
    if (channelKinds?.has(channelKind) === false) continue;
    const about = [kind, rule.id, rule.name, id, channelKind, target, incidentIds];
    const { rows } = await (ALERT_KINDS.has(channelKind)
      ? client.query<{ id: string }>(EACH, [...about, after(TRY_FOR_MS), now])
      : client.query<{ id: string }>(GATHER, [
          randomUUID(),
          ...about,
          after(GROUP_WAIT_MS),
          after(TRY_FOR_MS),
          now,
        ]));
    ids.push(...rows.map((row) => row.id));
  }
  return ids;
}
