/** How messages leave the server. */
import { z } from 'zod';
import { addressRanges, secret, setting, type Setting } from './setting.ts';

const targets: z.ZodType<'all' | readonly string[], string | undefined> = z.union(
  [z.literal('all'), addressRanges],
  {
    error:
      'expected all, or addresses and CIDR ranges written in full, such as 10.0.0.0/8, with commas between',
  },
);
const smtpUrl = z
  .string()
  .refine(
    (given) => /^smtps?:/.test(given) && URL.canParse(given) && new URL(given).hostname !== '',
    'expected an smtp or smtps URL, such as smtps://user:password@mail.example.com',
  );

/** With a name or without; a header has one line. */
const sender = z
  .string()
  .regex(
    /^(?:[^<>\r\n]*<[^\s@<>]+@[^\s@<>]+>|[^\s@<>,]+@[^\s@<>,]+)$/,
    'expected an address such as lapwing@example.com, or Lapwing <lapwing@example.com>',
  );

const publicUrl = z
  .string()
  .refine(
    (given) => /^https?:/.test(given) && URL.canParse(given) && !/[?#]/.test(given),
    'expected an http or https URL without query and fragment',
  )
  .transform((given) => given.replace(/\/+$/, ''));

export const NOTIFICATION_SETTINGS = {
  publicUrl: setting('LAPWING_PUBLIC_URL', publicUrl.optional()).about(
    'Address by which people reach the page, e.g. https://lapwing.example.com: notifications and panel links lead to it.',
  ),
  allowPrivateTargets: setting('LAPWING_ALLOW_PRIVATE_TARGETS', targets, '').about(
    'Private addresses and CIDR ranges webhooks of notification rules may lead to, e.g. 10.0.0.0/8,127.0.0.1; all for any.',
  ),
  smtpUrl: secret('LAPWING_SMTP_URL', smtpUrl.optional()).about(
    'SMTP server for e-mail of notification rules, e.g. smtps://user:password@mail.example.com.',
  ),
  smtpFrom: setting('LAPWING_SMTP_FROM', sender.optional()).about(
    'Sender of that e-mail; lapwing at the name of this machine when unset.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
