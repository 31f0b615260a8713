/** A socket spoken to by hand: `await using socket = await connectRaw(server)`. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { TestServer } from './start-server.ts';

interface SocketMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

export interface RawConnection extends AsyncDisposable {
  /** @param more further members of the payload */
  readonly subscribe: (id: string, query: string | undefined, variables?: object, more?: object) => void;
  /** The next message of the server, in order. */
  readonly next: () => Promise<SocketMessage>;
}

/** Opened and acknowledged. @param init payload of connection_init */
export async function connectRaw(server: Pick<TestServer, 'url'>, init?: object): Promise<RawConnection> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws']);
  const received: SocketMessage[] = [];
  const waiting: ((message: SocketMessage) => void)[] = [];
  socket.on('message', (data) => {
    // The server only sends text.
    const message = JSON.parse((data as Buffer).toString()) as SocketMessage;
    const take = waiting.shift();
    if (take === undefined) received.push(message);
    else take(message);
  });
  const next = () => {
    const message = received.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise<SocketMessage>((resolve) => waiting.push(resolve));
  };
  const send = (message: object) => socket.send(JSON.stringify(message));
  await once(socket, 'open');
  send({ type: 'connection_init', ...(init === undefined ? {} : { payload: init }) });
  const { type } = await next();
  if (type !== 'connection_ack') throw new Error(`expected connection_ack, got ${type}`);
  return {
    subscribe: (id, query, variables, more) =>
      send({ type: 'subscribe', id, payload: { query, variables, ...more } }),
    next,
    [Symbol.asyncDispose]: async () => {
      socket.terminate();
      await once(socket, 'close');
    },
  };
}
