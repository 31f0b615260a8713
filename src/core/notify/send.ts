/** Hands a message to its channel. */
import type { PostFailure } from '../../platform/outbound/outbound-client.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import { sendAlerts, type AlertmanagerConfig, type AlertsOutcome } from './alertmanager.ts';
import { sendDiscord, type DiscordConfig } from './discord.ts';
import type { EmailConfig, Mailer } from './email.ts';
import type { Message } from './message.ts';
import { sendNtfy, type NtfyConfig } from './ntfy.ts';
import { sendOpsgenie, type OpsgenieConfig } from './opsgenie.ts';
import { sendPagerDuty, type PagerDutyConfig } from './pagerduty.ts';
import { sendSlack, type SlackConfig } from './slack.ts';
import { sendTeams, type TeamsConfig } from './teams.ts';
import { sendTelegram, type TelegramConfig } from './telegram.ts';
import { sendWebhook, type WebhookConfig } from './webhook.ts';
import type { PostContext } from './post-json.ts';

/** Everything a channel needs, its secrets included. Never shown, never logged. */
export type ChannelConfig =
  | WebhookConfig
  | AlertmanagerConfig
  | SlackConfig
  | EmailConfig
  | PagerDutyConfig
  | OpsgenieConfig
  | TeamsConfig
  | DiscordConfig
  | TelegramConfig
  | NtfyConfig;

/**
 * Channels that keep an alert for each incident from its start to its end: each incident is a message of its own there,
 * so that one that is refused costs no other.
 */
export const ALERT_KINDS: ReadonlySet<ChannelConfig['kind']> = new Set(['PAGERDUTY', 'OPSGENIE']);

export interface SendContext extends PostContext {
  /** Null where no SMTP server is set. */
  readonly mailer: Mailer | null;
  readonly now: () => Date;
}

/** What became of a message; each in one line without secrets. */
export interface SendOutcome {
  /** What went wrong; null when the channel took it. */
  readonly problem: string | null;
  /** What of it the channel will never take, though it took the rest; null where it took all of it. */
  readonly leftOut: string | null;
  /** The pause the channel asks for before anything else is sent to it; null where it asks for none. */
  readonly retryAfterMs: number | null;
}

export async function sendMessage(
  config: ChannelConfig,
  message: Message,
  context: SendContext,
): Promise<SendOutcome> {
  if (config.kind === 'ALERTMANAGER') {
    return describeAlerts(await sendAlerts(config, message, message.id, context), message);
  }
  if (config.kind === 'EMAIL') return sendMail(config, message, context);
  return describeFailure(await sendWhole(config, message, context));
}

function describeFailure(failure: PostFailure | null): SendOutcome {
  return { problem: null, retryAfterMs: null, ...failure, leftOut: null };
}

/** By a channel that takes all of a message or nothing. @returns what went wrong, or null */
function sendWhole(
  config: Exclude<ChannelConfig, AlertmanagerConfig | EmailConfig>,
  message: Message,
  context: SendContext,
): Promise<PostFailure | null> {
  switch (config.kind) {
    case 'WEBHOOK':
      return sendWebhook(config, message, context);
    case 'SLACK':
      return sendSlack(config, message, context);
    case 'PAGERDUTY':
      return sendPagerDuty(config, message, context);
    case 'OPSGENIE':
      return sendOpsgenie(config, message, context);
    case 'TEAMS':
      return sendTeams(config, message, context);
    case 'DISCORD':
      return sendDiscord(config, message, context);
    case 'TELEGRAM':
      return sendTelegram(config, message, context);
    case 'NTFY':
      return sendNtfy(config, message, context);
  }
}

/** A message none of whose alerts is taken has failed. */
function describeAlerts(
  { failure, refused, reason }: AlertsOutcome,
  { incidents }: Pick<Message, 'incidents'>,
): SendOutcome {
  const outcome = describeFailure(failure);
  if (failure !== null || refused === 0) return outcome;
  if (refused === incidents.length) return { ...outcome, problem: reason };
  return { ...outcome, leftOut: `${refused} of ${incidents.length} alerts were refused: ${reason ?? ''}` };
}

async function sendMail(
  config: EmailConfig,
  message: Message,
  { mailer, publicUrl = null }: SendContext,
): Promise<SendOutcome> {
  const outcome = { problem: null, leftOut: null, retryAfterMs: null };
  if (mailer === null) return { ...outcome, problem: 'no SMTP server is set: LAPWING_SMTP_URL' };
  try {
    const refused = await mailer.send(config, message, publicUrl);
    return { ...outcome, leftOut: refused };
  } catch (error) {
    return { ...outcome, problem: toError(error).message };
  }
}

/** Where a channel leads, without what is or may be secret: paths of incoming webhooks, queries of all. */
export function describeTarget(config: ChannelConfig): string {
  if (config.kind === 'EMAIL') return config.to.join(', ');
  const { origin, pathname } = new URL(config.url);
  switch (config.kind) {
    case 'WEBHOOK':
    case 'ALERTMANAGER':
      return hideTargetPath(config.kind, `${origin}${pathname}`);
    case 'TELEGRAM':
      return `${origin}, chat ${config.chatId}`;
    default:
      // Their paths, topics and keys are what lets one send.
      return origin;
  }
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
