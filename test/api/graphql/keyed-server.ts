/** A server that asks for keys, and what tests of that need. */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { read } from '../../helpers/ask.ts';
import { createDeferred } from '../../helpers/deferred.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';

export const ADMIN = 'an-admin-key-of-the-settings';
export const SOME = '{ serverInfo { version } }';

export interface Keyed {
  readonly url: string;
  readonly key: string;
  readonly id: string;
}

export interface KeyedServer extends AsyncDisposable {
  readonly server: TestServer;
  readonly admin: { readonly url: string; readonly key: string };
  createKey: (name: string, scopes: readonly string[], expiresAt?: Date | null) => Promise<Keyed>;
  revoke: (id: string) => Promise<unknown>;
  /** How a socket that says so in connection_init is answered: its close code, or `acknowledged`. It stays open. */
  openSocket: (params: Record<string, unknown>, headers?: Record<string, string>) => Promise<OpenSocket>;
}

export interface OpenSocket extends AsyncDisposable {
  readonly said: number | string;
}

export async function startKeyedServer(settings: Record<string, string> = {}): Promise<KeyedServer> {
  const server = await startServer({ settings: { LAPWING_API_KEY: ADMIN, ...settings } });
  const admin = { url: server.url, key: ADMIN };
  return {
    server,
    admin,
    createKey: async (name, scopes, expiresAt = null) => {
      const { createApiKey } = await read<{ createApiKey: { secret: string; apiKey: { id: string } } }>(
        admin,
        'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { secret apiKey { id } } } }',
        { input: { name, scopes, expiresAt } },
      );
      return { url: server.url, key: createApiKey.secret, id: createApiKey.apiKey.id };
    },
    revoke: (id) =>
      read(admin, 'mutation($id: ID!) { revokeApiKey(input: { id: $id }) { __typename } }', { id }),
    openSocket: (params, headers = {}) => openSocket(server.url, params, headers),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function openSocket(
  url: string,
  connectionParams: Record<string, unknown>,
  headers: Record<string, string>,
): Promise<OpenSocket> {
  const outcome = createDeferred<number | string>();
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols, { headers });
      }
    },
    connectionParams,
    retryAttempts: 0,
    lazy: false,
    on: {
      connected: () => outcome.resolve('acknowledged'),
      closed: (event) => outcome.resolve((event as { code: number }).code),
    },
    onNonLazyError: () => undefined,
  });
  const said = await outcome.promise;
  return { said, [Symbol.asyncDispose]: async () => client.dispose() };
}
