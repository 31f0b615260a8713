/**
 * Deletes a rule. Its incidents end with it, and channels that are notified of ends are notified of these: a receiver that keeps what
 * is open (Alertmanager, a pager) would hold them open for ever. The channels stay, without a rule, until that is done.
 */
import type pg from 'pg';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { NotFoundError } from '../../errors.ts';
import { endIncident } from './incident.ts';
import type { Rule } from './rule.ts';
import { dropIncidents, readOpenOfRule, saveIncidents } from './store-incidents.ts';
import type { Swept } from './close-stale.ts';
import { enqueueNotifications } from './delivery/enqueue-notifications.ts';
import { limitTries } from './delivery/move-alerts.ts';

const PAGE = 500;

/** @throws NotFoundError */
export async function deleteRule(pool: pg.Pool, rule: Rule, now: Date): Promise<Swept> {
  return inTransaction(pool, async (client) => {
    // Held from here on: scores that are being looked at cannot open another incident of it.
    const { rowCount } = await client.query('SELECT FROM notification_rule WHERE id = $1 FOR UPDATE', [
      rule.id,
    ]);
    if (rowCount === 0)
      throw new NotFoundError(`input.id: no notification rule has the id NotificationRule:${rule.id}`);
    const swept = await endIncidents(client, rule, now);
    await limitTries(client, { ruleId: rule.id }, now);
    await client.query('UPDATE notification_channel SET texts = $2 WHERE rule_id = $1', [
      rule.id,
      JSON.stringify(rule.texts),
    ]);
    await client.query('DELETE FROM notification_rule WHERE id = $1', [rule.id]);
    return swept;
  });
}

async function endIncidents(client: pg.PoolClient, rule: Rule, now: Date): Promise<Swept> {
  const incidentIds: string[] = [];
  const notificationIds: string[] = [];
  let ended = 0;
  for (;;) {
    // What was read is open no longer when the next page is read.
    const page = await readOpenOfRule(client, rule.id, PAGE);
    if (page.length === 0) return { incidentIds, notificationIds, ended };
    const pending = page.filter(({ state }) => state === 'PENDING');
    const over = page
      .filter(({ state }) => state !== 'PENDING')
      .map((incident) => endIncident(incident, 'RULE_CHANGED', now.getTime()));
    const notified = over.filter(({ notifiedMs }) => notifiedMs !== null).map(({ id }) => id);
    const dropped = pending.map(({ id }) => id);
    await dropIncidents(client, dropped);
    await saveIncidents(client, over, now);
    if (rule.notifyEnd && notified.length > 0) {
      notificationIds.push(
        ...(await enqueueNotifications(client, { kind: 'END', rule, incidentIds: notified }, now)),
      );
    }
    incidentIds.push(...over.map(({ id }) => id), ...dropped);
    ended += over.length;
  }
}
