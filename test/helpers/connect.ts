/** A client of the live API over WebSocket or event stream, that records what it got. */
import { createClient } from 'graphql-ws';
import { createClient as createSseClient } from 'graphql-sse';
import { WebSocket } from 'ws';
import type { Asker } from './login.ts';

export interface LiveResult {
  readonly data?: Record<string, unknown> | null | undefined;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
}

/** One running operation. */
export interface LiveOperation extends AsyncDisposable {
  /** The next result; done when the server completed the operation. */
  readonly next: () => Promise<IteratorResult<LiveResult, unknown>>;
}

export interface Transport {
  readonly name: string;
  readonly subscribe: (
    server: Asker,
    query: string,
    variables?: Record<string, unknown>,
    operationName?: string,
    extensions?: Record<string, unknown>,
  ) => LiveOperation;
}

/** Both ways to subscribe: the same tests run over each. */
export const TRANSPORTS: readonly Transport[] = [
  {
    name: 'WebSocket',
    subscribe: (server, query, variables, operationName, extensions) => {
      const client = createClient({
        url: `${server.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: sendHeaders(server.headers),
        retryAttempts: 0,
        ...(server.key === undefined ? {} : { connectionParams: { apiKey: server.key } }),
      });
      const iterator = client.iterate(pack(query, { variables, operationName, extensions }));
      return operate(iterator as AsyncIterableIterator<LiveResult>, () => client.dispose());
    },
  },
  {
    name: 'event stream',
    subscribe: (server, query, variables, operationName, extensions) => {
      const client = createSseClient({
        url: `${server.url}/graphql`,
        retryAttempts: 0,
        headers: {
          ...(server.key === undefined ? {} : { authorization: `Bearer ${server.key}` }),
          ...server.headers,
        },
      });
      const iterator = client.iterate(pack(query, { variables, operationName, extensions }));
      return operate(iterator as AsyncIterableIterator<LiveResult>, () => client.dispose());
    },
  },
];

/** As a browser sends its cookies when it opens a socket. */
function sendHeaders(headers: Asker['headers']): unknown {
  if (headers === undefined) return WebSocket;
  return class extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { headers });
    }
  };
}

interface Beside {
  readonly variables: Record<string, unknown> | undefined;
  readonly operationName: string | undefined;
  readonly extensions: Record<string, unknown> | undefined;
}

function pack(query: string, { variables, operationName, extensions }: Beside) {
  return {
    query,
    ...(variables === undefined ? {} : { variables }),
    ...(operationName === undefined ? {} : { operationName }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

function operate(
  iterator: AsyncIterableIterator<LiveResult>,
  close: () => void | Promise<void>,
): LiveOperation {
  return {
    next: () => iterator.next(),
    [Symbol.asyncDispose]: async () => {
      await close();
    },
  };
}
