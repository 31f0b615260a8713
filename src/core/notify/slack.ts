/**
 * Slack's incoming webhooks, and what understands them (Mattermost, Rocket.Chat). Their URL is the secret. Slack itself is
 * given blocks, too: https://docs.slack.dev/reference/block-kit/blocks/; the text is what its notifications show then.
 */
import type { PostFailure } from '../../platform/outbound/outbound-client.ts';
import { fitLength } from './fit-text.ts';
import { linkToMessage, linkToOffers } from './incident-words.ts';
import type { Message } from './message.ts';
import { type PostContext, postJson } from './post-json.ts';

export interface SlackConfig {
  readonly kind: 'SLACK';
  readonly url: string;
}

/** Slack cuts what is longer; Rocket.Chat refuses it, from 5,000 characters on unless it was set up otherwise. */
const MAX_TEXT_LENGTHS = { slack: 38_000, others: 4_900 } as const;
/** Slack refuses what is longer, and more than 50 blocks. */
const MAX_LENGTHS = { header: 150, section: 3000, url: 3000 } as const;
const MAX_SECTIONS = 10;
/** Where blocks are understood: others may refuse what they do not know. */
const SLACK_HOST = /(?:^|\.)slack(?:-gov)?\.com$/;

/** @returns what went wrong, or null */
export function sendSlack(
  { url }: SlackConfig,
  message: Message,
  { outbound, publicUrl = null }: PostContext,
): Promise<PostFailure | null> {
  const { id, subject, text } = message;
  const isSlack = SLACK_HOST.test(new URL(url).hostname);
  const body = {
    text: fitLength(
      `*${escapeText(subject)}*\n${escapeText(text)}`,
      isSlack ? MAX_TEXT_LENGTHS.slack : MAX_TEXT_LENGTHS.others,
    ),
    ...(isSlack ? { blocks: listBlocks(message, publicUrl) } : {}),
  };
  return postJson(outbound, { url, id }, body);
}

function listBlocks(message: Message, publicUrl: string | null): readonly object[] {
  const button = (text: string, url: string | null) =>
    url === null || url.length > MAX_LENGTHS.url
      ? []
      : [{ type: 'button', text: { type: 'plain_text', text }, url }];
  const buttons = [
    ...button('Open in Lapwing', linkToMessage(message, publicUrl)),
    ...linkToOffers(message, publicUrl).flatMap(([title, link]) => button(title, link)),
    ...button('Runbook', message.rule.runbookUrl),
  ];
  return [
    { type: 'header', text: { type: 'plain_text', text: fitLength(message.subject, MAX_LENGTHS.header) } },
    ...listSections(message.text).map((text) => ({
      type: 'section',
      // Verbatim: names of people and channels are left as they stand.
      text: { type: 'mrkdwn', text, verbatim: true },
    })),
    ...(buttons.length === 0 ? [] : [{ type: 'actions', elements: buttons }]),
  ];
}

/** Whole paragraphs as long as they fit. */
function listSections(text: string): readonly string[] {
  const sections: string[] = [];
  for (const paragraph of text.split(/\n{2,}/)) {
    // What is cut in the middle of an escaped character shows a part of it.
    const escaped = fitLength(escapeText(paragraph.trim()), MAX_LENGTHS.section);
    if (escaped === '') continue;
    const last = sections.at(-1);
    const joined = last === undefined ? escaped : `${last}\n\n${escaped}`;
    if (last !== undefined && joined.length <= MAX_LENGTHS.section) sections[sections.length - 1] = joined;
    else sections.push(escaped);
  }
  return sections.slice(0, MAX_SECTIONS);
}

/** The three characters by which text could become a link, a mention or a command. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
