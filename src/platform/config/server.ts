/** What the server listens on and shows, and what it may watch. */
import { z } from 'zod';
import { onOff, port, setting, text, wholeNumber, type Setting } from './setting.ts';

/** Graphite's own port. */
const GRAPHITE_PORT = 2003;
/** Empty text switches it off; a port nobody chose gives way to any free one. */
const graphitePort = z.union(
  [
    z.literal('').transform(() => null),
    z.literal('auto').transform(() => ({ port: GRAPHITE_PORT, orAnyFree: true })),
    port.transform((chosen) => ({ port: chosen, orAnyFree: false })),
  ],
  { error: 'expected auto, a port from 0 to 65535, or nothing' },
);

/** An IPv6 address as URLs have it is taken, too: `[::1]`. */
const host = z
  .string()
  .min(1)
  .transform((given) => given.replace(/^\[(.*:.*)\]$/, '$1'));

const portOrOff = z
  .string()
  .optional()
  .transform((given) => (given === undefined || given === '' ? null : given))
  .pipe(z.union([z.null(), port], { error: 'expected a port from 0 to 65535, or nothing' }));

export const SERVER_SETTINGS = {
  host: setting('LAPWING_HOST', host, '127.0.0.1').about('Address the server listens on.'),
  port: setting('LAPWING_PORT', port, '4000').about('HTTP port; 0 takes any free one.'),
  graphitePort: setting('LAPWING_GRAPHITE_PORT', graphitePort, 'auto').about(
    'TCP and UDP port for Graphite plaintext: auto is 2003, or any free one where that is taken; empty switches it off.',
  ),
  graphitePicklePort: setting('LAPWING_GRAPHITE_PICKLE_PORT', portOrOff).about(
    'Port for Graphite pickles, as carbon-relay sends them, by TCP; 2004 is its own, 0 takes any free one. Off when unset.',
  ),
  statsdPort: setting('LAPWING_STATSD_PORT', portOrOff).about(
    'Port for StatsD and DogStatsD, by UDP and TCP; 8125 is its own, 0 takes any free one. Off when unset.',
  ),
  statsdFlushSeconds: setting('LAPWING_STATSD_FLUSH_SECONDS', wholeNumber(1, 3600), '10').about(
    'Seconds of an interval of StatsD, at whose end its points are made.',
  ),
  otlpGrpcPort: setting('LAPWING_OTLP_GRPC_PORT', portOrOff).about(
    'Port for OpenTelemetry metrics by gRPC; 4317 is its own, 0 takes any free one. Off when unset.',
  ),
  graphiql: setting('LAPWING_GRAPHIQL', onOff, 'on').about('Serve GraphiQL at /graphql: on or off.'),
  logLevel: setting(
    'LAPWING_LOG_LEVEL',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
  ).about('fatal, error, warn, info, debug, trace or silent.'),
  hostMetrics: setting('LAPWING_HOST_METRICS', onOff, 'on').about(
    'Watch the machine the server runs on: on or off.',
  ),
  hostPeriodSeconds: setting('LAPWING_HOST_PERIOD_SECONDS', wholeNumber(1, 3600), '5').about(
    'Seconds between samples of the host.',
  ),
  quotaResources: setting('LAPWING_QUOTA_RESOURCES', wholeNumber(1, 100_000_000).optional()).about(
    'Resources that may be monitored, each counted once however many of its metrics are; any number when unset.',
  ),
  configFile: setting('LAPWING_CONFIG_FILE', text).about(
    'A file as `lapwing apply` takes it, which the server applies when it starts and again on SIGHUP.',
  ),
  licenseFile: setting('LAPWING_LICENSE_FILE', text).about('A licence file; none is needed.'),
  licensePublicKey: setting('LAPWING_LICENSE_PUBLIC_KEY', text).about(
    'Ed25519 key licences are checked with: base64 of its DER form.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
