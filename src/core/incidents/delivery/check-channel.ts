/** Checks where a rule's messages are to go. */
import { isMailAddress } from '../../notify/email.ts';
import type { AlertmanagerConfig } from '../../notify/alertmanager.ts';
import type { NtfyConfig } from '../../notify/ntfy.ts';
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
/** Fields beside the URL, as the providers write them. */
const FIELDS: Readonly<Record<string, readonly [pattern: RegExp, expected: string]>> = {
  routingKey: [/^[A-Za-z0-9_-]{32}$/, 'the 32 characters of an integration key of the Events API v2'],
  apiKey: [/^[!-~]{1,256}$/, '1 to 256 visible ASCII characters'],
  botToken: [/^\d{1,20}:[A-Za-z0-9_-]{20,100}$/, 'a token such as 123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11'],
  chatId: [/^(?:-?\d{1,20}|@\w{1,64})$/, 'a number such as -1001234567890, or a name such as @channel'],
  topic: [/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 letters, digits, - and _'],
  token: [/^[!-~]{1,256}$/, '1 to 256 visible ASCII characters'],
  username: [/^[^\p{Cc}:]{1,256}$/u, '1 to 256 characters, none of them a colon or a control character'],
  password: [/^\P{Cc}{1,256}$/u, '1 to 256 characters, none of them a control character'],
};
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
    const path = [...at, channel.kind.toLowerCase()];
    checkTarget(channel.url, outbound, [...path, 'url']);
    if (channel.kind === 'NTFY') checkNtfyServer(channel, [...path, 'url']);
    if (channel.kind === 'ALERTMANAGER') checkCredentials(channel, path);
    if (channel.kind === 'WEBHOOK') checkSecret(channel.secret, [...path, 'secret']);
    const fields: Readonly<Record<string, string | null | undefined>> = { ...channel };
    for (const [field, value] of Object.entries(fields)) checkField(field, value, [...path, field]);
  }
}

/** Most of them are secrets: they are not repeated. */
function checkField(field: string, value: string | null | undefined, path: readonly string[]): void {
  const [pattern, expected] = FIELDS[field] ?? [];
  if (value == null || pattern === undefined || pattern.test(value)) return;
  refuse(`expected ${expected ?? ''}`, ...path);
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

/** What is posted as JSON to the address of a topic is taken for a text there, and shown as it stands. */
function checkNtfyServer({ url, topic }: NtfyConfig, path: readonly string[]): void {
  if (!new URL(url).pathname.replace(/\/+$/, '').endsWith(`/${topic}`)) return;
  refuse('expected the server without the topic, such as https://ntfy.sh', ...path);
}

function checkCredentials({ username, password, token }: AlertmanagerConfig, path: readonly string[]): void {
  if (token !== undefined && (username ?? password) !== undefined)
    refuse('expected a token, or a username and a password, got both', ...path, 'token');
  if (username === undefined && password !== undefined)
    refuse('expected a username beside the password', ...path, 'username');
  if (password === undefined && username !== undefined)
    refuse('expected a password beside the username', ...path, 'password');
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
