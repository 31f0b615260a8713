/** How messages leave the server. */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { secret, setting, text, type Setting } from './setting.ts';

const targets = z.string().transform((list, context): 'all' | readonly string[] => {
  if (list === 'all') return 'all';
  const ranges = list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const bad = ranges.find((range) => !ipaddr.isValid(range) && !ipaddr.isValidCIDR(range));
  if (bad === undefined) return ranges;
  context.addIssue(`expected all, or addresses and CIDR ranges such as 10.0.0.0/8, got ${bad}`);
  return z.NEVER;
});
const smtpUrl = z
  .string()
  .refine((given) => /^smtps?:/.test(given) && URL.canParse(given), 'expected an smtp or smtps URL');

export const NOTIFICATION_SETTINGS = {
  allowPrivateTargets: setting(
    'LAPWING_ALLOW_PRIVATE_TARGETS',
    'Private addresses and CIDR ranges webhooks of notification rules may lead to, e.g. 10.0.0.0/8,127.0.0.1; all for any.',
    targets,
    '',
  ),
  smtpUrl: secret(
    'LAPWING_SMTP_URL',
    'SMTP server for e-mail of notification rules, e.g. smtps://user:password@mail.example.com.',
    smtpUrl.optional(),
  ),
  smtpFrom: setting(
    'LAPWING_SMTP_FROM',
    'Sender of that e-mail; lapwing at the name of this machine when unset.',
    text,
  ),
} as const satisfies Record<string, Setting<unknown>>;
