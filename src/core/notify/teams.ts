/**
 * Microsoft Teams: the webhook of a workflow ("When a Teams webhook request is received"), which takes Adaptive Cards:
 * https://learn.microsoft.com/connectors/teams/. Its URL is the secret. It cannot answer to an earlier card.
 */
import type { PostFailure } from '../../platform/outbound/outbound-client.ts';
import { escapeMarkdown, fitBytes } from './fit-text.ts';
import { linkToMessage, rateWorst } from './incident-words.ts';
import type { Message } from './message.ts';
import { type PostContext, postJson } from './post-json.ts';

export interface TeamsConfig {
  readonly kind: 'TEAMS';
  readonly url: string;
}

/** Teams refuses messages above 28 kB; two links and what is around all of it take their share. */
const MAX_BYTES = { subject: 2_000, line: 6_000, lines: 20_000 } as const;
const MAX_LINES = 150;
const COLORS = { CRITICAL: 'Attention', WARNING: 'Warning' } as const;

/** @returns what went wrong, or null */
export function sendTeams(
  { url }: TeamsConfig,
  message: Message,
  { outbound, publicUrl = null }: PostContext,
): Promise<PostFailure | null> {
  const card = {
    contentType: 'application/vnd.microsoft.card.adaptive',
    contentUrl: null,
    content: {
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      type: 'AdaptiveCard',
      version: '1.4',
      body: [
        {
          type: 'TextBlock',
          text: fitEscaped(message.subject, MAX_BYTES.subject),
          weight: 'Bolder',
          size: 'Medium',
          wrap: true,
          color: chooseColor(message),
        },
        ...listLines(message.text),
      ],
      actions: listActions(message, publicUrl),
      msteams: { width: 'Full' },
    },
  };
  return postJson(outbound, { url, id: message.id }, { type: 'message', attachments: [card] });
}

/** A block for each line: Teams joins the lines of one block. As many as fit. */
function listLines(text: string): readonly object[] {
  const lines = text.split('\n').slice(0, MAX_LINES);
  let left: number = MAX_BYTES.lines;
  const blocks: object[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const isFirst = index === 0 || lines[index - 1]?.trim() === '';
    const spacing = isFirst ? 'Default' : 'None';
    const block = { type: 'TextBlock', text: fitEscaped(line, MAX_BYTES.line), wrap: true, spacing };
    left -= measureJson(block);
    if (left < 0) return [...blocks, { ...block, text: '…' }];
    blocks.push(block);
  }
  return blocks;
}

/** @param maxBytes of JSON: escaping for Markdown and for JSON makes several bytes of some letters */
function fitEscaped(text: string, maxBytes: number): string {
  let cut = text;
  for (;;) {
    const escaped = escapeMarkdown(cut);
    const bytes = measureJson(escaped);
    if (bytes <= maxBytes) return escaped;
    const given = Buffer.byteLength(cut);
    cut = fitBytes(text, Math.min(given - 1, Math.floor((given * maxBytes) / bytes)));
  }
}

function measureJson(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function listActions(message: Message, publicUrl: string | null): readonly object[] {
  const open = (title: string, url: string) => ({ type: 'Action.OpenUrl', title, url });
  const link = linkToMessage(message, publicUrl);
  const { runbookUrl } = message.rule;
  return [
    ...(link === null ? [] : [open('Open in Lapwing', link)]),
    ...(runbookUrl === null ? [] : [open('Runbook', runbookUrl)]),
  ];
}

function chooseColor({ kind, incidents }: Message): string {
  if (kind === 'END') return 'Good';
  return kind === 'TEST' ? 'Accent' : COLORS[rateWorst(incidents)];
}
