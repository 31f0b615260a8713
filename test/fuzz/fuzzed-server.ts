/** The server under fire, in a process of its own, and what it said in its log. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Stats } from '../../src/platform/telemetry/metrics.ts';
import { read } from '../helpers/ask.ts';
import { withDatabase } from '../helpers/database.ts';

/** The first key: what a fuzzed mutation makes of keys cannot lock the test out. */
export const KEY = 'fuzz-key-0123456789abcdef';

/** What the server's process says once it listens. */
export interface Ready {
  readonly addresses: Readonly<Record<string, string>>;
}

/** What the server's process says of itself. */
export interface State {
  /** Megabytes of objects, and of buffers beside them, that are left when everything that can go has gone. */
  readonly heldMb: number;
  /** How late its event loop was since the last question, by percentile. */
  readonly lateMs: { readonly p99: number; readonly p999: number; readonly max: number };
  readonly stats: Readonly<Partial<Record<Parameters<Stats['read']>[0], number>>>;
  readonly subscribers: number;
  readonly metrics: number;
  /** Lines of errors nobody expected; at most a hundred are kept. */
  readonly unexpected: readonly string[];
}

export interface FuzzedServer extends AsyncDisposable {
  readonly url: string;
  readonly graphitePort: number;
  readonly readState: () => Promise<State>;
}

/** Who fuzzes: an admin, a key of an account, or anybody on a server without keys. */
export interface FuzzingCaller {
  readonly url: string;
  readonly key?: string;
}

/** A key of an account of its own, which may change what is the account's. */
export async function createAccountKey(url: string): Promise<string> {
  const { createApiKey } = await read<{ createApiKey: { secret: string } }>(
    { url, key: KEY },
    'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { secret } } }',
    { input: { name: 'fuzz', scopes: ['WRITE'], account: 'fuzz' } },
  );
  return createApiKey.secret;
}

/** @param withKeys whether a key is asked for */
export async function startFuzzedServer(withKeys: boolean): Promise<FuzzedServer> {
  const database = await withDatabase();
  const settings = {
    DATABASE_URL: database.connection,
    LAPWING_PORT: '0',
    LAPWING_GRAPHITE_PORT: '0',
    LAPWING_HOST_METRICS: 'off',
    ...(withKeys ? { LAPWING_API_KEY: KEY } : {}),
    LAPWING_MAX_OPERATIONS_PER_SECOND: '1000000',
    // Nobody is asked: nothing listens there.
    LAPWING_AWS_ENDPOINT: 'http://127.0.0.1:9',
  };
  const child = fork(fileURLToPath(new URL('serve-fuzzed.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    env: { PATH: process.env.PATH, FUZZED_SETTINGS: JSON.stringify(settings), NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  /** @throws Error when the process ended instead */
  const nextMessage = async <T>(): Promise<T> => {
    const ended = exited.then(([code]) => Promise.reject(new Error(`the server ended with ${String(code)}`)));
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [T];
    return message;
  };
  const { addresses } = await nextMessage<Ready>();
  let asked: Promise<unknown> = Promise.resolve();
  const readState = () => {
    const answer = asked.then(() => {
      child.send('state');
      return nextMessage<State>();
    });
    asked = answer.catch(() => undefined);
    return answer;
  };
  return {
    url: (addresses.http ?? '').replace(/\/$/, ''),
    graphitePort: Number(new URL(addresses.graphite ?? '').port),
    readState,
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.send('stop');
      await exited;
      await database[Symbol.asyncDispose]();
    },
  };
}
