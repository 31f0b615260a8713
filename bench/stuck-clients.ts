/** Subscribers that ask for everything and never read an answer: half over WebSocket, half by server-sent events. */
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { answerOrders } from './measure-process.ts';

export interface StuckOrder {
  /** http://… */
  readonly url: string;
  readonly count: number;
  readonly query: string;
  readonly variables: object;
}

/** Kept, so that nothing of them is collected. */
const stuck: (WebSocket | IncomingMessage)[] = [];
const agent = new Agent({ maxSockets: Infinity });

async function openSocket(order: StuckOrder): Promise<void> {
  const socket = new WebSocket(order.url.replace('http', 'ws'), 'graphql-transport-ws', {
    perMessageDeflate: false,
  });
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  // From here on not a byte is read: no pong is sent either.
  socket.pause();
  const payload = { query: order.query, variables: order.variables };
  socket.send(JSON.stringify({ id: 'stuck', type: 'subscribe', payload }));
  stuck.push(socket);
}

async function openEvents({ url, query, variables }: StuckOrder): Promise<void> {
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const asking = request(url, { agent, method: 'POST', headers });
  // Cut off by the server sooner or later, as is to be.
  asking.on('error', () => undefined);
  asking.on('response', (response) => {
    response.on('error', () => undefined);
    stuck.push(response);
  });
  asking.end(JSON.stringify({ query, variables }));
  await once(asking, 'finish');
}

answerOrders(async (given) => {
  // The bench beside this file sends nothing else.
  const order = given as StuckOrder;
  for (let from = 0; from < order.count; from += 50) {
    const opening = Array.from({ length: Math.min(50, order.count - from) }, (_, index) =>
      index % 2 === 0 ? openSocket(order) : openEvents(order),
    );
    await Promise.all(opening);
  }
  return {};
});
