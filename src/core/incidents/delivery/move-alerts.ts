/**
 * Channels that keep an alert for each incident, when a rule is given others: a service that is removed would keep its alerts
 * open for ever, and one that is added would know nothing of what fires.
 */
import type pg from 'pg';
import type { ChannelKind } from '../../../generated/prisma/client.ts';
import { ALERT_KINDS } from '../../notify/send.ts';
import { inTransaction } from '../../../platform/postgres/transaction.ts';
import type { Rule } from '../rule.ts';
import { enqueueNotifications } from './enqueue-notifications.ts';

type Channel = Rule['channels'][number];

/**
 * The removed ones that have alerts to close. An alias of Opsgenie is one alert whichever key names it: with another key of it in
 * the rule that one goes on with the alerts.
 */
export function findLeft(known: readonly Channel[], wanted: readonly Channel[]): readonly Channel[] {
  const isKept = (channel: Channel) => wanted.some(({ id }) => id === channel.id);
  const hasOther = (kind: ChannelKind) => wanted.some((other) => other.kind === kind);
  return known.filter(
    (channel) =>
      ALERT_KINDS.has(channel.kind) &&
      !isKept(channel) &&
      !(channel.kind === 'OPSGENIE' && hasOther('OPSGENIE')),
  );
}

/**
 * @param rule as it is now
 * @param left channels that are there still, but no longer the rule's
 * @param known ids of those the rule had before
 * @returns the ids of the messages
 */
export async function moveAlerts(
  pool: pg.Pool,
  {
    rule,
    left,
    known,
  }: { readonly rule: Rule; readonly left: readonly Channel[]; readonly known: readonly string[] },
  now: Date,
): Promise<readonly string[]> {
  const added = rule.channels.filter(({ id, kind }) => ALERT_KINDS.has(kind) && !known.includes(id));
  if (left.length === 0 && added.length === 0) return [];
  return inTransaction(pool, async (client) => {
    const ids: string[] = [];
    for (const channel of rule.enabled ? added : []) {
      const incidentIds = await readUnnotified(client, rule.id, channel.id);
      const about = { ...rule, channels: [channel] };
      ids.push(...(await enqueueNotifications(client, { kind: 'START', rule: about, incidentIds }, now)));
    }
    for (const channel of left) {
      ids.push(...(await dropWaiting(client, channel.id)));
      const incidentIds = rule.notifyEnd ? await readTriggered(client, channel.id) : [];
      const about = { ...rule, channels: [channel] };
      ids.push(...(await enqueueNotifications(client, { kind: 'END', rule: about, incidentIds }, now)));
      await limitTries(client, { channelId: channel.id }, now);
    }
    return ids;
  });
}

/** Open ones that were notified, but not through this channel. Held: their own end comes after what is written here. */
async function readUnnotified(
  client: pg.PoolClient,
  ruleId: string,
  channelId: string,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM incident WHERE open AND rule_id = $1 AND notified_at IS NOT NULL AND NOT EXISTS (
       SELECT FROM notification_incident AS about JOIN notification AS start ON start.id = about.notification_id
       WHERE about.incident_id = incident.id AND start.channel_id = $2)
     ORDER BY number FOR UPDATE`,
    [ruleId, channelId],
  );
  return rows.map(({ id }) => id);
}

/** Starts that were not delivered are nobody's any more; one that is being delivered is. */
async function dropWaiting(client: pg.PoolClient, channelId: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string }>(
    `UPDATE notification SET state = 'FAILED', last_error = 'the channel was removed from its rule'
     WHERE channel_id = $1 AND kind = 'START' AND state = 'WAITING'
       AND (leased_until IS NULL OR leased_until <= statement_timestamp()) RETURNING id`,
    [channelId],
  );
  return rows.map(({ id }) => id);
}

/** Of the incidents of which a channel was notified, or is being notified, those of whose end it was not. */
async function readTriggered(client: pg.PoolClient, channelId: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ incident_id: string }>(
    `SELECT DISTINCT about.incident_id
     FROM notification AS start JOIN notification_incident AS about ON about.notification_id = start.id
     WHERE start.channel_id = $1 AND start.kind = 'START' AND start.state <> 'FAILED' AND NOT EXISTS (
       SELECT FROM notification AS finish JOIN notification_incident AS ended ON ended.notification_id = finish.id
       WHERE finish.channel_id = $1 AND finish.kind = 'END' AND ended.incident_id = about.incident_id)`,
    [channelId],
  );
  return rows.map(({ incident_id: id }) => id);
}

/** What waits for a receiver that is away is tried for no longer than this: nobody can correct its address any more. */
const LAST_TRIES_SECONDS = 3600;

/** Of a rule that is deleted, or of a channel that is removed. */
export async function limitTries(
  client: pg.PoolClient,
  of: { readonly ruleId: string } | { readonly channelId: string },
  now: Date,
): Promise<void> {
  await client.query(
    `UPDATE notification SET give_up_at = least(give_up_at, $3::timestamptz + make_interval(secs => $4))
     WHERE (rule_id = $1 OR channel_id = $2) AND state = 'WAITING'`,
    ['ruleId' in of ? of.ruleId : null, 'channelId' in of ? of.channelId : null, now, LAST_TRIES_SECONDS],
  );
}
