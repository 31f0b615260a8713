/**
 * The peer of live scores: ws alone, that sends one prepared string to everybody. It speaks just enough
 * graphql-transport-ws for the same clients.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { answerOrders } from './measure-process.ts';

export type BareOrder =
  | { readonly do: 'listen' }
  /** Sends events of so many scores: at a rate, or (null) each as soon as the one before has left. */
  | {
      readonly do: 'send';
      readonly events: number;
      readonly scoresPerEvent: number;
      readonly eventsPerSecond: number | null;
      readonly bytesPerScore: number;
    };

const sockets = new Set<WebSocket>();
let place = 0;

async function listen(): Promise<{ url: string }> {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: false,
    handleProtocols: () => 'graphql-transport-ws',
  });
  server.on('connection', (socket) => {
    socket.once('message', () => {
      socket.send('{"type":"connection_ack"}');
      socket.once('message', () => sockets.add(socket));
    });
    socket.on('close', () => sockets.delete(socket));
  });
  await once(server, 'listening');
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The bytes of a real event, as good as. */
function prepare(scores: number, bytesPerScore: number): string {
  const prev = `v1.0123456789abcdef0123456789abcdef.${place}`;
  place += scores;
  const cursor = `v1.0123456789abcdef0123456789abcdef.${place}`;
  const first = `{"timestamp":"${new Date().toISOString()}"`;
  const rest = 'x'.repeat(Math.max(0, scores * bytesPerScore - first.length));
  return `{"id":"scores","type":"next","payload":{"data":{"anomalyScores":{"prev":"${prev}","cursor":"${cursor}","scores":[${first}${rest}]}}}}`;
}

async function send(order: BareOrder & { do: 'send' }): Promise<object> {
  for (let event = 0; event < order.events; event++) {
    const next =
      order.eventsPerSecond === null
        ? undefined
        : new Promise((resolve) => setTimeout(resolve, 1000 / (order.eventsPerSecond ?? 1)));
    const text = prepare(order.scoresPerEvent, order.bytesPerScore);
    const sent = [...sockets].map(
      (socket) => new Promise<void>((resolve) => socket.send(text, () => resolve())),
    );
    await Promise.all([next, ...sent]);
  }
  return {};
}

answerOrders((given) => {
  // The bench beside this file sends nothing else.
  const order = given as BareOrder;
  return order.do === 'listen' ? listen() : send(order);
});
