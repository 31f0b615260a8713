/** Hands a message to its channel. */
import type { Outbound } from '../../platform/outbound/outbound-client.ts';
import { sendAlerts, type AlertmanagerConfig, type AlertsOutcome } from './alertmanager.ts';
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
  /** Address of the page, without a slash at its end; messages carry no links without it. */
  readonly publicUrl?: string | null;
}

/** What became of a message; each in one line without secrets. */
export interface SendOutcome {
  /** What went wrong; null when the channel took it. */
  readonly problem: string | null;
  /** What of it the channel will never take, though it took the rest; null where it took all of it. */
  readonly leftOut: string | null;
}

export async function sendMessage(
  config: ChannelConfig,
  message: Message,
  context: SendContext,
): Promise<SendOutcome> {
  switch (config.kind) {
    case 'WEBHOOK':
      return { problem: await sendWebhook(config, message, context), leftOut: null };
    case 'ALERTMANAGER':
      return describeAlerts(await sendAlerts(config, message, message.id, context), message);
    case 'SLACK':
      return { problem: await sendSlack(config, message, context), leftOut: null };
    case 'EMAIL':
      return { problem: await sendMail(config, message, context.mailer), leftOut: null };
  }
}

/** A message none of whose alerts is taken has failed. */
function describeAlerts(
  { problem, refused, reason }: AlertsOutcome,
  { incidents }: Pick<Message, 'incidents'>,
): SendOutcome {
  if (problem !== null || refused === 0) return { problem, leftOut: null };
  if (refused === incidents.length) return { problem: reason, leftOut: null };
  return { problem: null, leftOut: `${refused} of ${incidents.length} alerts were refused: ${reason ?? ''}` };
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

/** Where a channel leads, without what is or may be secret: paths of incoming webhooks, queries of all. */
export function describeTarget(config: ChannelConfig): string {
  if (config.kind === 'EMAIL') return config.to.join(', ');
  const { origin, pathname } = new URL(config.url);
  return config.kind === 'SLACK' ? origin : hideTargetPath(config.kind, `${origin}${pathname}`);
}

/**
 * Incoming webhooks of chat and paging services have their token in the path. Earlier versions stored the path.
 * @param target as `describeTarget` gave it
 */
export function hideTargetPath(kind: ChannelConfig['kind'], target: string): string {
  if (kind !== 'WEBHOOK' || !URL.canParse(target)) return target;
  const { origin, pathname } = new URL(target);
  return pathname === '/' ? target : `${origin}/…`;
}
