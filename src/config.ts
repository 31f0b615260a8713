/**
 * Settings: the environment becomes one frozen object; every problem is told at once. The only reader of
 * process.env. `--help` and the README's table are printed from this list.
 */
import { z } from 'zod';

interface Setting<T> {
  /** Environment variable. */
  readonly name: string;
  readonly about: string;
  /** Text of the default, as `--help` shows it; absent where there is none. */
  readonly fallback?: string;
  readonly schema: z.ZodType<T, string | undefined>;
  /** Never printed. */
  readonly secret?: boolean;
}

const text = z.string().optional();
const wholeNumber = (low: number, high: number) =>
  z
    .string()
    .regex(/^\d+$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(low, `expected at least ${low}`).max(high, `expected at most ${high}`));
const onOff = z.enum(['on', 'off'], { error: 'expected on or off' }).transform((word) => word === 'on');
const port = wholeNumber(0, 65_535);
const httpUrl = z
  .string()
  .refine((given) => /^https?:/.test(given) && URL.canParse(given), 'expected an http or https URL');
/** Graphite's own port. */
const GRAPHITE_PORT = 2003;
/** Empty text switches it off; a port nobody chose gives way to any free one. */
const graphitePort = z.union([
  z.literal('').transform(() => null),
  z.literal('auto').transform(() => ({ port: GRAPHITE_PORT, orAnyFree: true })),
  port.transform((chosen) => ({ port: chosen, orAnyFree: false })),
]);

/** Topic name → URL. */
const webhooks = z.string().transform((list, context): ReadonlyMap<string, URL> => {
  const byTopic = new Map<string, URL>();
  for (const item of list.split(',').filter((part) => part.trim() !== '')) {
    const [topic = '', ...rest] = item.trim().split('=');
    const address = rest.join('=');
    if (!/^[\w-]+$/.test(topic) || !/^https?:/.test(address) || !URL.canParse(address)) {
      context.addIssue(`expected topic=URL, got ${item.trim()}`);
      return z.NEVER;
    }
    byTopic.set(topic, new URL(address));
  }
  return byTopic;
});

/** One whose value is never printed. */
function secret<T>(name: string, about: string, schema: z.ZodType<T, string | undefined>): Setting<T> {
  return { ...setting(name, about, schema), secret: true };
}

function setting<T>(
  name: string,
  about: string,
  schema: z.ZodType<T, string | undefined>,
  fallback?: string,
): Setting<T> {
  return { name, about, schema, ...(fallback === undefined ? {} : { fallback }) };
}

const SETTINGS = {
  host: setting('LAPWING_HOST', 'Address the server listens on.', z.string().min(1), '127.0.0.1'),
  port: setting('LAPWING_PORT', 'HTTP port; 0 takes any free one.', port, '4000'),
  graphitePort: setting(
    'LAPWING_GRAPHITE_PORT',
    'TCP port for Graphite plaintext: auto is 2003, or any free one where that is taken; empty switches it off.',
    graphitePort,
    'auto',
  ),
  dataDir: setting('LAPWING_DATA_DIR', 'Folder of the embedded database.', z.string().min(1), './data'),
  databaseUrl: setting(
    'DATABASE_URL',
    'A PostgreSQL (14 or newer) to use instead of the embedded one, e.g. postgresql://user:password@host/db.',
    text,
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
  retentionDays: setting(
    'LAPWING_RETENTION_DAYS',
    'Samples are dropped, by month, once both their time and their arrival are older; 0 keeps them for ever.',
    wholeNumber(0, 36_500),
    '90',
  ),
  futureToleranceSeconds: setting(
    'LAPWING_FUTURE_TOLERANCE_SECONDS',
    'A point further ahead of the clock than this is refused.',
    wholeNumber(0, 31_536_000),
    '86400',
  ),
  ingestQueuePoints: setting(
    'LAPWING_INGEST_QUEUE_POINTS',
    'Points that may wait to be written before pushers are told to retry later.',
    wholeNumber(1000, 10_000_000),
    '200000',
  ),
  modelCache: setting(
    'LAPWING_MODEL_CACHE',
    'Models kept in memory; colder ones are restored from their checkpoint when a point comes.',
    wholeNumber(1, 10_000_000),
    '20000',
  ),
  maxMetrics: setting(
    'LAPWING_MAX_METRICS',
    'Names that pushed points may create; points for further names are rejected.',
    wholeNumber(1, 100_000_000),
    '100000',
  ),
  cloudwatchAccessKeyId: setting(
    'LAPWING_CLOUDWATCH_ACCESS_KEY_ID',
    'Access key id of the first account of the CloudWatch service at /aws; with its secret, or neither.',
    text,
  ),
  cloudwatchSecretAccessKey: secret(
    'LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY',
    'Secret access key of that account.',
    text,
  ),
  cloudwatchAcceptAnySignature: setting(
    'LAPWING_CLOUDWATCH_ACCEPT_ANY_SIGNATURE',
    'For development: requests to /aws from this machine need no valid signature: on or off.',
    onOff,
    'off',
  ),
  cloudwatchAwsNamespaces: setting(
    'LAPWING_CLOUDWATCH_AWS_NAMESPACES',
    'Whether data may be put into namespaces that begin with AWS/, as AWS itself does not allow: on or off.',
    onOff,
    'off',
  ),
  cloudwatchRetentionDays: setting(
    'LAPWING_CLOUDWATCH_RETENTION_DAYS',
    'Days the CloudWatch service keeps one-minute data.',
    wholeNumber(1, 36_500),
    '14',
  ),
  cloudwatchRollupDays: setting(
    'LAPWING_CLOUDWATCH_ROLLUP_DAYS',
    'Days in all it keeps five-minute and one-hour roll-ups of older data; 0 for none.',
    wholeNumber(0, 36_500),
    '0',
  ),
  cloudwatchWebhooks: setting(
    'LAPWING_CLOUDWATCH_WEBHOOKS',
    'Where alarm actions are posted: SNS topic names with URLs, e.g. ops=https://example.com/hook,dev=http://127.0.0.1:9.',
    webhooks,
    '',
  ),
  influxdbUrl: setting(
    'LAPWING_INFLUXDB_URL',
    'InfluxDB 2 the server writes its own monitoring to, and reads series from; with its organisation and bucket.',
    httpUrl.optional(),
  ),
  influxdbOrg: setting('LAPWING_INFLUXDB_ORG', 'Organisation there.', text),
  influxdbBucket: setting('LAPWING_INFLUXDB_BUCKET', "Bucket of the server's own points.", text),
  influxdbToken: secret('LAPWING_INFLUXDB_TOKEN', 'API token for it.', text),
  influxdbScores: setting(
    'LAPWING_INFLUXDB_SCORES',
    'Write the score of every judged point there too, as measurement anomaly: on or off.',
    onOff,
    'off',
  ),
  monitoringFlushSeconds: setting(
    'LAPWING_MONITORING_FLUSH_SECONDS',
    'Seconds between two writes of own points to InfluxDB.',
    wholeNumber(1, 3600),
    '1',
  ),
  quotaResources: setting(
    'LAPWING_QUOTA_RESOURCES',
    'Resources that may be watched, each counted once however many of its metrics are; any number when unset.',
    wholeNumber(1, 100_000_000).optional(),
  ),
  licenseFile: setting('LAPWING_LICENSE_FILE', 'A licence file; none is needed.', text),
  licensePublicKey: setting(
    'LAPWING_LICENSE_PUBLIC_KEY',
    'Ed25519 key licences are checked with: base64 of its DER form.',
    text,
  ),
  awsEndpoint: setting(
    'LAPWING_AWS_ENDPOINT',
    "Where CloudWatch and EC2 are asked: a URL, self for the CloudWatch service at /aws, or nothing for AWS itself and the SDK's own variables.",
    z.union([z.literal('self'), httpUrl], { error: 'expected self, or an http or https URL' }).optional(),
  ),
  awsHistoryDays: setting(
    'LAPWING_AWS_HISTORY_DAYS',
    'How far back a CloudWatch metric is read when it is first watched.',
    wholeNumber(1, 455),
    '14',
  ),
  awsSettleSeconds: setting(
    'LAPWING_AWS_SETTLE_SECONDS',
    'How long after a period ended its CloudWatch value is taken for good.',
    wholeNumber(0, 86_400),
    '360',
  ),
  graphiql: setting('LAPWING_GRAPHIQL', 'Serve GraphiQL at /graphql: on or off.', onOff, 'on'),
  logLevel: setting(
    'LAPWING_LOG_LEVEL',
    'fatal, error, warn, info, debug, trace or silent.',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
  ),
} as const satisfies Record<string, Setting<unknown>>;

type Settings = typeof SETTINGS;
export type Config = { readonly [Key in keyof Settings]: z.output<Settings[Key]['schema']> };

/** Every problem of the environment at once. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`bad settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads the settings.
 * @throws ConfigError naming each bad variable with its value and what was expected
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const problems: string[] = [];
  const entries = Object.entries(SETTINGS).map(([key, { name, schema, ...rest }]) => {
    const given = environment[name];
    const result = schema.safeParse(given ?? ('fallback' in rest ? rest.fallback : undefined));
    if (result.success) return [key, result.data] as const;
    const shown = 'secret' in rest ? '(hidden)' : JSON.stringify(given);
    problems.push(`${name}=${shown}: ${result.error.issues.map((issue) => issue.message).join('; ')}`);
    return [key, undefined] as const;
  });
  const { cloudwatchAccessKeyId: keyId, cloudwatchSecretAccessKey: key } = SETTINGS;
  if ((environment[keyId.name] === undefined) !== (environment[key.name] === undefined)) {
    problems.push(`${keyId.name} and ${key.name}: expected both or neither`);
  }
  const { influxdbUrl: url, influxdbOrg: org, influxdbBucket: bucket } = SETTINGS;
  if (environment[url.name] !== undefined) {
    for (const { name } of [org, bucket]) {
      if (environment[name] === undefined) problems.push(`${name}: expected, because ${url.name} is set`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // The loop above parsed every key of SETTINGS with its own schema.
  return Object.freeze(Object.fromEntries(entries)) as Config;
}

/** Variables that look like settings but are none: a typing error, or of another version. Worth a warning. */
export function findUnknownSettings(environment: NodeJS.ProcessEnv = process.env): readonly string[] {
  const known = new Set<string>(Object.values(SETTINGS).map(({ name }) => name));
  return Object.keys(environment).filter((name) => name.startsWith('LAPWING_') && !known.has(name));
}

/** One row per setting: name, default, what it does. For `--help` and the README. */
export function describeSettings(): readonly { name: string; fallback: string; about: string }[] {
  return Object.values(SETTINGS).map((row) => ({
    name: row.name,
    fallback: 'fallback' in row ? (row.fallback ?? '') : '',
    about: row.about,
  }));
}
