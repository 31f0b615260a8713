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
/** Graphite's own port. */
const GRAPHITE_PORT = 2003;
/** Empty text switches it off; a port nobody chose gives way to any free one. */
const graphitePort = z.union([
  z.literal('').transform(() => null),
  z.literal('auto').transform(() => ({ port: GRAPHITE_PORT, orAnyFree: true })),
  port.transform((chosen) => ({ port: chosen, orAnyFree: false })),
]);

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
 * @throws ConfigError naming each bad or unknown LAPWING_ variable with its value and what was expected
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
  const known = new Set<string>(Object.values(SETTINGS).map(({ name }) => name));
  for (const name of Object.keys(environment)) {
    if (name.startsWith('LAPWING_') && !known.has(name)) problems.push(`${name}: no such setting`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // The loop above parsed every key of SETTINGS with its own schema.
  return Object.freeze(Object.fromEntries(entries)) as Config;
}

/** One row per setting: name, default, what it does. For `--help` and the README. */
export function describeSettings(): readonly { name: string; fallback: string; about: string }[] {
  return Object.values(SETTINGS).map((row) => ({
    name: row.name,
    fallback: 'fallback' in row ? (row.fallback ?? '') : '',
    about: row.about,
  }));
}
