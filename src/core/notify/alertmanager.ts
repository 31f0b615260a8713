/**
 * Prometheus' Alertmanager, API v2. It takes alerts, not messages, and knows one by its labels; one that is not sent
 * again before its `endsAt` is over. So alerts that fire are sent again each minute, good for four.
 */
import { postOrExplain, type Outbound } from '../../platform/outbound/outbound-client.ts';
import type { IncidentFacts, Message } from './message.ts';

export interface AlertmanagerConfig {
  readonly kind: 'ALERTMANAGER';
  /** Of the Alertmanager, with or without `/api/v2/alerts`. */
  readonly url: string;
}

export const RESEND_SECONDS = 60;
const VALID_SECONDS = 4 * RESEND_SECONDS;
const ALERTS_PATH = '/api/v2/alerts';
const ALERTS_PER_REQUEST = 500;

interface Surroundings {
  readonly outbound: Outbound;
  readonly now: () => Date;
}

/** @returns what went wrong, or null */
export function sendAlertmanager(
  config: AlertmanagerConfig,
  message: Message,
  surroundings: Surroundings,
): Promise<string | null> {
  return sendAlerts(config, message, message.id, surroundings);
}

/** Alerts that fire, or fired: an incident that has ended says when. @returns what went wrong, or null */
export async function sendAlerts(
  { url }: AlertmanagerConfig,
  { kind, rule, incidents }: Pick<Message, 'kind' | 'rule' | 'incidents'>,
  id: string,
  { outbound, now }: Surroundings,
): Promise<string | null> {
  const validUntil = new Date(now().getTime() + VALID_SECONDS * 1000);
  const alerts = incidents.map((incident) => ({
    labels: listLabels(incident, rule.name, kind === 'TEST'),
    annotations: listAnnotations(incident),
    startsAt: incident.startedAt,
    // A test is over at once: it should page nobody for minutes.
    endsAt: incident.endedAt ?? (kind === 'TEST' ? new Date(now().getTime() + 1000) : validUntil),
  }));
  const headers = { 'content-type': 'application/json', 'user-agent': 'Lapwing', 'idempotency-key': id };
  for (let start = 0; start < alerts.length; start += ALERTS_PER_REQUEST) {
    const body = JSON.stringify(alerts.slice(start, start + ALERTS_PER_REQUEST));
    const problem = await postOrExplain(outbound, { url: nameAlertsUrl(url), headers, body });
    if (problem !== null) return problem;
  }
  return null;
}

export function nameAlertsUrl(url: string): URL {
  const full = new URL(url);
  const path = full.pathname.replace(/\/+$/, '');
  full.pathname = path.endsWith(ALERTS_PATH) ? path : `${path}${ALERTS_PATH}`;
  return full;
}

/** What does not change while it fires: these make it the same alert. */
function listLabels(incident: IncidentFacts, rule: string, isTest: boolean): Record<string, string> {
  const { metricName, server, location } = incident;
  return {
    alertname: isTest ? 'LapwingTest' : 'LapwingAnomaly',
    rule,
    metric: metricName,
    server,
    ...(location === '' ? {} : { region: location }),
  };
}

function listAnnotations(incident: IncidentFacts): Record<string, string> {
  const { id, metricName, instance, value, expected, low, high, score } = incident;
  return {
    summary: `Unusual behavior of ${metricName} seen on ${instance}`,
    value: String(value),
    expected: `${expected} (${low} to ${high})`,
    score: String(score),
    incident: `Incident:${id}`,
  };
}
