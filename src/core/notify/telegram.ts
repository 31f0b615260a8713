/** Telegram, by a bot: https://core.telegram.org/bots/api#sendmessage. Texts are plain: nothing in them is markup. */
import { z } from 'zod';
import type { PostFailure } from '../../platform/outbound/outbound-client.ts';
import { fitLength } from './fit-text.ts';
import type { Message } from './message.ts';
import { type PostContext, postJson, postJsonAndRead } from './post-json.ts';

export interface TelegramConfig {
  readonly kind: 'TELEGRAM';
  /** Of the server of the Bot API. */
  readonly url: string;
  readonly botToken: string;
  /** A number, below 0 for groups, or @ with the name of a channel. */
  readonly chatId: string;
}

export const TELEGRAM_URL = 'https://api.telegram.org';

const MAX_TEXT_LENGTH = 4096;

/** A group that has become a supergroup has another number, which Telegram names when the old one is used. */
const migrated = z.object({ parameters: z.object({ migrate_to_chat_id: z.int() }) });

/** @returns what went wrong, or null */
export async function sendTelegram(
  { url, botToken, chatId }: TelegramConfig,
  { id, subject, text }: Message,
  { outbound }: PostContext,
): Promise<PostFailure | null> {
  // The token is in the path, which no problem repeats.
  const target = { url: `${url.replace(/\/+$/, '')}/bot${botToken}/sendMessage`, id };
  const body = {
    text: fitLength(`${subject}\n\n${text}`, MAX_TEXT_LENGTH),
    link_preview_options: { is_disabled: true },
  };
  const { failure, answer } = await postJsonAndRead(outbound, target, { chat_id: chatId, ...body });
  const moved = migrated.safeParse(answer);
  if (failure === null || !moved.success) return failure;
  return postJson(outbound, target, { chat_id: String(moved.data.parameters.migrate_to_chat_id), ...body });
}
