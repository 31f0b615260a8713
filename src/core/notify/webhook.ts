/** A signed webhook: JSON that the holder of the secret can distinguish from a forgery. docs/notifications.md is its contract. */
import { createHmac } from 'node:crypto';
import { postAndRead, type Outbound, type PostFailure } from '../../platform/outbound/outbound-client.ts';
import { LISTED_INCIDENTS, type AnomalousGroup, type IncidentFacts, type Message } from './message.ts';

export interface WebhookConfig {
  readonly kind: 'WEBHOOK';
  readonly url: string;
  readonly secret: string;
}

/** @returns what went wrong, or null */
export async function sendWebhook(
  { url, secret }: WebhookConfig,
  message: Message,
  { outbound, now }: { readonly outbound: Outbound; readonly now: () => Date },
): Promise<PostFailure | null> {
  const body = JSON.stringify(describeMessage(message));
  const seconds = Math.floor(now().getTime() / 1000);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Lapwing',
    'idempotency-key': message.id,
    'lapwing-signature': `t=${seconds},v1=${signBody(secret, seconds, body)}`,
  };
  return (await postAndRead(outbound, { url: new URL(url), headers, body })).failure;
}

/**
 * HMAC-SHA256 over `seconds.body`, in hexadecimal: the time is signed too, so that an old message cannot be sent
 * again as a new one.
 * @param seconds since 1970
 */
function signBody(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}

function describeMessage({ id, kind, rule, count, incidents, subject, text }: Message): object {
  return {
    id,
    kind,
    rule: { id: rule.id === null ? null : `NotificationRule:${rule.id}`, name: rule.name },
    count,
    incidents: incidents.slice(0, LISTED_INCIDENTS).map(describeIncident),
    subject,
    text,
  };
}

function describeIncident(incident: IncidentFacts): object {
  const { metricId, metricName, metricUnit, server, location, datasource } = incident;
  const { startedAt, endedAt, endReason, score, value, expected, low, high, group } = incident;
  return {
    id: `Incident:${incident.id}`,
    kind: incident.kind,
    metric: {
      id: metricId === null ? null : `Metric:${metricId}`,
      name: metricName,
      unit: metricUnit,
      server,
      location,
      datasource,
    },
    startedAt,
    endedAt,
    endReason,
    score,
    value,
    expected: { value: expected, low, high },
    ...(group === null ? {} : { group: describeGroup(group) }),
  };
}

function describeGroup({ anomalousCount, metricCount, worst }: AnomalousGroup): object {
  return {
    anomalousCount,
    metricCount,
    worst: worst.map(({ metricId, metricName, instance, score, value }) => {
      return {
        id: metricId === null ? null : `Metric:${metricId}`,
        name: metricName,
        instance,
        score,
        value,
      };
    }),
  };
}
