/**
 * Microsoft Teams: the webhook of a workflow ("When a Teams webhook request is received"), which takes Adaptive Cards:
 * https://learn.microsoft.com/connectors/teams/. Its URL is the secret. It cannot answer to an earlier card.
 */
import type { Outbound, PostFailure } from '../../platform/outbound/outbound-client.ts';
import { escapeMarkdown, fitBytes } from './fit-text.ts';
import { linkToMessage, rateWorst } from './incident-words.ts';
import type { Message } from './message.ts';
import { postJson } from './post-json.ts';

export interface TeamsConfig {
  readonly kind: 'TEAMS';
  readonly url: string;
}

/** Teams refuses messages above 28 kB; what is around each line takes its share. */
const MAX_TEXT_BYTES = 8_000;
const MAX_LINES = 150;
const COLORS = { CRITICAL: 'Attention', WARNING: 'Warning' } as const;

interface TeamsContext {
  readonly outbound: Outbound;
  readonly publicUrl?: string | null;
}

/** @returns what went wrong, or null */
export function sendTeams(
  { url }: TeamsConfig,
  message: Message,
  { outbound, publicUrl = null }: TeamsContext,
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
          text: escapeMarkdown(message.subject),
          weight: 'Bolder',
          size: 'Medium',
          wrap: true,
          color: chooseColor(message),
        },
        ...listLines(fitBytes(message.text, MAX_TEXT_BYTES)),
      ],
      actions: listActions(message, publicUrl),
      msteams: { width: 'Full' },
    },
  };
  return postJson(outbound, { url, id: message.id }, { type: 'message', attachments: [card] });
}

/** A block for each line: Teams joins the lines of one block. */
function listLines(text: string): readonly object[] {
  const lines = text.split('\n').slice(0, MAX_LINES);
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const isFirst = index === 0 || lines[index - 1]?.trim() === '';
    return [
      { type: 'TextBlock', text: escapeMarkdown(line), wrap: true, spacing: isFirst ? 'Default' : 'None' },
    ];
  });
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
