/**
 * An id may be used again as soon as the client has completed it, and means the new operation alone from then on:
 * https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md#complete. Clients whose ids name a component of a page do
 * so, each time it is mounted twice.
 */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

let server: TestServer;
let minute = 0;

beforeAll(async () => {
  server = await startServer();
  await server.engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name: 'm' },
    model: { min: 0, max: 9 },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const push = () =>
  read(
    server,
    'mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }',
    { points: [{ metric: 'm', timestamp: new Date(Date.UTC(2026, 0, 1) + minute++ * 60_000), value: 1 }] },
  );

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A socket that keeps all it is sent. */
async function open() {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws']);
  await once(socket, 'open');
  const acknowledged = once(socket, 'message');
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await acknowledged;
  const received: Message[] = [];
  // The server only sends text.
  socket.on('message', (data) => received.push(JSON.parse((data as Buffer).toString()) as Message));
  return {
    socket,
    received,
    subscribe: (id: string, query: string) =>
      socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query } })),
    complete: (id: string) => socket.send(JSON.stringify({ id, type: 'complete' })),
    /** All that came under the id, once all that was asked for before has been answered. */
    settled: async (id: string) => {
      socket.send(
        JSON.stringify({ id: 'last', type: 'subscribe', payload: { query: '{ serverInfo { version } }' } }),
      );
      await until(() => expect(received).toContainEqual({ id: 'last', type: 'complete' }));
      return received.filter((message) => message.id === id);
    },
    [Symbol.asyncDispose]: async () => {
      socket.terminate();
      await until(() => expect(server.engine.live.subscriberCount()).toBe(0));
    },
  };
}

const STREAM = 'subscription { anomalyScores(lingerMs: 0) { cursor } }';
const NEW_STREAM = 'subscription { new: anomalyScores(lingerMs: 0) { scores { value } } }';
const QUERY = '{ old: metrics { nodes { data { totalCount } } } }';
const NEW_QUERY = '{ new: serverInfo { __typename } }';
const TIMES = 20;

describe('an id that is used again', () => {
  it.each([
    ['a subscription', STREAM],
    ['a query', QUERY],
    ['a mutation', 'mutation { old: putMetricData(input: { points: [] }) { accepted } }'],
    ['a document with a fault', '{ nope }'],
    ['what is no document', '{'],
  ])('means the query asked for last, after %s', async (_, before) => {
    await using client = await open();
    for (let time = 0; time < TIMES; time++) {
      client.subscribe('a', before);
      client.complete('a');
    }
    client.subscribe('a', NEW_QUERY);
    await until(() => expect(client.received).toContainEqual({ id: 'a', type: 'complete' }));
    await until(() => expect(server.engine.live.subscriberCount()).toBe(0));
    await push();
    expect(await client.settled('a')).toEqual([
      { id: 'a', type: 'next', payload: { data: { new: { __typename: 'ServerInfo' } } } },
      { id: 'a', type: 'complete' },
    ]);
  });

  it.each([
    ['a subscription that had not begun', STREAM, false],
    ['a subscription that was running', STREAM, true],
    ['a query', QUERY, false],
    ['a document with a fault', '{ nope }', false],
  ])(
    'means the subscription asked for last, after %s, until that is completed',
    async (_, before, isRunning) => {
      await using client = await open();
      const { live } = server.engine;
      for (let time = 0; time < TIMES; time++) {
        client.subscribe('a', before);
        if (isRunning) await until(() => expect(live.subscriberCount()).toBe(1));
        client.complete('a');
      }
      client.subscribe('a', NEW_STREAM);
      await until(() => expect(live.subscriberCount()).toBe(1));
      await push();
      const event = { id: 'a', type: 'next', payload: { data: { new: { scores: [{ value: 1 }] } } } };
      await until(() => expect(client.received).toContainEqual(event));
      client.complete('a');
      await until(() => expect(live.subscriberCount()).toBe(0));
      await push();
      expect(await client.settled('a')).toEqual([event]);
    },
  );

  it('is refused while it is running, as the protocol has it', async () => {
    await using client = await open();
    client.subscribe('a', STREAM);
    client.subscribe('a', STREAM);
    const [code, reason] = (await once(client.socket, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4409, 'Subscriber for a already exists']);
  });
});
