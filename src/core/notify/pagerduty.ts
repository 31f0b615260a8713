/**
 * PagerDuty, Events API v2: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/. An incident is one alert,
 * known by its `dedup_key` from its start to its end.
 */
import type { PostFailure } from '../../platform/outbound/outbound-client.ts';
import { fitLength } from './fit-text.ts';
import { linkToIncident, listDetails, rateSeverity } from './incident-words.ts';
import type { IncidentFacts, Message } from './message.ts';
import { type PostContext, postJson, sendEachAlert } from './post-json.ts';

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

/** @returns what went wrong, or null */
export function sendPagerDuty(
  config: PagerDutyConfig,
  message: Message,
  context: PostContext,
): Promise<PostFailure | null> {
  const post = (event: object) =>
    postJson(
      context.outbound,
      { url: config.url, id: message.id },
      { routing_key: config.routingKey, ...event },
    );
  return sendEachAlert(message, {
    open: (alias, facts) =>
      post({ event_action: 'trigger', dedup_key: alias, ...describe(facts, message, context) }),
    close: (alias) => post({ event_action: 'resolve', dedup_key: alias }),
  });
}

function describe(
  facts: IncidentFacts,
  { kind, rule, subject }: Message,
  { publicUrl }: PostContext,
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
