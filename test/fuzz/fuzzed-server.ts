/** The server under fire, and what it said in its log. */
import { Writable } from 'node:stream';
import pino from 'pino';
import { read } from '../helpers/ask.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';

/** The first key: what a fuzzed mutation makes of keys cannot lock the test out. */
export const KEY = 'fuzz-key-0123456789abcdef';

export interface FuzzedServer extends TestServer {
  /** Lines of errors nobody expected; at most a hundred are kept. */
  readonly unexpected: readonly string[];
  readonly graphitePort: number;
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

/** @param withKeys whether anybody may ask */
export async function startFuzzedServer(withKeys: boolean): Promise<FuzzedServer> {
  const unexpected: string[] = [];
  const log = pino(
    { level: 'error' },
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (unexpected.length < 100) unexpected.push(chunk.toString().slice(0, 2_000));
        done();
      },
    }),
  );
  const server = await startServer({
    log,
    settings: {
      ...(withKeys ? { LAPWING_API_KEY: KEY } : {}),
      LAPWING_GRAPHITE_PORT: '0',
      LAPWING_MAX_OPERATIONS_PER_SECOND: '1000000',
      // Nobody is asked: nothing listens there.
      LAPWING_AWS_ENDPOINT: 'http://127.0.0.1:9',
    },
  });
  const graphite = new URL(server.addresses.graphite ?? '');
  return { ...server, unexpected, graphitePort: Number(graphite.port) };
}
