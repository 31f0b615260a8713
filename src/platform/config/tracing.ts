/**
 * Where traces are sent, by OpenTelemetry's own variables, which mean what its specification says: an empty one is none.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/ and https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
import { z } from 'zod';
import { hasNoUser, httpUrl, secret, setting, type Setting } from './setting.ts';

const given = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value));
const address = given.pipe(
  httpUrl
    .refine(hasNoUser, 'expected no user and no password in it: see OTEL_EXPORTER_OTLP_HEADERS')
    .optional(),
);
const protocol = given.pipe(
  z.enum(['http/protobuf'], { error: 'expected http/protobuf: traces are sent by no other' }).optional(),
);
/** `key=value,key=value`, percent-encoded, as headers and resource attributes are given. */
const pairs = given.transform((list, context): Readonly<Record<string, string>> => {
  const read: Record<string, string> = {};
  for (const pair of (list ?? '').split(',')) {
    if (pair.trim() === '') continue;
    const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(pair.trim()) ?? [];
    const name = decode(key.trim());
    const text = decode(value.trim());
    if (name !== null && name !== '' && text !== null) {
      read[name] = text;
      continue;
    }
    context.addIssue('expected key=value pairs with commas between, percent-encoded');
    return z.NEVER;
  }
  return read;
});

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export const TRACING_SETTINGS = {
  otlpEndpoint: setting('OTEL_EXPORTER_OTLP_ENDPOINT', address).about(
    'OpenTelemetry collector that traces are sent to, by OTLP/HTTP, at its path v1/traces; no traces are made when neither this nor the next is set.',
  ),
  otlpTracesEndpoint: setting('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', address).about(
    'The same as a whole address, such as http://collector:4318/v1/traces; goes before the other.',
  ),
  otlpHeaders: secret('OTEL_EXPORTER_OTLP_HEADERS', pairs).about(
    'Headers sent with traces, such as a key: key=value,key=value, percent-encoded.',
  ),
  otlpTracesHeaders: secret('OTEL_EXPORTER_OTLP_TRACES_HEADERS', pairs).about(
    'Further headers sent with traces; go before those of the same name.',
  ),
  otlpProtocol: setting('OTEL_EXPORTER_OTLP_PROTOCOL', protocol).about(
    'How traces are sent: http/protobuf is the only one.',
  ),
  otlpTracesProtocol: setting('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', protocol).about(
    'The same for traces alone.',
  ),
  tracesExporter: setting(
    'OTEL_TRACES_EXPORTER',
    given.pipe(z.enum(['otlp', 'none'], { error: 'expected otlp or none' }).optional()),
  ).about('Where traces go: otlp, or none for nowhere, whatever the addresses say.'),
  otelDisabled: setting(
    'OTEL_SDK_DISABLED',
    given.transform((word) => word?.toLowerCase() === 'true'),
  ).about('Make no traces, whatever the addresses say: true or false.'),
  otelServiceName: setting('OTEL_SERVICE_NAME', given).about(
    'Name of this server in traces; lapwing when unset.',
  ),
  otelResourceAttributes: setting('OTEL_RESOURCE_ATTRIBUTES', pairs).about(
    'Further attributes of this server in traces: key=value,key=value, percent-encoded.',
  ),
  tracesSampler: setting(
    'OTEL_TRACES_SAMPLER',
    given.pipe(
      z.enum(SAMPLERS, { error: `expected one of ${SAMPLERS.join(', ')}` }).default('parentbased_always_on'),
    ),
    'parentbased_always_on',
  ).about(
    `Which traces are recorded: ${SAMPLERS.join(', ')}. Those named parentbased follow the caller where it says, and are meant by themselves where it does not.`,
  ),
  tracesSamplerRatio: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    given
      .transform((share) => Number(share ?? 1))
      .pipe(
        z.number('expected a number from 0 to 1').min(0, 'expected at least 0').max(1, 'expected at most 1'),
      ),
    '1',
  ).about('Share of traces a sampler named traceidratio records, from 0 to 1.'),
} as const satisfies Record<string, Setting<unknown>>;

/** @returns the text; null for what is not encoded as it should be */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
