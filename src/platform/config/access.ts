/** Who may ask, and by which names. */
import { z } from 'zod';
import { addressRanges, onOff, originsOrAny, secret, setting, type Setting } from './setting.ts';

/** Shorter ones can be guessed. */
const SHORTEST_KEY = 16;

export const ACCESS_SETTINGS = {
  apiKey: secret(
    'LAPWING_API_KEY',
    `An API key that may do everything, beside those made by lapwing key create; ${SHORTEST_KEY} characters at least.`,
    z
      .string()
      .min(
        SHORTEST_KEY,
        `expected at least ${SHORTEST_KEY} characters, such as those of: openssl rand -hex 32`,
      )
      .max(512, 'expected at most 512 characters')
      .regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without blanks')
      .optional(),
  ),
  allowedHosts: setting(
    'LAPWING_ALLOWED_HOSTS',
    'Further names, separated by commas, a server without keys answers to; always localhost and LAPWING_HOST.',
    z.string().transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
    '',
  ),
  trustedProxies: setting(
    'LAPWING_TRUSTED_PROXIES',
    'Addresses and CIDR ranges of proxies whose X-Forwarded-For is believed, e.g. 10.0.0.0/8,127.0.0.1; none when empty.',
    addressRanges,
    '',
  ),
  embedOrigins: setting(
    'LAPWING_EMBED_ORIGINS',
    'Origins whose pages may embed panels, with commas between, e.g. https://wiki.example.com; * for any. Only this server itself when unset.',
    originsOrAny,
  ),
  metricsOpen: setting(
    'LAPWING_METRICS_OPEN',
    'Whether /metrics needs no key, even where everything else does: on or off.',
    onOff,
    'off',
  ),
  graphiteOpen: setting(
    'LAPWING_GRAPHITE_OPEN',
    'Whether Graphite, which knows no keys, listens on LAPWING_HOST where that is not loopback: on or off.',
    onOff,
    'off',
  ),
  statsdOpen: setting(
    'LAPWING_STATSD_OPEN',
    'Whether StatsD, which knows no keys, listens on LAPWING_HOST where that is not loopback: on or off.',
    onOff,
    'off',
  ),
} as const satisfies Record<string, Setting<unknown>>;
