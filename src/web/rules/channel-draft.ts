/** One way messages go, as it is typed; or one that is kept, of which no more than its target is known. */
import type { ChannelKind, NotificationChannelInput, RuleRowFragment } from '../generated/graphql.ts';

export interface ChannelDraft {
  /** Its id, of one that is kept; null of a new one. */
  readonly keptId: string | null;
  readonly kind: ChannelKind;
  /** A URL; of e-mail, addresses with commas between. */
  readonly target: string;
  readonly secret: string;
}

export const CHANNEL_KINDS = [
  ['WEBHOOK', 'a webhook'],
  ['SLACK', 'Slack'],
  ['EMAIL', 'e-mail'],
  ['ALERTMANAGER', 'an Alertmanager'],
] as const satisfies readonly (readonly [ChannelKind, string])[];

export const NEW_CHANNEL: ChannelDraft = { keptId: null, kind: 'WEBHOOK', target: '', secret: '' };

export function draftChannel({ id, kind, target }: RuleRowFragment['channels'][number]): ChannelDraft {
  return { keptId: id, kind, target, secret: '' };
}

/** Where problems say that its target or its address is. */
export function targetPath({ kind }: ChannelDraft): string {
  return kind === 'EMAIL' ? 'email.to' : `${kind.toLowerCase()}.url`;
}

export function readChannel({ keptId, kind, target, secret }: ChannelDraft): NotificationChannelInput {
  if (keptId !== null) return { keep: keptId };
  const url = target.trim();
  switch (kind) {
    case 'WEBHOOK':
      return { webhook: { url, secret } };
    case 'SLACK':
      return { slack: { url } };
    case 'ALERTMANAGER':
      return { alertmanager: { url } };
    case 'EMAIL':
      return { email: { to: target.split(',').map((address) => address.trim()) } };
  }
}
