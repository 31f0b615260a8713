/** The WebSocket everything live comes over: opened when needed, opened again for ever when it breaks. */
import { type Client, createClient } from 'graphql-ws';
import type { ApiKey } from './api-key.ts';
import type { Session } from './session.ts';
import { createStore, type Store } from './store.ts';

/** `connecting` until the first time it stands; `offline` whenever it broke and does not stand again yet; `refused` until somebody signs in. */
type Connection = 'connecting' | 'live' | 'offline' | 'refused';

export interface Socket {
  /** Another one for another key: what was subscribed to by the one before has ended. */
  readonly client: Store<Client>;
  readonly connection: Store<Connection>;
}

const UNAUTHORIZED = 4401;
const FORBIDDEN = 4403;
/** A server that says nothing for twice as long is not there, whatever the network says. */
const PING_MS = 5_000;
const MAX_WAIT_MS = 4000;
const REFUSED_WAIT_MS = 15_000;

export function createSocket(key: ApiKey, session: Session): Socket {
  const connection = createStore<Connection>('connecting');
  let opened = 0;
  const open = (): Client => {
    const own = ++opened;
    return openClient({ connection, key, session, isCurrent: () => own === opened, replace });
  };
  const client = createStore(open());
  function replace(): void {
    const before = client.get();
    client.set(open());
    void before.dispose();
  }
  key.kept.subscribe(() => {
    connection.set('offline');
    replace();
  });
  return { client, connection };
}

/** A client for the key that is kept now; it says nothing any more once another one has its place. */
function openClient(options: {
  readonly connection: Store<Connection>;
  readonly key: ApiKey;
  readonly session: Session;
  readonly isCurrent: () => boolean;
  /** Puts another client in its place. */
  readonly replace: () => void;
}): Client {
  const { connection, key, session, isCurrent, replace } = options;
  const sent = key.value.get();
  let unanswered: ReturnType<typeof setTimeout> | undefined;
  /** A session whose rights changed goes on with others: the socket comes back by itself. */
  const askWhy = async () => {
    await session.readAgain();
    if (sent !== null || session.user.get() === null) key.wanted.set(true);
  };
  const client = createClient({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    connectionParams: sent === null ? {} : { apiKey: sent },
    // Open from the start: whether the server is there is shown on every page.
    lazy: false,
    // What closed it the client takes for final, such as a proxy that failed: it does not come back by itself.
    onNonLazyError: () => {
      if (!isCurrent()) return;
      // Somebody may sign in in another tab.
      const isRefused = connection.get() === 'refused';
      if (!isRefused) connection.set('offline');
      void waitBeforeRetry(isRefused ? REFUSED_WAIT_MS : MAX_WAIT_MS).then(() => {
        if (isCurrent()) replace();
      });
    },
    keepAlive: PING_MS,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: (retries) => waitBeforeRetry(Math.min(MAX_WAIT_MS, 250 * 2 ** retries)),
    on: {
      connected: () => {
        if (!isCurrent()) return;
        connection.set('live');
        // Signed in again in another tab: nothing is left to ask for.
        key.wanted.set(false);
      },
      closed: (event) => {
        clearTimeout(unanswered);
        if (!isCurrent()) return;
        const code = event instanceof CloseEvent ? event.code : 0;
        // Once: a dialog that was closed does not open again with every try.
        if (code === UNAUTHORIZED && connection.get() !== 'refused') key.wanted.set(true);
        connection.set(code === UNAUTHORIZED ? 'refused' : 'offline');
        if (code === FORBIDDEN) void askWhy();
      },
      // A connection that died without a word is only noticed by a ping that stays unanswered.
      ping: (received) => {
        if (received) return;
        unanswered = setTimeout(() => {
          // To close it properly would take the answer of a server that does not answer.
          client.terminate();
        }, PING_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(unanswered);
      },
    },
  });
  return client;
}

/** Never all pages at once; at once when the network comes back. */
function waitBeforeRetry(limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      removeEventListener('online', go);
      resolve();
    };
    const timer = setTimeout(go, limitMs * (0.5 + Math.random() / 2));
    addEventListener('online', go);
  });
}
