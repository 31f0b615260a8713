import { once } from 'node:events';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

const SUBSCRIBE = JSON.stringify({
  id: 'a',
  type: 'subscribe',
  payload: { query: 'subscription { anomalyScores { cursor } }' },
});
const COMPLETE = JSON.stringify({ id: 'a', type: 'complete' });

it('subscriptions whose id is used again before they began end with the id, and with the socket', async () => {
  await using server = await startServer();
  const { live } = server.engine;
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws']);
  await once(socket, 'open');
  const acknowledged = once(socket, 'message');
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await acknowledged;
  for (let round = 0; round < 20; round++) for (const message of [SUBSCRIBE, COMPLETE]) socket.send(message);
  socket.send(SUBSCRIBE);
  // One stream is left of the id: the last.
  await until(() => expect(live.subscriberCount()).toBe(1));
  socket.terminate();
  await until(() => expect(live.subscriberCount()).toBe(0));
});
