/** The page's way to the server: queries and mutations by HTTP, everything live by one WebSocket. */
import { createContext, useContext } from 'react';
import { cacheExchange, Client, fetchExchange, mapExchange } from 'urql';
import { createApiKey, type ApiKey } from './api-key.ts';
import { fetchTimed } from './server-clock.ts';
import { createSession, type Session } from './session.ts';
import { createSocket, type Socket } from './socket.ts';

export interface Api {
  readonly client: Client;
  readonly socket: Socket;
  readonly key: ApiKey;
  readonly session: Session;
}

export function createApi(): Api {
  const key = createApiKey();
  const session = createSession();
  const socket = createSocket(key, session);
  const client = new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetch: fetchTimed,
    exchanges: [cacheExchange, dropParts(), askForKey(key, session), fetchExchange],
    fetchOptions: () => {
      const value = key.value.get();
      return value === null ? {} : { headers: { authorization: `Bearer ${value}` } };
    },
  });
  return { client, socket, key, session };
}

const ApiContext = createContext<Api | null>(null);
export const ApiProvider = ApiContext.Provider;

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (api === null) throw new Error('the page is drawn outside of its ApiProvider');
  return api;
}

/**
 * An answer that lacks a part is the error of that part and nothing else. Its data would outlive its error in the state
 * of a query that is asked again, and no component expects the nulls in it.
 */
function dropParts() {
  return mapExchange({
    onResult: (result) =>
      result.operation.kind === 'query' && result.error !== undefined
        ? { ...result, data: undefined }
        : result,
  });
}

function askForKey(key: ApiKey, session: Session) {
  return mapExchange({
    onOperation: (operation) => ({
      ...operation,
      context: { ...operation.context, sentKey: key.kept.get() },
    }),
    onResult: ({ error, operation }) => {
      // Typed as anything by urql: a fetch Response, or nothing when the server was not reached.
      const response: unknown = error?.response;
      if (!(response instanceof Response) || response.status !== 401) return;
      // What was asked with another key says nothing of the one that is kept now.
      if (operation.context.sentKey !== key.kept.get()) return;
      key.wanted.set(true);
      void session.readAgain();
    },
  });
}
