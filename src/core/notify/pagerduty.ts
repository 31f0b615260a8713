/**
 * PagerDuty, Events API v2: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/. An incident is one alert,
 * known by its `dedup_key` from its start to its end.
 */
import type { Outbound, PostFailure } from '../../platform/outbound/outbound-client.ts';
import { fitLength } from './fit-text.ts';
import { linkToIncident, listDetails, rateSeverity } from './incident-words.ts';
import type { IncidentFacts, Message } from './message.ts';
import { postJson } from './post-json.ts';

export interface PagerDutyConfig {
  readonly kind: 'PAGERDUTY';
  readonly url: string;
  /** Integration key of a service. */
  readonly routingKey: string;
}

/** Of the United States. */
export const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';

const MAX_SUMMARY_LENGTH = 1024;
const CLASSES = {
  ANOMALY: 'anomaly',
  NO_DATA: 'no data',
  ANOMALY_RATE: 'anomaly rate',
  OUTLIER: 'outlier',
} as const;

interface PagerDutyContext {
  readonly outbound: Outbound;
  readonly publicUrl?: string | null;
}

/** A test is resolved at once: it should page nobody for long. @returns what went wrong, or null */
export async function sendPagerDuty(
  config: PagerDutyConfig,
  message: Message,
  context: PagerDutyContext,
): Promise<PostFailure | null> {
  const post = (event: object) =>
    postJson(
      context.outbound,
      { url: config.url, id: message.id },
      { routing_key: config.routingKey, ...event },
    );
  for (const facts of message.incidents) {
    const key = { dedup_key: `Incident:${facts.id}` };
    if (message.kind !== 'END') {
      const failure = await post({ event_action: 'trigger', ...key, ...describe(facts, message, context) });
      if (failure !== null) return failure;
    }
    if (message.kind !== 'START') {
      const failure = await post({ event_action: 'resolve', ...key });
      if (failure !== null) return failure;
    }
  }
  return null;
}

function describe(
  facts: IncidentFacts,
  { kind, rule, subject }: Message,
  { publicUrl }: PagerDutyContext,
): object {
  const link = publicUrl == null ? null : linkToIncident(publicUrl, facts.id);
  const { runbookUrl } = rule;
  return {
    client: 'Lapwing',
    ...(link === null ? {} : { client_url: link }),
    links: [
      ...(link === null ? [] : [{ href: link, text: 'Incident in Lapwing' }]),
      ...(runbookUrl === null ? [] : [{ href: runbookUrl, text: 'Runbook' }]),
    ],
    payload: {
      summary: fitLength(subject, MAX_SUMMARY_LENGTH),
      source: facts.server,
      severity: kind === 'TEST' ? 'info' : rateSeverity(facts).toLowerCase(),
      timestamp: facts.startedAt.toISOString(),
      component: facts.metricName,
      class: CLASSES[facts.kind],
      custom_details: listDetails(facts, rule.name),
    },
  };
}
