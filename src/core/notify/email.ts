/** E-mail, by the SMTP server whoever runs the server has named; SES and others are reached that way. */
import { createTransport } from 'nodemailer';
import type { Message } from './message.ts';

export interface EmailConfig {
  readonly kind: 'EMAIL';
  readonly to: readonly string[];
}

export interface Mailer {
  /** @throws whatever the SMTP server or the way to it failed with */
  send: (config: EmailConfig, message: Message) => Promise<void>;
}

const TIME_LIMIT_MS = 10_000;
const ADDRESS = /^[^\s@<>,;:"()[\]\\]{1,64}@[^\s@<>,;:"()[\]\\]{1,255}$/;

/** A plain address, without a name and without anything that could begin another header. */
export function isMailAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/**
 * @param options.url smtp:// or smtps://, with user and password where they are needed
 * @param options.from who the mail is from
 */
export function createMailer(options: { readonly url: string; readonly from: string }): Mailer {
  const transport = createTransport({
    url: options.url,
    connectionTimeout: TIME_LIMIT_MS,
    greetingTimeout: TIME_LIMIT_MS,
    socketTimeout: TIME_LIMIT_MS,
    // A text never names a file or an address to fetch, whatever it looks like.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async ({ to }, { id, subject, text }) => {
      await transport.sendMail({
        from: options.from,
        to: [...to],
        subject,
        text,
        // Mailboxes know a repeat by it.
        messageId: `<${id}@lapwing>`,
        headers: { 'idempotency-key': id, 'auto-submitted': 'auto-generated' },
      });
    },
  };
}
