/** One way messages go, as it is typed; or one that is kept, of which no more than its target is known. */
import type { ChannelKind, NotificationChannelInput, RuleRowFragment } from '../../generated/graphql.ts';

/** What is typed of a channel: for each kind some of these. */
interface ChannelFields {
  /** A URL; of e-mail, addresses with commas between. */
  readonly target: string;
  /** What lets one send: a key, a token, the secret of signatures. */
  readonly secret: string;
  /** Where at the target, a chat or a topic; or as whom. */
  readonly room: string;
}

export interface ChannelDraft extends ChannelFields {
  /** Its id, of one that is kept; null of a new one. */
  readonly keptId: string | null;
  readonly kind: ChannelKind;
}

export interface ChannelField {
  readonly of: keyof ChannelFields;
  /** Where problems say that it is, under the channel. */
  readonly at: string;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly type?: 'password';
  readonly isOptional?: boolean;
}

const NEVER_SHOWN = 'It is never shown again.';
const url = (at: string, more: Partial<ChannelField> = {}): ChannelField => ({
  of: 'target',
  at: `${at}.url`,
  label: 'URL',
  ...more,
});
const secret = (at: string, label: string, hint = NEVER_SHOWN): ChannelField => ({
  of: 'secret',
  at,
  label,
  hint,
  type: 'password',
});

/** What is asked of each kind. */
const FIELDS = {
  WEBHOOK: [
    url('webhook'),
    secret('webhook.secret', 'Signing secret', `16 to 256 characters. ${NEVER_SHOWN}`),
  ],
  SLACK: [url('slack')],
  // Without a mail server it is the channel as a whole that is refused.
  EMAIL: [{ of: 'target', at: '', label: 'E-mail addresses (comma-separated)' }],
  PAGERDUTY: [
    secret('pagerduty.routingKey', 'Integration key'),
    url('pagerduty', { isOptional: true, placeholder: 'https://events.pagerduty.com/v2/enqueue' }),
  ],
  OPSGENIE: [
    secret('opsgenie.apiKey', 'API key'),
    url('opsgenie', { isOptional: true, placeholder: 'https://api.opsgenie.com' }),
  ],
  TEAMS: [url('teams', { label: 'URL of the workflow' })],
  DISCORD: [url('discord', { label: 'URL of the webhook' })],
  TELEGRAM: [
    secret('telegram.botToken', 'Token of the bot'),
    { of: 'room', at: 'telegram.chatId', label: 'Chat', placeholder: '-1001234567890' },
  ],
  NTFY: [
    { of: 'room', at: 'ntfy.topic', label: 'Topic' },
    { ...secret('ntfy.token', 'Access token'), isOptional: true },
    url('ntfy', { isOptional: true, placeholder: 'https://ntfy.sh' }),
  ],
  ALERTMANAGER: [
    url('alertmanager'),
    { of: 'room', at: 'alertmanager.username', label: 'User name', isOptional: true },
    { ...secret('alertmanager.password', 'Password'), isOptional: true },
  ],
} as const satisfies Record<ChannelKind, readonly ChannelField[]>;

export const CHANNEL_KINDS = [
  ['WEBHOOK', 'a webhook'],
  ['SLACK', 'Slack'],
  ['EMAIL', 'e-mail'],
  ['PAGERDUTY', 'PagerDuty'],
  ['OPSGENIE', 'Opsgenie'],
  ['TEAMS', 'Microsoft Teams'],
  ['DISCORD', 'Discord'],
  ['TELEGRAM', 'Telegram'],
  ['NTFY', 'ntfy'],
  ['ALERTMANAGER', 'an Alertmanager'],
] as const satisfies readonly (readonly [ChannelKind, string])[];

export const NEW_CHANNEL: ChannelDraft = { keptId: null, kind: 'WEBHOOK', target: '', secret: '', room: '' };

export function listFields(kind: ChannelKind): readonly ChannelField[] {
  return FIELDS[kind];
}

export function draftChannel({ id, kind, target }: RuleRowFragment['channels'][number]): ChannelDraft {
  return { ...NEW_CHANNEL, keptId: id, kind, target };
}

export function readChannel(draft: ChannelDraft): NotificationChannelInput {
  const { keptId, kind, target } = draft;
  if (keptId !== null) return { keep: keptId };
  const address = target.trim();
  const key = draft.secret.trim();
  const room = draft.room.trim();
  const elsewhere = address === '' ? {} : { url: address };
  switch (kind) {
    case 'WEBHOOK':
      return { webhook: { url: address, secret: draft.secret } };
    case 'SLACK':
      return { slack: { url: address } };
    case 'ALERTMANAGER':
      return {
        alertmanager: {
          url: address,
          ...(room === '' ? {} : { username: room }),
          ...(draft.secret === '' ? {} : { password: draft.secret }),
        },
      };
    case 'EMAIL':
      return { email: { to: target.split(',').map((part) => part.trim()) } };
    case 'PAGERDUTY':
      return { pagerduty: { routingKey: key, ...elsewhere } };
    case 'OPSGENIE':
      return { opsgenie: { apiKey: key, ...elsewhere } };
    case 'TEAMS':
      return { teams: { url: address } };
    case 'DISCORD':
      return { discord: { url: address } };
    case 'TELEGRAM':
      return { telegram: { botToken: key, chatId: room } };
    case 'NTFY':
      return { ntfy: { topic: room, ...(key === '' ? {} : { token: key }), ...elsewhere } };
  }
}
