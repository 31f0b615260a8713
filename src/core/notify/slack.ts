/** Slack's incoming webhooks, and what understands them (Mattermost, Rocket.Chat). Their URL is the secret. */
import type { Outbound } from '../../platform/outbound/outbound-client.ts';
import type { Message } from './message.ts';
import { postJson } from './post-json.ts';

export interface SlackConfig {
  readonly kind: 'SLACK';
  readonly url: string;
}

/** Slack cuts what is longer. */
const MAX_TEXT_LENGTH = 38_000;

/** @returns what went wrong, or null */
export function sendSlack(
  { url }: SlackConfig,
  { id, subject, text }: Message,
  { outbound }: { readonly outbound: Outbound },
): Promise<string | null> {
  const body = { text: `*${escapeText(subject)}*\n${escapeText(text)}`.slice(0, MAX_TEXT_LENGTH) };
  return postJson(outbound, { url, id }, body);
}

/** The three characters by which text could become a link, a mention or a command. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
