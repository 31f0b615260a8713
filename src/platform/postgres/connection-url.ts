/** What people write into DATABASE_URL, by habit of libpq, and what is said where it cannot be used. */
import { accessSync, constants } from 'node:fs';
import { OperatorError } from '../../errors.ts';
import { messageOf } from '../runtime/to-error.ts';

/** The database cannot be used as it was asked for; the message names it without its password. */
export class ConnectionError extends OperatorError {
  override readonly name = 'ConnectionError';
}

const EXPECTED =
  'expected postgresql://user:password@host:port/database ' +
  '(for a Unix socket postgresql://user@localhost/database?host=/folder)';
/** What pg takes for verify-full, with a warning at each start, unless it is asked for libpq's meaning. */
const ALIASES = new Set(['prefer', 'require', 'verify-ca']);
const FILES = ['sslrootcert', 'sslcert', 'sslkey'];

/**
 * As pg is given it.
 * @throws ConnectionError where it cannot be used
 */
export function parseConnection(connection: string): URL {
  const url = readUrl(connection.trim());
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || !connection.includes('://')) {
    // The text is not repeated: it may hold a password.
    throw new ConnectionError(`DATABASE_URL is not a PostgreSQL URL: ${EXPECTED}${findFlaw(connection)}`);
  }
  const { searchParams } = url;
  const schema = searchParams.get('schema');
  if (schema !== null && schema !== 'public') {
    throw new ConnectionError(
      `DATABASE_URL asks for schema=${schema}: only public is supported; give the server a database of its own`,
    );
  }
  if (isSeveral(searchParams.get('host') ?? url.hostname))
    throw new ConnectionError(`DATABASE_URL${SEVERAL}`);
  // Authorities that Node knows: what libpq calls the system's.
  if (searchParams.get('sslrootcert') === 'system') {
    searchParams.delete('sslrootcert');
    searchParams.set('sslmode', 'verify-full');
  }
  const isVerified = ALIASES.has(searchParams.get('sslmode') ?? '') && !searchParams.has('uselibpqcompat');
  if (isVerified) searchParams.set('sslmode', 'verify-full');
  for (const name of FILES) checkReadable(name, searchParams.get(name));
  return url;
}

/** A host that is left out beside `?host=`, as Cloud SQL has it, is none of a URL; nor is a percent sign that encodes nothing. */
function readUrl(text: string): URL | null {
  const full = /[?&]host=/.test(text) ? text.replace(/^(\w+:\/\/[^/?#]*@)(?=[/?])/, '$1localhost') : text;
  if (!URL.canParse(full)) return null;
  const url = new URL(full);
  url.username = encodeLone(url.username);
  url.password = encodeLone(url.password);
  url.pathname = encodeLone(url.pathname);
  return url;
}

function encodeLone(text: string): string {
  return text.replace(/%(?![0-9a-f]{2})/gi, '%25');
}

const SEVERAL =
  ' names several hosts: name the one that takes writes, or an address that leads to it (a proxy, a virtual address)';

function isSeveral(host: string): boolean {
  return host.includes(',');
}

/** Of a text that is no URL; it is not repeated. */
function findFlaw(connection: string): string {
  const text = connection.trim();
  if (/^["']/.test(text)) return '; it begins with a quotation mark, which files of environments keep';
  if (!/^postgres(ql)?:/.test(text)) return '';
  if (/^[^?]*:\/\/[^/?]*,/.test(text)) return `; it${SEVERAL}`;
  return '; in the password, / ? # and @ are written %2F %3F %23 and %40';
}

function checkReadable(name: string, file: string | null): void {
  if (file === null) return;
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    throw new ConnectionError(`DATABASE_URL: ${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

const HINTS: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [
    /^unsupported startup parameter/,
    ': this is a pooler, such as PgBouncer; name PostgreSQL itself, as the server needs sessions of its own',
  ],
  [
    /self[- ]signed certificate|unable to (?:get local issuer|verify)/,
    ': add sslrootcert=FILE with its authority to DATABASE_URL, or sslmode=no-verify to believe any',
  ],
  [/unrecognized configuration parameter "idle_session_timeout"/, ': PostgreSQL 14 or newer is needed'],
  [/no pg_hba\.conf entry .*no encryption/, ': add sslmode=require to DATABASE_URL'],
  [/client password must be a/, ': PostgreSQL asks for a password, and DATABASE_URL has none'],
  [/server does not support SSL/, ': leave sslmode out of DATABASE_URL, or write sslmode=disable'],
];

/** @returns what to change, to be put behind what PostgreSQL or Node said; empty where that says it */
export function explainConnectFailure(error: unknown): string {
  const message = messageOf(error);
  return HINTS.find(([pattern]) => pattern.test(message))?.[1] ?? '';
}
