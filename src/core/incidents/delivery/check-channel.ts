/** Checks where a rule's messages are to go. */
import { isMailAddress } from '../../notify/email.ts';
import type { ChannelConfig } from '../../notify/send.ts';
import { TargetRefusedError } from '../../../platform/outbound/check-address.ts';
import type { Outbound } from '../../../platform/outbound/outbound-client.ts';
import { NotSupportedError } from '../../../errors.ts';
import { quote, refuse } from '../refuse.ts';

/** A channel to make, or one of the rule to keep as it is, secrets and all. */
export type NewChannel = ChannelConfig | { readonly kind: 'KEEP'; readonly id: string };

const MAX_CHANNELS = 10;
const MAX_ADDRESSES = 20;
const MAX_URL_LENGTH = 2048;
const SECRET_LENGTH = { least: 16, most: 256 } as const;

/**
 * @param canMail whether an SMTP server is set
 * @throws InvalidInputError; NotSupportedError for e-mail without a server
 */
export function checkChannels(channels: readonly NewChannel[], outbound: Outbound, canMail: boolean): void {
  if (channels.length > MAX_CHANNELS) refuse(`expected at most ${MAX_CHANNELS}`, 'channels');
  for (const [index, channel] of channels.entries()) {
    const at = ['channels', String(index)];
    if (channel.kind === 'KEEP') continue;
    if (channel.kind === 'EMAIL') {
      if (!canMail) throw new NotSupportedError(`${at.join('.')}: e-mail needs the setting LAPWING_SMTP_URL`);
      checkAddresses(channel.to, at);
      continue;
    }
    checkTarget(channel.url, outbound, [...at, channel.kind.toLowerCase(), 'url']);
    if (channel.kind === 'WEBHOOK') checkSecret(channel.secret, [...at, 'webhook', 'secret']);
  }
}

/** The name is resolved when a message is sent: it may come to mean something else until then. */
function checkTarget(url: string, outbound: Outbound, path: readonly string[]): void {
  // The URL may be a secret: it is not repeated.
  if (!URL.canParse(url)) refuse('expected an http or https URL', ...path);
  if (url.length > MAX_URL_LENGTH) refuse(`expected at most ${MAX_URL_LENGTH} characters`, ...path);
  try {
    outbound.check(new URL(url));
  } catch (error) {
    if (!(error instanceof TargetRefusedError)) throw error;
    refuse(error.message, ...path);
  }
}

function checkSecret(secret: string, path: readonly string[]): void {
  const { least, most } = SECRET_LENGTH;
  if (secret.length >= least && secret.length <= most) return;
  refuse(`expected ${least} to ${most} characters, got ${secret.length}`, ...path);
}

function checkAddresses(to: readonly string[], at: readonly string[]): void {
  const path = [...at, 'email', 'to'];
  if (to.length === 0 || to.length > MAX_ADDRESSES) {
    refuse(`expected 1 to ${MAX_ADDRESSES} addresses, got ${to.length}`, ...path);
  }
  for (const [index, address] of to.entries()) {
    if (!isMailAddress(address)) {
      refuse(`expected an address such as ops@example.com, got ${quote(address)}`, ...path, String(index));
    }
  }
}
