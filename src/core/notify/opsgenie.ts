/**
 * Opsgenie, Alert API v2: https://docs.opsgenie.com/docs/alert-api. An incident is one alert, known by its alias from
 * its start to its end. Jira Service Management answers by the same API.
 */
import type { PostFailure } from '../../platform/outbound/outbound-client.ts';
import { fitLength } from './fit-text.ts';
import { linkToIncident, listDetails, rateSeverity } from './incident-words.ts';
import type { IncidentFacts, Message } from './message.ts';
import { type PostContext, postJson, sendEachAlert } from './post-json.ts';

export interface OpsgenieConfig {
  readonly kind: 'OPSGENIE';
  /** Of the API, without `/v2/alerts`. */
  readonly url: string;
  readonly apiKey: string;
}

export const OPSGENIE_URL = 'https://api.opsgenie.com';

const ALERTS_PATH = '/v2/alerts';
/** As its documentation has them. */
const MAX_LENGTHS = { message: 130, description: 15_000, entity: 512, details: 8_000 } as const;
const PRIORITIES = { CRITICAL: 'P1', WARNING: 'P3' } as const;
const TEST_PRIORITY = 'P5';
const SOURCE = 'Lapwing';

/** @returns what went wrong, or null */
export function sendOpsgenie(
  { url, apiKey }: OpsgenieConfig,
  message: Message,
  context: PostContext,
): Promise<PostFailure | null> {
  const post = (path: string, body: object) => {
    const headers = { authorization: `GenieKey ${apiKey}` };
    return postJson(context.outbound, { url: nameOpsgenieUrl(url, path), id: message.id, headers }, body);
  };
  const note = fitLength(message.subject, MAX_LENGTHS.description);
  return sendEachAlert(message, {
    open: (alias, facts) => post('', { alias, ...describe(facts, message, context) }),
    close: (alias) =>
      post(`/${encodeURIComponent(alias)}/close?identifierType=alias`, { source: SOURCE, note }),
  });
}

function nameOpsgenieUrl(url: string, path: string): URL {
  return new URL(`${url.replace(/\/+$/, '')}${ALERTS_PATH}${path}`);
}

function describe(
  facts: IncidentFacts,
  { kind, rule, subject, text }: Message,
  { publicUrl }: PostContext,
): object {
  return {
    message: fitLength(subject, MAX_LENGTHS.message),
    description: fitLength(text, MAX_LENGTHS.description),
    entity: fitLength(facts.server, MAX_LENGTHS.entity),
    source: SOURCE,
    priority: kind === 'TEST' ? TEST_PRIORITY : PRIORITIES[rateSeverity(facts)],
    tags: ['lapwing'],
    details: fitDetails({
      ...listDetails(facts, rule.name),
      ...(publicUrl == null ? {} : { link: linkToIncident(publicUrl, facts.id) }),
      ...(rule.runbookUrl === null ? {} : { runbook: rule.runbookUrl }),
    }),
  };
}

/** All names and texts together: the longest text is cut, as often as it takes. */
function fitDetails(details: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const excess = Object.entries(details).flat().join('').length - MAX_LENGTHS.details;
  if (excess <= 0) return details;
  const [name, text] = Object.entries(details).reduce((a, b) => (b[1].length > a[1].length ? b : a));
  return fitDetails({
    ...details,
    [name]: fitLength(text, Math.max(1, text.length - excess, text.length >> 1)),
  });
}
