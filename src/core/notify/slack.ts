/** Slack's incoming webhooks, and what understands them (Mattermost, Rocket.Chat). Their URL is the secret. */
import { postOrExplain, type Outbound } from '../../platform/outbound/outbound-client.ts';
import type { Message } from './message.ts';

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
  const headers = { 'content-type': 'application/json', 'user-agent': 'Lapwing', 'idempotency-key': id };
  const body = JSON.stringify({
    text: `*${escapeText(subject)}*\n${escapeText(text)}`.slice(0, MAX_TEXT_LENGTH),
  });
  return postOrExplain(outbound, { url: new URL(url), headers, body });
}

/** The three characters by which text could become a link, a mention or a command. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
