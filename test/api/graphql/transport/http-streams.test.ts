import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createSchema, createYoga } from 'graphql-yoga';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EventStreams, sendEventStreams } from '../../../../src/api/graphql/transport/http-streams.ts';
import { createPayloads } from '../../../../src/api/graphql/transport/payload-cache.ts';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';
import { until } from '../../../helpers/until.ts';

const PASSWORD = 'hunter2';
/** What sources do: three events, and then an end, a failure, or nothing more. */
const returned: string[] = [];
/** How often a stream asked whether it may go on. */
const state = { asked: 0 };

function createSource(then: string): AsyncIterableIterator<{ count: number }> {
  let count = 0;
  return {
    next: () => {
      count += 1;
      if (count <= 3) return Promise.resolve({ done: false, value: { count } });
      if (then === 'FAIL') return Promise.reject(new Error(`connect postgres://app:${PASSWORD}@db failed`));
      return then === 'END'
        ? Promise.resolve({ done: true, value: undefined })
        : new Promise(() => undefined);
    },
    return: () => {
      returned.push(then);
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const yoga = createYoga({
  schema: createSchema({
    typeDefs: 'type Query { ok: Boolean } type Subscription { count(then: String!): Int! }',
    resolvers: {
      Subscription: {
        count: { subscribe: (_root: unknown, { then }: { then: string }) => createSource(then) },
      },
    },
  }),
  logging: false,
  plugins: [
    sendEventStreams(
      new EventStreams(createPayloads(), () => {
        state.asked += 1;
        return Promise.resolve();
      }),
    ),
  ],
});
const server = createServer(KEPT_OPEN, (incoming, response) => void yoga(incoming, response));
let url: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server that listens has an address of this kind.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function subscribe(then: string, accept = 'text/event-stream'): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ query: `subscription { count(then: "${then}") }` }),
  });
}

const EVENTS = [1, 2, 3].map((count) => `event: next\ndata: {"data":{"count":${count}}}\n\n`).join('');

it('begins with a comment, sends each event, and says that it is over', async () => {
  const response = await subscribe('END');
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(await response.text()).toBe(`:\n\n${EVENTS}event: complete\ndata:\n\n`);
});

const MULTIPART = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json';
const part = (json: string) => `\r\ncontent-type: application/json\r\n\r\n${json}\r\n--graphql`;
const PARTS = [1, 2, 3].map((count) => part(`{"payload":{"data":{"count":${count}}}}`)).join('');

it('sends parts to who asks as Apollo Client does, after one that says nothing', async () => {
  const response = await subscribe('END', MULTIPART);
  expect(response.headers.get('content-type')).toBe(
    'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
  );
  expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(await response.text()).toBe(`\r\n--graphql${part('{}')}${PARTS}--\r\n`);
  const failed = await (await subscribe('FAIL', MULTIPART)).text();
  expect(failed).toMatch(/"payload":\{"errors":\[.*\r\n--graphql--\r\n$/);
  expect(failed).not.toContain(PASSWORD);
});

it('tells of a failure, masked, and goes on serving others', async () => {
  const text = await (await subscribe('FAIL')).text();
  expect(text).toMatch(/^:\n\n(?:event: next\ndata: \{"data".*\n\n){3}event: next\ndata: \{"errors":/);
  expect(text).toMatch(/event: complete\ndata:\n\n$/);
  expect(text).not.toContain(PASSWORD);
  expect((await subscribe('END')).status).toBe(200);
});

it('ends the subscription of a client that goes away', async () => {
  const asking = request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
  });
  const ended = once(asking, 'close');
  asking.on('error', () => undefined);
  asking.on('response', (response) => {
    response.on('error', () => undefined);
    response.once('data', () => asking.destroy());
  });
  asking.end(JSON.stringify({ query: 'subscription { count(then: "WAIT") }' }));
  await ended;
  await until(() => expect(returned).toContain('WAIT'));
});

it('asks before each event whether its reader may be sent more', async () => {
  state.asked = 0;
  await (await subscribe('END')).text();
  expect(state.asked).toBe(4);
});

it.each(['text/event-stream', 'multipart/mixed'])(
  'of one result says nothing of the connection, which ends where its client asks for that: %s',
  async (accept) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /graphql?query={__typename} HTTP/1.1\r\nhost: a\r\naccept: ${accept}\r\nconnection: close\r\n\r\n`,
    );
    // Resolves only when the server has ended it.
    const answer = await text(socket);
    expect(answer).toContain('{"data":{"__typename":"Query"}}');
    const head = answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase();
    expect(head).toContain('connection: close');
    expect(head).toContain(`content-type: ${accept}`);
    // https://www.iana.org/assignments/http-parameters has no coding of the name `none`.
    expect(head).not.toContain('content-encoding');
  },
);

it('is not sent to who takes no stream', async () => {
  const response = await subscribe('END', 'application/json');
  expect(response.headers.get('content-type')).not.toBe('text/event-stream');
  await response.text();
});
