/** Hands a message to its channel. */
import type { Outbound } from '../../platform/outbound/outbound-client.ts';
import { sendAlertmanager, type AlertmanagerConfig } from './alertmanager.ts';
import type { EmailConfig, Mailer } from './email.ts';
import type { Message } from './message.ts';
import { sendSlack, type SlackConfig } from './slack.ts';
import { sendWebhook, type WebhookConfig } from './webhook.ts';

/** Everything a channel needs, its secrets included. Never shown, never logged. */
export type ChannelConfig = WebhookConfig | AlertmanagerConfig | SlackConfig | EmailConfig;

export interface SendContext {
  readonly outbound: Outbound;
  /** Null where no SMTP server is set. */
  readonly mailer: Mailer | null;
  readonly now: () => Date;
}

/** @returns what went wrong, in one line without secrets, or null */
export async function sendMessage(
  config: ChannelConfig,
  message: Message,
  context: SendContext,
): Promise<string | null> {
  switch (config.kind) {
    case 'WEBHOOK':
      return sendWebhook(config, message, context);
    case 'ALERTMANAGER':
      return sendAlertmanager(config, message, context);
    case 'SLACK':
      return sendSlack(config, message, context);
    case 'EMAIL':
      return sendMail(config, message, context.mailer);
  }
}

async function sendMail(
  config: EmailConfig,
  message: Message,
  mailer: Mailer | null,
): Promise<string | null> {
  if (mailer === null) return 'no SMTP server is set: LAPWING_SMTP_URL';
  try {
    await mailer.send(config, message);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Where a channel leads, without what is or may be secret: paths of Slack's URLs, queries of the others. */
export function describeTarget(config: ChannelConfig): string {
  if (config.kind === 'EMAIL') return config.to.join(', ');
  const { origin, pathname } = new URL(config.url);
  return config.kind === 'SLACK' ? origin : `${origin}${pathname}`;
}
