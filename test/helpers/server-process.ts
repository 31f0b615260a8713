/** The server as its users run it: a process of its own, which can be killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { findProgram, fromSources } from './program.ts';

/** It is killed by the end of its scope, unless it has ended: `await using server = await startServerProcess(…)`. */
export interface ServerProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** The ready line: the addresses by protocol, among others. */
  /** What it has written to standard error last. */
  readonly readLog: () => string;
  readonly addresses: Readonly<Record<string, string>>;
  /** Kills the whole process group, as a machine that loses power would. */
  kill(): Promise<void>;
  /** SIGTERM; gives the exit code. */
  terminate(): Promise<number | null>;
}

/**
 * Starts `lapwing serve` and waits for its ready line.
 * @param settings environment variables beside PATH and HOME
 * @param options.main another main.ts than that of the program
 * @param options.preload TypeScript to load first
 * @throws Error with what the server said when it ends before it is ready
 */
export async function startServerProcess(
  settings: Readonly<Record<string, string>>,
  {
    main,
    preload = [],
    stderr = 'pipe',
  }: {
    readonly main?: string;
    readonly preload?: readonly string[];
    /** A descriptor to write the log to. */
    readonly stderr?: 'pipe' | number;
  } = {},
): Promise<ServerProcess> {
  const program = main === undefined && preload.length === 0 ? findProgram() : fromSources(main, preload);
  const child = spawn(process.execPath, [...program, 'serve'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
    stdio: ['ignore', 'pipe', stderr],
    // A group of its own, so that killing it does not kill the test.
    detached: true,
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)));
  const exited = once(child, 'exit');
  const addresses = await new Promise<Record<string, string>>((resolve, reject) => {
    createInterface({ input: child.stdout ?? Readable.from([]) }).once('line', (line) => {
      resolve(JSON.parse(line) as Record<string, string>);
    });
    void exited.then(() => reject(new Error(`the server ended before it was ready:\n${said}`)));
  });
  const kill = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL');
    await exited;
  };
  return {
    child,
    addresses,
    readLog: () => said,
    kill,
    [Symbol.asyncDispose]: kill,
    terminate: async () => {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
  };
}

/** Below the ports systems give away by themselves: connections of others must not take it while a server restarts. */
const FIXED_PORTS = { first: 20_000, count: 10_000 };

/** A port nobody listens on now, and that nobody is given who asks for any. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = FIXED_PORTS.first + randomInt(FIXED_PORTS.count);
    const probe = createServer().listen(port, '127.0.0.1');
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}
