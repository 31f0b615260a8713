/**
 * ntfy: https://docs.ntfy.sh/publish/#publish-as-json. The topic is a secret where the server asks for no token. The end of
 * an incident replaces its start (`sequence_id`, servers from 2.16 on; older ones show both).
 */
import type { PostFailure } from '../../platform/outbound/outbound-client.ts';
import { fitBytes } from './fit-text.ts';
import { linkToMessage, rateWorst } from './incident-words.ts';
import type { Message } from './message.ts';
import { type PostContext, postJson } from './post-json.ts';

export interface NtfyConfig {
  readonly kind: 'NTFY';
  /** Of the server. */
  readonly url: string;
  readonly topic: string;
  /** Access token; null for none. */
  readonly token: string | null;
}

export const NTFY_URL = 'https://ntfy.sh';

/** A longer text would become a file. */
const MAX_BYTES = { title: 250, message: 4096 } as const;
const LOOKS = {
  CRITICAL: { priority: 5, tags: ['rotating_light'] },
  WARNING: { priority: 3, tags: ['warning'] },
  END: { priority: 3, tags: ['white_check_mark'] },
  TEST: { priority: 3, tags: ['test_tube'] },
} as const;

/** @returns what went wrong, or null */
export function sendNtfy(
  { url, topic, token }: NtfyConfig,
  message: Message,
  { outbound, publicUrl = null }: PostContext,
): Promise<PostFailure | null> {
  const { kind, rule, count, incidents } = message;
  const [only] = incidents;
  const link = linkToMessage(message, publicUrl);
  const body = {
    topic,
    title: fitBytes(message.subject, MAX_BYTES.title),
    message: fitBytes(message.text, MAX_BYTES.message),
    ...LOOKS[kind === 'START' ? rateWorst(incidents) : kind],
    ...(count === 1 && only !== undefined ? { sequence_id: only.id } : {}),
    ...(link === null ? {} : { click: link }),
    ...(rule.runbookUrl === null
      ? {}
      : { actions: [{ action: 'view', label: 'Runbook', url: rule.runbookUrl }] }),
  };
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  return postJson(outbound, { url, id: message.id, headers }, body);
}
