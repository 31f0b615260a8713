/** Who may ask, and by which names. */
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { addressRanges, onOff, originsOrAny, secret, setting, type Setting } from './setting.ts';

/** Shorter ones can be guessed. */
const SHORTEST_KEY = 16;

/** As browsers write them in the Host header, less the port: in lower case, what is not ASCII encoded. */
const hostNames = z.string().transform((list, context): readonly string[] => {
  const parts = list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const names = parts.map(readHostName);
  const bad = names.indexOf(null);
  if (bad < 0) return names.filter((name) => name !== null);
  context.addIssue(
    `expected names such as lapwing.example.com, with commas between, got ${parts[bad] ?? ''}`,
  );
  return z.NEVER;
});

/** A port may be there, and is left out: the server has one. @returns null for what is no name */
function readHostName(text: string): string | null {
  const url = `http://${isIPv6(text) ? `[${text}]` : text}`;
  if (/[/?#@*\\]/.test(text) || !URL.canParse(url)) return null;
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

export const ACCESS_SETTINGS = {
  apiKey: secret(
    'LAPWING_API_KEY',
    z
      .string()
      .min(
        SHORTEST_KEY,
        `expected at least ${SHORTEST_KEY} characters, such as those of: openssl rand -hex 32`,
      )
      .max(512, 'expected at most 512 characters')
      .regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without blanks')
      .optional(),
  ).about(
    `An API key that may do everything, beside those made by lapwing key create; ${SHORTEST_KEY} characters at least.`,
  ),
  allowedHosts: setting('LAPWING_ALLOWED_HOSTS', hostNames, '').about(
    'Further names, separated by commas, a server without keys answers to; always localhost and LAPWING_HOST.',
  ),
  trustedProxies: setting('LAPWING_TRUSTED_PROXIES', addressRanges, '').about(
    'Addresses and CIDR ranges of proxies whose X-Forwarded-For is believed, e.g. 10.0.0.0/8,127.0.0.1; none when empty.',
  ),
  embedOrigins: setting('LAPWING_EMBED_ORIGINS', originsOrAny).about(
    'Origins whose pages may embed panels, with commas between, e.g. https://wiki.example.com; * for any. Only this server itself when unset.',
  ),
  metricsOpen: setting('LAPWING_METRICS_OPEN', onOff, 'off').about(
    'Whether /metrics needs no key, even where everything else does: on or off.',
  ),
  graphiteOpen: setting('LAPWING_GRAPHITE_OPEN', onOff, 'off').about(
    'Whether Graphite, which knows no keys, listens on LAPWING_HOST where that is not loopback: on or off.',
  ),
  statsdOpen: setting('LAPWING_STATSD_OPEN', onOff, 'off').about(
    'Whether StatsD, which knows no keys, listens on LAPWING_HOST where that is not loopback: on or off.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
