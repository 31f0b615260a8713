/** How the program talks to PostgreSQL: one URL, limits on every wait, UTC, and types that fit JavaScript. */
import pg from 'pg';
import { messageOf } from '../runtime/to-error.ts';
import { ConnectionError, explainConnectFailure, parseConnection } from './connection-url.ts';

export { ConnectionError } from './connection-url.ts';

/** Waiting for a free connection, and for a new one to be made. */
const CONNECT_LIMIT_MS = 5_000;
/** PostgreSQL gives a statement up after this long. */
const STATEMENT_LIMIT_MS = 15_000;
/** We give it up a little later, in case PostgreSQL itself hangs; the connection is then thrown away. */
const QUERY_LIMIT_MS = 20_000;
/** A transaction forgotten open would stop vacuum and hold the log of scores. */
const IDLE_TRANSACTION_LIMIT_MS = 60_000;
const KEEP_ALIVE_AFTER_MS = 10_000;

/**
 * What a user or a database may have otherwise. Prisma writes times without a zone, reads them as UTC, and names tables with their
 * schema, which our SQL does not: a schema that is named after the user would come before public. pg reads dates of ISO alone.
 * Who has waited for a lock has to see what was committed meanwhile. What is acknowledged has to be on disk, also where a whole
 * PostgreSQL is set to answer sooner. The limits are for what asks for none, as a backup does: pg
 * sends no 0, and those it sends come after these.
 */
const SESSION = [
  'TimeZone=UTC',
  'search_path=public',
  'DateStyle=ISO',
  'extra_float_digits=1',
  'standard_conforming_strings=on',
  'default_transaction_isolation=read\\ committed',
  'synchronous_commit=on',
  'statement_timeout=0',
  'lock_timeout=0',
  'idle_in_transaction_session_timeout=0',
  'idle_session_timeout=0',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');
const OURS = [
  'application_name',
  'fallback_application_name',
  'connectionTimeoutMillis',
  'statement_timeout',
  'query_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'keepAlive',
  'keepAliveInitialDelayMillis',
];

/** pg makes a local midnight of a DATE, which is another day elsewhere; as text it stays what it is. */
const typesWithPlainDates: pg.CustomTypesConfig = {
  getTypeParser: (type, format): unknown =>
    type === pg.types.builtins.DATE ? (text: string) => text : pg.types.getTypeParser(type, format),
};

/**
 * Settings of a connection for pg: bigint and numeric come as text, timestamptz as Date, date as `YYYY-MM-DD`.
 * @param connection `postgresql://user:password@host:port/database`, or with `?host=/folder` for a Unix socket
 * @param options.readOnly PostgreSQL refuses every statement that would write, with the SQLSTATE 25006
 * @param options.idleLimitMs PostgreSQL ends a session that nobody has used for as long, be it in a transaction; when left out,
 *   only in a transaction, after a minute
 * @throws ConnectionError when it is not such a URL
 */
export function configureConnection(
  connection: string,
  applicationName: string,
  { readOnly = false, idleLimitMs }: { readonly readOnly?: boolean; readonly idleLimitMs?: number } = {},
): pg.ClientConfig {
  const url = parseConnection(connection);
  const fixed = `${url.searchParams.get('options') ?? ''} ${SESSION}`.trim();
  const options = [
    fixed,
    ...(readOnly ? ['-c default_transaction_read_only=on'] : []),
    ...(idleLimitMs === undefined ? [] : [`-c idle_session_timeout=${idleLimitMs}`]),
  ];
  url.searchParams.set('options', options.join(' '));
  // pg lets the URL decide over what it is given: sessions are known by their names, and waits have limits.
  for (const name of OURS) url.searchParams.delete(name);
  return {
    connectionString: url.href,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    statement_timeout: STATEMENT_LIMIT_MS,
    query_timeout: QUERY_LIMIT_MS,
    idle_in_transaction_session_timeout: idleLimitMs ?? IDLE_TRANSACTION_LIMIT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    types: typesWithPlainDates,
  };
}

/**
 * One connection of its own, with an error listener: without one a lost connection ends the process.
 * @throws ConnectionError when PostgreSQL cannot be reached or does not let us in
 */
export async function openClient(
  connection: string,
  applicationName: string,
  overrides: pg.ClientConfig = {},
): Promise<pg.Client> {
  const client = new pg.Client({ ...configureConnection(connection, applicationName), ...overrides });
  // The next user of the client gets it again, as the failure of its query.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    const why = `${messageOf(error)}${explainConnectFailure(error)}`;
    throw new ConnectionError(`cannot connect to ${describeConnection(connection)}: ${why}`, {
      cause: error,
    });
  }
}

/** The connection as it may be shown: without its password. */
export function describeConnection(connection: string): string {
  const url = parseConnection(connection);
  const host = url.searchParams.get('host') ?? url.host.replaceAll(/%2f/gi, '/');
  return `PostgreSQL database ${decodeURIComponent(url.pathname.slice(1)) || '(default)'} at ${host}`;
}

/** The same server, another database. */
export function selectDatabase(connection: string, database: string): string {
  const url = parseConnection(connection);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}
