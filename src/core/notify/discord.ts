/**
 * Discord's webhooks: https://discord.com/developers/docs/resources/webhook#execute-webhook. Their URL is the secret; with
 * `thread_id` in it messages go to that thread. They cannot answer to an earlier message.
 */
import type { PostFailure } from '../../platform/outbound/outbound-client.ts';
import { escapeMarkdown, fitLength } from './fit-text.ts';
import { linkToMessage, rateWorst } from './incident-words.ts';
import type { Message } from './message.ts';
import { type PostContext, postJson } from './post-json.ts';

export interface DiscordConfig {
  readonly kind: 'DISCORD';
  readonly url: string;
}

/** Of an embed, as its documentation has them: together they stay below the 6,000 that all of a message may have. */
const MAX_LENGTHS = { title: 256, description: 4096 } as const;
const COLORS = { CRITICAL: 0xd93025, WARNING: 0xf9ab00, END: 0x188038, TEST: 0x5f6368 } as const;

/** @returns what went wrong, or null */
export function sendDiscord(
  config: DiscordConfig,
  message: Message,
  { outbound, publicUrl = null }: PostContext,
): Promise<PostFailure | null> {
  const url = new URL(config.url);
  // Without it Discord answers before it knows whether the message could be kept.
  url.searchParams.set('wait', 'true');
  const link = linkToMessage(message, publicUrl);
  const embed = {
    title: fitLength(escapeMarkdown(message.subject), MAX_LENGTHS.title),
    description: fitLength(escapeMarkdown(message.text), MAX_LENGTHS.description),
    color: COLORS[message.kind === 'START' ? rateWorst(message.incidents) : message.kind],
    ...(link === null || !isQualified(link) ? {} : { url: link }),
  };
  // Nobody is mentioned, whatever a metric is called.
  const body = { embeds: [embed], allowed_mentions: { parse: [] } };
  return postJson(outbound, { url, id: message.id }, body);
}

/** Discord refuses a message whose link has a host without a dot, such as localhost; the text has the address all the same. */
function isQualified(link: string): boolean {
  const { hostname } = new URL(link);
  return hostname.startsWith('[') || /[^.]\.[^.]/.test(hostname);
}
