/**
 * Settings: the environment becomes one frozen object; every problem is reported at once. The only reader of
 * process.env. `--help` and the README's table are printed from this list.
 */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { findConflicts, findIdle, type GivenSettings } from './dependencies.ts';
import { withoutServiceLinks } from './service-links.ts';
import type { Setting } from './setting.ts';
import { SETTINGS } from './settings.ts';
import { OperatorError } from '../../errors.ts';
import { wordIssue } from '../runtime/word-issue.ts';

type Settings = typeof SETTINGS;
export type Config = { readonly [Key in keyof Settings]: z.output<Settings[Key]['schema']> };

/** Every problem of the environment at once. */
export class ConfigError extends OperatorError {
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
export function readConfig(given: NodeJS.ProcessEnv = process.env): Config {
  const environment = withoutServiceLinks(given);
  const problems: string[] = [];
  const rows: readonly Setting<unknown>[] = Object.values(SETTINGS);
  const values = new Map(rows.map((row) => [row.name, readGiven(row, environment, problems)]));
  const entries = Object.entries(SETTINGS).map(([key, { name, schema, ...rest }]) => {
    const given = values.get(name);
    const result = schema.safeParse(given ?? ('fallback' in rest ? rest.fallback : undefined), {
      error: wordIssue,
    });
    if (result.success) return [key, result.data] as const;
    const shown = 'secret' in rest ? '(hidden)' : JSON.stringify(hideUserinfo(given));
    problems.push(`${name}=${shown}: ${result.error.issues.map((issue) => issue.message).join('; ')}`);
    return [key, undefined] as const;
  });
  problems.push(...findConflicts(describeGiven(environment, values)));
  if (problems.length > 0) throw new ConfigError(problems);
  // The loop above parsed every key of SETTINGS with its own schema.
  return Object.freeze(Object.fromEntries(entries)) as Config;
}

/** A secret whose file cannot be read was given: that it is missing would be a second problem. */
function describeGiven(
  environment: NodeJS.ProcessEnv,
  values: ReadonlyMap<string, string | undefined>,
): GivenSettings {
  return {
    textOf: ({ name }) => values.get(name),
    isGiven: ({ name, secret = false }) =>
      values.get(name) !== undefined || (secret && environment[`${name}${FILE_SUFFIX}`] !== undefined),
  };
}

/** What a secret may be given as in place of its text: the name of a file, as container platforms mount them. */
const FILE_SUFFIX = '_FILE';

/**
 * These are never left empty on purpose: one whose text got lost on its way is not to open a server, to begin another database,
 * or to seal with other keys.
 */
const NEVER_EMPTY: ReadonlySet<string> = new Set(
  [SETTINGS.apiKey, SETTINGS.databaseUrl, SETTINGS.sealingKey].map(({ name }) => name),
);

/** Of the same kind at both ends, with none between: a JSON list, or a password, may begin and end with one of two. */
const IN_QUOTES = /^\s*(?:"([^"]*)"|'([^']*)')\s*$/;

/**
 * The text of a setting. Line ends behind it belong to the file it comes from: an env file of Windows, a Kubernetes secret
 * made by `echo`. Empty is unset where there is no default: so `NAME: ${NAME:-}` has it in a compose file.
 */
function readGiven(
  { name, secret = false, fallback }: Setting<unknown>,
  environment: NodeJS.ProcessEnv,
  problems: string[],
): string | undefined {
  const given = secret ? readSecret(name, environment, problems) : environment[name];
  const quoted = given !== undefined && given === environment[name] ? IN_QUOTES.exec(given) : null;
  if (quoted !== null)
    problems.push(`${name}: expected without the quotes around it, which docker --env-file leaves in place`);
  const plain = quoted?.[1] ?? quoted?.[2] ?? given;
  // Blanks around are of an env file, too; a password may end in one.
  const text = secret ? plain?.replace(/[\r\n]+$/, '') : plain?.trim();
  return text === '' && fallback === undefined && !NEVER_EMPTY.has(name) ? undefined : text;
}

/** @returns the variable, or the file its `_FILE` names; undefined where neither is set */
function readSecret(name: string, environment: NodeJS.ProcessEnv, problems: string[]): string | undefined {
  const variable = `${name}${FILE_SUFFIX}`;
  const file = environment[variable];
  if (file === undefined) return environment[name];
  if ((environment[name] ?? '') !== '') problems.push(`${name} and ${variable}: expected one of them`);
  try {
    // Editors of Windows put a byte order mark in front.
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    if (!/[\0\uFFFD]/.test(text)) return text;
    problems.push(`${variable}=${JSON.stringify(file)}: expected text in UTF-8`);
    return undefined;
  } catch (error) {
    problems.push(
      `${variable}=${JSON.stringify(file)}: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}

/** Any address may carry a password: it is shown without. */
function hideUserinfo(given: string | undefined): string | undefined {
  return given?.replaceAll(/\/\/[^/\s]*@/g, '//(hidden)@');
}

/** Variables that look like settings but are none: a typing error, or of another version. Worth a warning. */
export function findUnknownSettings(environment: NodeJS.ProcessEnv = process.env): readonly string[] {
  const known = new Set<string>(
    Object.values(SETTINGS).flatMap((row) =>
      'secret' in row ? [row.name, `${row.name}${FILE_SUFFIX}`] : [row.name],
    ),
  );
  return Object.keys(withoutServiceLinks(environment)).filter(
    (name) => name.startsWith('LAPWING_') && !known.has(name),
  );
}

/**
 * Settings that do nothing because the one is missing that they belong to. Worth a warning, and no more: who comments out an
 * address switches a part off. Reads no files again: some can be read only once.
 */
export function findIdleSettings(given: NodeJS.ProcessEnv = process.env): readonly string[] {
  const environment = withoutServiceLinks(given);
  const rows: readonly Setting<unknown>[] = Object.values(SETTINGS);
  const values = rows.map(
    (row) => [row.name, readGiven({ ...row, secret: false }, environment, [])] as const,
  );
  return [...findIdle(describeGiven(environment, new Map(values))), ...findProxies(given)];
}

/** What other programs ask through. Node reads none of them by itself. */
const PROXIES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'];

function findProxies(environment: NodeJS.ProcessEnv): readonly string[] {
  return PROXIES.flatMap((name) => [name, name.toLowerCase()])
    .filter((name) => (environment[name] ?? '') !== '')
    .map((name) => `${name}, as the server makes its connections itself: docs/deploy.md`);
}

/** One row per setting: name, default, what it does. For `--help` and the README. */
export function describeSettings(): readonly {
  name: string;
  fallback: string;
  about: string;
  /** Whether NAME_FILE may name a file that has it. */
  isSecret: boolean;
}[] {
  return Object.values(SETTINGS).map((row) => ({
    name: row.name,
    fallback: 'fallback' in row ? (row.fallback ?? '') : '',
    about:
      'secret' in row ? `${row.about} Or ${row.name}${FILE_SUFFIX} names a file that has it.` : row.about,
    isSecret: 'secret' in row,
  }));
}

/**
 * Libraries check themselves more slowly unless they know that nobody is developing: to be called before they are
 * loaded. What the environment says goes first.
 */
export function preferProduction(environment: NodeJS.ProcessEnv = process.env): void {
  environment.NODE_ENV ??= 'production';
}
