/** Telegram, by a bot: https://core.telegram.org/bots/api#sendmessage. Texts are plain: nothing in them is markup. */
import type { PostFailure } from '../../platform/outbound/outbound-client.ts';
import { fitLength } from './fit-text.ts';
import type { Message } from './message.ts';
import { type PostContext, postJson } from './post-json.ts';

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

/** @returns what went wrong, or null */
export function sendTelegram(
  { url, botToken, chatId }: TelegramConfig,
  { id, subject, text }: Message,
  { outbound }: PostContext,
): Promise<PostFailure | null> {
  const body = {
    chat_id: chatId,
    text: fitLength(`${subject}\n\n${text}`, MAX_TEXT_LENGTH),
    link_preview_options: { is_disabled: true },
  };
  // The token is in the path, which no problem repeats.
  return postJson(outbound, { url: `${url.replace(/\/+$/, '')}/bot${botToken}/sendMessage`, id }, body);
}
