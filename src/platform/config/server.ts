/** What the server listens on and shows, and what it may watch. */
import { z } from 'zod';
import { onOff, port, setting, text, wholeNumber, type Setting } from './setting.ts';

/** Graphite's own port. */
const GRAPHITE_PORT = 2003;
/** Empty text switches it off; a port nobody chose gives way to any free one. */
const graphitePort = z.union([
  z.literal('').transform(() => null),
  z.literal('auto').transform(() => ({ port: GRAPHITE_PORT, orAnyFree: true })),
  port.transform((chosen) => ({ port: chosen, orAnyFree: false })),
]);

const portOrOff = z
  .string()
  .optional()
  .transform((given) => (given === undefined || given === '' ? null : given))
  .pipe(z.union([z.null(), port]));

export const SERVER_SETTINGS = {
  host: setting('LAPWING_HOST', 'Address the server listens on.', z.string().min(1), '127.0.0.1'),
  port: setting('LAPWING_PORT', 'HTTP port; 0 takes any free one.', port, '4000'),
  graphitePort: setting(
    'LAPWING_GRAPHITE_PORT',
    'TCP and UDP port for Graphite plaintext: auto is 2003, or any free one where that is taken; empty switches it off.',
    graphitePort,
    'auto',
  ),
  graphitePicklePort: setting(
    'LAPWING_GRAPHITE_PICKLE_PORT',
    'Port for Graphite pickles, as carbon-relay sends them, by TCP; 2004 is its own, 0 takes any free one. Off when unset.',
    portOrOff,
  ),
  statsdPort: setting(
    'LAPWING_STATSD_PORT',
    'Port for StatsD and DogStatsD, by UDP and TCP; 8125 is its own, 0 takes any free one. Off when unset.',
    portOrOff,
  ),
  statsdFlushSeconds: setting(
    'LAPWING_STATSD_FLUSH_SECONDS',
    'Seconds of an interval of StatsD, at whose end its points are made.',
    wholeNumber(1, 3600),
    '10',
  ),
  graphiql: setting('LAPWING_GRAPHIQL', 'Serve GraphiQL at /graphql: on or off.', onOff, 'on'),
  logLevel: setting(
    'LAPWING_LOG_LEVEL',
    'fatal, error, warn, info, debug, trace or silent.',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
  ),
  hostMetrics: setting(
    'LAPWING_HOST_METRICS',
    'Watch the machine the server runs on: on or off.',
    onOff,
    'on',
  ),
  hostPeriodSeconds: setting(
    'LAPWING_HOST_PERIOD_SECONDS',
    'Seconds between samples of the host.',
    wholeNumber(1, 3600),
    '5',
  ),
  quotaResources: setting(
    'LAPWING_QUOTA_RESOURCES',
    'Resources that may be monitored, each counted once however many of its metrics are; any number when unset.',
    wholeNumber(1, 100_000_000).optional(),
  ),
  configFile: setting(
    'LAPWING_CONFIG_FILE',
    'A file as `lapwing apply` takes it, which the server applies when it starts and again on SIGHUP.',
    text,
  ),
  licenseFile: setting('LAPWING_LICENSE_FILE', 'A licence file; none is needed.', text),
  licensePublicKey: setting(
    'LAPWING_LICENSE_PUBLIC_KEY',
    'Ed25519 key licences are checked with: base64 of its DER form.',
    text,
  ),
} as const satisfies Record<string, Setting<unknown>>;
