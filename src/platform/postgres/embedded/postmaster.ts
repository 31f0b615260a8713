/** One run of the PostgreSQL server, from its start to its end. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { CLEAN_ENVIRONMENT, type Account } from './os-user.ts';
import { EmbeddedError } from './embedded-error.ts';
import { describeError } from '../error-text.ts';
import { findPostmaster } from './folder-lock.ts';
import type { PostgresLog } from './log-file.ts';
import type { SupervisedProcess } from './supervise.ts';

/**
 * Keeps no orphan: the shell's helper reads from a pipe whose other end is our process. When that closes, however we
 * ended, it asks PostgreSQL for a fast shutdown. Signals meant for the group of our process do not reach them. The lock
 * on descriptor 9 is shared by all of PostgreSQL's processes and also holds between containers, where process ids mean
 * nothing; systems without flock have to do without.
 *
 * PostgreSQL refuses to start while the process id of a killed one's file is some other process's, as in containers all the
 * time, or beside an empty file, as a full disk or a power failure leaves it. So the id is made one that no process has, which
 * takes the lock: one that runs ends itself when it finds another id there. The other lines stay: by the key of the shared
 * memory PostgreSQL sees whether old backends are still about.
 */
const GUARD = `
  trap '' INT TERM HUP
  lock=$1 sockets=$2 pids=$3
  shift 3
  if command -v flock >/dev/null; then
    exec 9>>"$lock"
    flock -n 9 || { echo 'FATAL:  the data folder is locked by another process' >&2; exit 75; }
  fi
  if [ -s "$pids" ]; then
    rest=$(tail -n +2 "$pids")
    printf '2147483646\\n%s\\n' "$rest" >"$pids"
  else
    rm -f "$pids"
  fi
  # The guard of a killed server may have swept it away in this moment.
  mkdir -m 700 "$sockets" 2>/dev/null
  exec 3<&0
  "$@" </dev/null 3<&- &
  server=$!
  ( exec 9>&-; read -r line <&3; kill -INT $server ) 2>/dev/null &
  guard=$!
  exec 3<&-
  wait $server
  result=$?
  kill -KILL $guard 2>/dev/null
  rmdir "$sockets" 2>/dev/null
  exit $result`;

/** Recovery after a crash reads up to max_wal_size of log. */
const START_LIMIT_MS = 300_000;
/** After a fast shutdown was asked for: then an immediate one, then the hard way. */
const STOP_LIMITS_MS = [30_000, 10_000] as const;
const READY = 'database system is ready to accept connections';

export interface PostgresCommand {
  readonly account: Account;
  readonly folder: string;
  /** Removed when PostgreSQL has ended and left it empty. */
  readonly socketFolder: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly log: PostgresLog;
}

/**
 * Starts PostgreSQL and waits until it accepts connections.
 * @throws EmbeddedError quoting PostgreSQL's last words when it ends before, or after five minutes
 */
export async function launchPostgres(options: PostgresCommand): Promise<SupervisedProcess> {
  const { account, command, folder, log } = options;
  const files = [join(folder, 'lapwing.lock'), options.socketFolder, join(folder, 'postmaster.pid')];
  const guard = ['-c', GUARD, 'lapwing-postgres', ...files];
  const child = spawn('/bin/sh', [...guard, ...account.prefix, ...command], {
    ...account.credentials,
    cwd: '/',
    env: { ...CLEAN_ENVIRONMENT, ...account.environment },
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  // Writing to it never happens, but its reader may go first.
  child.stdin.on('error', () => undefined);
  const exited = waitForExit(child, log);
  try {
    await waitUntilReady(child, exited, log);
  } catch (error) {
    child.stdin.destroy();
    throw error;
  }
  return { exited, stop: () => stopPostgres(child, exited, folder) };
}

async function waitForExit(
  child: ChildProcessByStdio<Writable, null, Readable>,
  log: PostgresLog,
): Promise<string> {
  const ended = await once(child, 'exit').then(
    // The shell reports a signal as 128 and its number.
    ([code]: unknown[]) => `it ended with exit code ${typeof code === 'number' ? code : 'none'}`,
    (error: unknown) => `it could not be started: ${describeError(error)}`,
  );
  // Releases the helper, should only the shell have been killed: PostgreSQL then stops too.
  child.stdin.destroy();
  return `${ended}. Its last words:\n${log.tail()}`;
}

async function waitUntilReady(
  child: ChildProcessByStdio<Writable, null, Readable>,
  exited: Promise<string>,
  log: PostgresLog,
): Promise<void> {
  const ready = new Promise<null>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.write(line);
      if (line.includes(READY)) resolve(null);
    });
  });
  const timer = setTimeout(() => child.stdin.destroy(), START_LIMIT_MS);
  try {
    const reason = await Promise.race([ready, exited]);
    if (reason !== null) throw new EmbeddedError(`the embedded PostgreSQL did not start: ${reason}`);
  } finally {
    clearTimeout(timer);
  }
}

async function stopPostgres(
  child: ChildProcessByStdio<Writable, null, Readable>,
  exited: Promise<string>,
  folder: string,
): Promise<void> {
  child.stdin.destroy();
  const timers: NodeJS.Timeout[] = [];
  let waitMs = 0;
  for (const [step, signal] of (['SIGQUIT', 'SIGKILL'] as const).entries()) {
    waitMs += STOP_LIMITS_MS[step] ?? 0;
    timers.push(setTimeout(() => void signalPostmaster(folder, signal), waitMs));
  }
  await exited;
  for (const timer of timers) clearTimeout(timer);
}

async function signalPostmaster(folder: string, signal: NodeJS.Signals): Promise<void> {
  const pid = await findPostmaster(folder);
  if (pid === null) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in this moment.
  }
}
