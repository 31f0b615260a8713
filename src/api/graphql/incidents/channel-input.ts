/** What channels are made by. Which values make sense is checked where rules are kept. */
import type { NewChannel } from '../../../core/incidents/delivery/check-channel.ts';
import { NTFY_URL } from '../../../core/notify/ntfy.ts';
import { OPSGENIE_URL } from '../../../core/notify/opsgenie.ts';
import { PAGERDUTY_URL } from '../../../core/notify/pagerduty.ts';
import { TELEGRAM_URL } from '../../../core/notify/telegram.ts';
import { builder } from '../builder/builder.ts';
import { withoutNulls } from '../builder/field-options.ts';
import { readIdOrBare } from '../builder/node-id.ts';

const WebhookInputRef = builder.inputType('WebhookChannelInput', {
  description: 'A signed webhook.',
  fields: (t) => ({
    url: t.string({ required: true, description: 'Where to post to; http or https.' }),
    secret: t.string({
      required: true,
      description: 'What it is signed with, 16 to 256 characters. Never shown.',
    }),
  }),
});
const AlertmanagerInputRef = builder.inputType('AlertmanagerChannelInput', {
  description: "Prometheus' Alertmanager, API v2.",
  fields: (t) => ({
    url: t.string({ required: true, description: 'Of the Alertmanager itself.' }),
    username: t.string({ description: 'For basic authentication, with a password.' }),
    password: t.string({ description: 'For basic authentication. Never shown.' }),
    token: t.string({ description: 'A bearer token, in place of username and password. Never shown.' }),
  }),
});
const SlackInputRef = builder.inputType('SlackChannelInput', {
  description: 'An incoming webhook of Slack, or of what understands the same.',
  fields: (t) => ({
    url: t.string({ required: true, description: 'Of the webhook. Its path is never shown.' }),
  }),
});
const EmailInputRef = builder.inputType('EmailChannelInput', {
  description: 'E-mail; needs LAPWING_SMTP_URL.',
  fields: (t) => ({ to: t.stringList({ required: true, description: 'One to twenty addresses.' }) }),
});

const PagerDutyInputRef = builder.inputType('PagerDutyChannelInput', {
  description: 'PagerDuty, Events API v2: an alert for each incident, resolved when it ends.',
  fields: (t) => ({
    routingKey: t.string({ required: true, description: 'Integration key of the service. Never shown.' }),
    url: t.string({
      description: `Of the API; ${PAGERDUTY_URL} when left out. In the EU: https://events.eu.pagerduty.com/v2/enqueue.`,
    }),
  }),
});
const OpsgenieInputRef = builder.inputType('OpsgenieChannelInput', {
  description: 'Opsgenie, Alert API: an alert for each incident, closed when it ends.',
  fields: (t) => ({
    apiKey: t.string({ required: true, description: 'Key of an API integration. Never shown.' }),
    url: t.string({
      description: `Of the API; ${OPSGENIE_URL} when left out. In the EU: https://api.eu.opsgenie.com.`,
    }),
  }),
});
const TeamsInputRef = builder.inputType('TeamsChannelInput', {
  description: 'Microsoft Teams: the webhook of a workflow, which is given an Adaptive Card.',
  fields: (t) => ({
    url: t.string({ required: true, description: 'Of the webhook. Its path is never shown.' }),
  }),
});
const DiscordInputRef = builder.inputType('DiscordChannelInput', {
  description: 'A webhook of Discord.',
  fields: (t) => ({
    url: t.string({
      required: true,
      description: 'Of the webhook, with `thread_id` for a thread. Its path is never shown.',
    }),
  }),
});
const TelegramInputRef = builder.inputType('TelegramChannelInput', {
  description: 'Telegram, by a bot that is a member of the chat.',
  fields: (t) => ({
    botToken: t.string({ required: true, description: 'Token of the bot. Never shown.' }),
    chatId: t.string({
      required: true,
      description: 'Number of the chat, below 0 for groups, or `@` with the name of a channel.',
    }),
    url: t.string({ description: `Of the server of the Bot API; ${TELEGRAM_URL} when left out.` }),
  }),
});
const NtfyInputRef = builder.inputType('NtfyChannelInput', {
  description: 'A topic of ntfy. The end of an incident replaces its start.',
  fields: (t) => ({
    topic: t.string({ required: true, description: 'The topic. Never shown.' }),
    token: t.string({ description: 'Access token, where the server asks for one. Never shown.' }),
    url: t.string({ description: `Of the server; ${NTFY_URL} when left out.` }),
  }),
});

export const ChannelInputRef = builder.inputType('NotificationChannelInput', {
  description: 'Where messages go: exactly one of these.',
  isOneOf: true,
  fields: (t) => ({
    webhook: t.field({ type: WebhookInputRef, description: 'A signed webhook.' }),
    alertmanager: t.field({ type: AlertmanagerInputRef, description: 'An Alertmanager.' }),
    slack: t.field({ type: SlackInputRef, description: 'Slack.' }),
    email: t.field({ type: EmailInputRef, description: 'E-mail.' }),
    pagerduty: t.field({ type: PagerDutyInputRef, description: 'PagerDuty.' }),
    opsgenie: t.field({ type: OpsgenieInputRef, description: 'Opsgenie.' }),
    teams: t.field({ type: TeamsInputRef, description: 'Microsoft Teams.' }),
    discord: t.field({ type: DiscordInputRef, description: 'Discord.' }),
    telegram: t.field({ type: TelegramInputRef, description: 'Telegram.' }),
    ntfy: t.field({ type: NtfyInputRef, description: 'ntfy.' }),
    keep: t.id({ description: 'A channel the rule has, as it is: as read from `NotificationChannel.id`.' }),
  }),
});

/** GraphQL saw to it that there is exactly one member. */
export function readChannel(input: typeof ChannelInputRef.$inferInput, index: number): NewChannel {
  if (input.webhook != null) return { kind: 'WEBHOOK', ...input.webhook };
  if (input.alertmanager != null)
    return { kind: 'ALERTMANAGER', url: input.alertmanager.url, ...withoutNulls(input.alertmanager) };
  if (input.slack != null) return { kind: 'SLACK', ...input.slack };
  if (input.email != null) return { kind: 'EMAIL', ...input.email };
  const { pagerduty, opsgenie, teams, discord, telegram, ntfy } = input;
  if (pagerduty != null) return { kind: 'PAGERDUTY', ...pagerduty, url: pagerduty.url ?? PAGERDUTY_URL };
  if (opsgenie != null) return { kind: 'OPSGENIE', ...opsgenie, url: opsgenie.url ?? OPSGENIE_URL };
  if (teams != null) return { kind: 'TEAMS', ...teams };
  if (discord != null) return { kind: 'DISCORD', ...discord };
  if (telegram != null) return { kind: 'TELEGRAM', ...telegram, url: telegram.url ?? TELEGRAM_URL };
  if (ntfy != null) {
    return { kind: 'NTFY', topic: ntfy.topic, token: ntfy.token ?? null, url: ntfy.url ?? NTFY_URL };
  }
  return {
    kind: 'KEEP',
    id: readIdOrBare('NotificationChannel', input.keep, ['input', 'channels', String(index), 'keep']),
  };
}
