/** What the command line prints when a command fails: one line for what an operator can fix, a stack trace for a bug. */
import { ExpectedError, OperatorError } from '../errors.ts';
import { ListenError } from '../platform/runtime/listen.ts';

/** By SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html, or the system's error code. */
const REMEDIES: Readonly<Record<string, string>> = {
  '25006':
    'the database is read-only: point DATABASE_URL at the primary; default_transaction_read_only has to be off, which managed ones ' +
    'switch on when their disk is full',
  '28000': 'PostgreSQL does not let this user in: check the user in DATABASE_URL, and pg_hba.conf',
  '28P01': 'check the password in DATABASE_URL',
  '3D000': 'create the database first: createdb, or CREATE DATABASE',
  '42501':
    'the database user lacks rights: it must own the database, or at least be allowed to create tables in the schema public',
  '53100': 'the disk is full: free some space',
  '53200': 'PostgreSQL is out of memory: raise max_locks_per_transaction, or give it more',
  '53300':
    'no connection is free: raise max_connections of PostgreSQL, or the limit of the user (ALTER ROLE … CONNECTION LIMIT) or the ' +
    'database, or end other clients',
  '57P03': 'PostgreSQL is still starting: try again',
  EACCES: 'this user may not do that: check who owns the file or folder, or choose another LAPWING_DATA_DIR',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'too many open files: raise the limit of file descriptors (ulimit -n)',
  ENOSPC: 'the disk is full: free some space',
  EPERM: 'this user may not do that: check who owns the file or folder, or choose another LAPWING_DATA_DIR',
  EROFS: 'the file system is read-only: choose another LAPWING_DATA_DIR',
};

/** @returns the text after `lapwing: `, without a line end */
export function explainFailure(error: unknown): string {
  // It says itself what to do about a port; the remedies are for files.
  if (error instanceof ListenError) return error.message;
  if (error instanceof OperatorError || error instanceof ExpectedError)
    return error.message + addRemedy(error);
  const code = findCode(error);
  const isSystem = error instanceof Error && 'syscall' in error;
  if (isSystem || (code !== undefined && code in REMEDIES)) return `${messageOf(error)}${addRemedy(error)}`;
  return `unexpected failure: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What fetch says of a connection that failed is in the cause; several addresses of a name each have one of their own. */
export function explainFetch(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const one: unknown = cause instanceof AggregateError ? cause.errors.at(-1) : cause;
  return error instanceof TypeError ? messageOf(one) : messageOf(error);
}

function addRemedy(error: unknown): string {
  const remedy = REMEDIES[findCode(error) ?? ''];
  return remedy === undefined || messageOf(error).includes(remedy) ? '' : ` (${remedy})`;
}

/** The first code along the causes: PostgreSQL's own, as pg or Prisma pass it on, or the system's. */
function findCode(error: unknown): string | undefined {
  for (let cause = error; typeof cause === 'object' && cause !== null;) {
    if ('originalCode' in cause && typeof cause.originalCode === 'string') return cause.originalCode;
    if ('code' in cause && typeof cause.code === 'string' && cause.code in REMEDIES) return cause.code;
    cause = 'cause' in cause ? cause.cause : null;
  }
  return undefined;
}
