/** E-mail, by the SMTP server the operator has named; SES and others are reached that way. */
import { domainToASCII } from 'node:url';
import { LRUCache } from 'lru-cache';
import { createTransport, type NodemailerError } from 'nodemailer';
import { UNPRINTABLE } from '../../model.ts';
import { fitLength } from './fit-text.ts';
import { linkToMessage, linkToOffers, rateWorst } from './incident-words.ts';
import type { Message } from './message.ts';

export interface EmailConfig {
  readonly kind: 'EMAIL';
  readonly to: readonly string[];
}

export interface Mailer {
  /**
   * Addresses that the server took before are left out when a message is sent again.
   * @param publicUrl address of the page; null for no link to it
   * @returns which addresses it will never take, in one line; null where it took all of them
   * @throws whatever the SMTP server or the way to it failed with, also where it does not take some addresses yet
   */
  send: (config: EmailConfig, message: Message, publicUrl: string | null) => Promise<string | null>;
  /** Signs in and sends nothing. @throws whatever the SMTP server or the way to it failed with */
  verify: () => Promise<void>;
}

const CONNECT_LIMIT_MS = 10_000;
/**
 * For the greeting and each reply. Servers that scan a message reply once they have: to give up before would send what was
 * taken again. https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2 asks for minutes, which would keep a stop waiting.
 */
const REPLY_LIMIT_MS = 25_000;
/** Messages of which some addresses wait: greylisting takes minutes. */
const MAX_WAITING = 1000;
/** Replies from here on are final: https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1. */
const PERMANENT = 500;
/**
 * Mail servers refuse headers with a line above 998 characters (RFC 5322), which a name without a blank cannot be folded to
 * avoid; Exchange keeps 255. The title in the mail has all of it.
 */
const MAX_SUBJECT_LENGTH = 250;
/** Of the title; each readable on white. */
const COLORS = { CRITICAL: '#b3261e', WARNING: '#8a5a00', END: '#146c2e', TEST: '#444746' } as const;
const ADDRESS = /^[^\s@<>,;:"()[\]\\]{1,64}@[^\s@<>,;:"()[\]\\]{1,255}$/;

/** A plain address, without a name and without anything that could begin another header. */
export function isMailAddress(text: string): boolean {
  return ADDRESS.test(text) && !UNPRINTABLE.test(text);
}

/**
 * @param options.url smtp:// or smtps://, with user and password where they are needed
 * @param options.from who the mail is from
 */
export function createMailer(options: { readonly url: string; readonly from: string }): Mailer {
  const transport = createTransport({
    url: options.url,
    connectionTimeout: CONNECT_LIMIT_MS,
    greetingTimeout: REPLY_LIMIT_MS,
    socketTimeout: REPLY_LIMIT_MS,
    // A text never names a file or an address to fetch, whatever it looks like.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  /** Addresses that were taken, by the message. A server that is started anew sends to all of them again. */
  const taken = new LRUCache<string, ReadonlySet<string>>({ max: MAX_WAITING });
  return {
    send: async ({ to }, message, publicUrl) => {
      const { id, subject, text } = message;
      const left = to.filter((address) => taken.get(id)?.has(address) !== true);
      const {
        accepted,
        rejected,
        rejectedErrors = [],
      } = await transport.sendMail({
        from: options.from,
        to: [...to],
        envelope: { from: options.from, to: left },
        subject: fitLength(subject, MAX_SUBJECT_LENGTH),
        text,
        html: writeHtml(message, publicUrl),
        // Mailboxes know a repeat by it.
        messageId: `<${id}@lapwing>`,
        ...nameThread(message),
        headers: { 'idempotency-key': id, 'auto-submitted': 'auto-generated' },
      });
      taken.delete(id);
      if (rejected.length === 0) return null;
      const words = `${rejected.length} of ${to.length} addresses: ${describeReplies(rejectedErrors)}`;
      if (rejectedErrors.every(isPermanent)) return words;
      // What is not known to be taken is sent again.
      taken.set(id, new Set(to.filter((address) => !left.includes(address) || isAmong(address, accepted))));
      throw new Error(words);
    },
    verify: async () => {
      await transport.verify();
    },
  };
}

/** The library writes domains in ASCII. */
function isAmong(address: string, others: readonly string[]): boolean {
  const at = address.lastIndexOf('@') + 1;
  return others.includes(`${address.slice(0, at)}${domainToASCII(address.slice(at))}`);
}

/** What the server says of one address and not of the message, which it took. */
type Refusal = Pick<NodemailerError, 'message' | 'response' | 'responseCode'>;

function isPermanent({ responseCode }: Refusal): boolean {
  return responseCode !== undefined && responseCode >= PERMANENT;
}

function describeReplies(refusals: readonly Refusal[]): string {
  return refusals.map(({ response, message }) => (response ?? message).replaceAll(/\s+/g, ' ')).join('; ');
}

/** The start and the end of one incident stand in one thread: both refer to it. */
function nameThread({ count, incidents }: Message): { readonly references?: string } {
  const [only] = incidents;
  return count === 1 && only !== undefined ? { references: `<incident-${only.id}@lapwing>` } : {};
}

/** The same text with a title, and links to the incident and the runbook. Mail has no style sheets: styles stand at the elements. */
function writeHtml(message: Message, publicUrl: string | null): string {
  const { kind, rule, subject, text, incidents } = message;
  const color = COLORS[kind === 'START' ? rateWorst(incidents) : kind];
  const paragraphs = text
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${escapeHtml(paragraph.trim()).replaceAll('\n', '<br>')}</p>`);
  const links = [
    ...writeLink('Open in Lapwing', linkToMessage(message, publicUrl)),
    ...linkToOffers(message, publicUrl).flatMap(([title, url]) => writeLink(title, url)),
    ...writeLink('Runbook', rule.runbookUrl),
  ];
  return [
    '<!doctype html><html><body style="font-family:sans-serif;font-size:15px;line-height:1.5">',
    `<h1 style="font-size:18px;color:${color}">${escapeHtml(subject)}</h1>`,
    ...paragraphs,
    ...(links.length === 0 ? [] : [`<p>${links.join(' · ')}</p>`]),
    '</body></html>',
  ].join('\n');
}

function writeLink(title: string, url: string | null): readonly string[] {
  return url === null ? [] : [`<a href="${escapeHtml(url)}">${title}</a>`];
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
