/** The limits as a client meets them. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createConnectionLimit } from '../../../../src/api/graphql/limits/connections.ts';
import { ask } from '../../../helpers/ask.ts';
import { textWith } from '../../../helpers/matchers.ts';
import { connectRaw } from '../../../helpers/raw-socket.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

const ORIGIN = 'https://ops.example.com';
const APP = 'capacitor://localhost';
let server: TestServer;

beforeAll(async () => {
  server = await startServer({
    settings: {
      LAPWING_MAX_BODY_BYTES: '2000000',
      LAPWING_MAX_DOCUMENT_BYTES: '10000',
      LAPWING_MAX_TOKENS: '1000',
      LAPWING_MAX_OPERATIONS: '3',
      LAPWING_MAX_CONNECTIONS: '4',
      LAPWING_INTROSPECTION: 'off',
      LAPWING_CORS_ORIGINS: `${ORIGIN}, ${APP}`,
      LAPWING_PUBLIC_URL: 'https://lapwing.example.com/monitoring',
    },
  });
});

afterAll(() => server[Symbol.asyncDispose]());

const countRefused = (limit: string) =>
  server.engine.stats
    .snapshot()
    .find(({ name, reason }) => name === 'requests_over_limit' && reason === limit)?.value ?? 0;

describe('a request beyond a limit is refused before it runs, and counted:', () => {
  const deep = `{ metrics { nodes { ${'resource { metrics { '.repeat(8)} name ${'} } '.repeat(8)} } } }`;
  test.each([
    ['body', 413, 'REQUEST_ENTITY_TOO_LARGE', `{ serverInfo { version } } #${'x'.repeat(2_000_000)}`],
    ['document_bytes', 400, 'DOCUMENT_TOO_LARGE', `{ serverInfo { version } } #${'x'.repeat(12_000)}`],
    ['tokens', 400, 'TOO_MANY_TOKENS', `{ ${'a '.repeat(1_001)} }`],
    ['depth', 400, 'TOO_DEEP', deep],
    ['cost', 400, 'TOO_EXPENSIVE', '{ metrics { nodes { data(first: 1000) { nodes { value } } } } }'],
    ['page', 400, 'PAGE_TOO_LARGE', '{ metricData(filter: {}, first: 6000) { nodes { value } } }'],
  ])('%s, %i', async (limit, status, code, query) => {
    const before = countRefused(limit);
    const answer = await ask(server, query);
    expect(answer).toMatchObject({ status, data: undefined });
    const { allowed, seen } = answer.errors[0]?.extensions ?? {};
    expect(answer.errors).toMatchObject([{ extensions: { code } }]);
    expect(answer.errors[0]?.message).toContain(`expected at most ${String(allowed)}, got ${String(seen)}`);
    expect(countRefused(limit)).toBe(before + 1);
  });

  test('over a WebSocket, whose other operations go on', async () => {
    await using socket = await connectRaw(server);
    socket.subscribe('deep', deep);
    expect(await socket.next()).toMatchObject({
      id: 'deep',
      type: 'error',
      payload: [{ extensions: { code: 'TOO_DEEP', limit: 'depth', allowed: 15, seen: 19 } }],
    });
    socket.subscribe('fine', '{ serverInfo { version } }');
    expect(await socket.next()).toMatchObject({ id: 'fine', type: 'next' });
  });

  const points = Array.from({ length: 30_000 }, () => ({
    metric: 'm',
    timestamp: '2026-01-01T00:00:00Z',
    value: 1,
  }));
  test('as a list of many points', async () => {
    const before = countRefused('batch');
    const query =
      'mutation P($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { __typename } }';
    expect(await ask(server, query, { points })).toMatchObject({
      status: 400,
      data: undefined,
      errors: [{ extensions: { code: 'BATCH_TOO_LARGE', limit: '$points', allowed: 10_000, seen: 30_000 } }],
    });
    expect(countRefused('batch')).toBe(before + 1);
  });

  test('as a variable that was cached with a small value before', async () => {
    const query = 'query ($n: Int) { metrics { nodes { data(first: $n) { nodes { value } } } } }';
    expect(await ask(server, query, { n: 1 })).toMatchObject({ status: 200, errors: [] });
    expect(await ask(server, query, { n: 1000 })).toMatchObject({ status: 400 });
    expect(await ask(server, query, { n: 1 })).toMatchObject({ status: 200, errors: [] });
  });
});

test('a WebSocket may run so many operations at once', async () => {
  await using socket = await connectRaw(server);
  for (const id of ['1', '2', '3', '4']) socket.subscribe(id, 'subscription { anomalyScores { cursor } }');
  expect(await socket.next()).toMatchObject({
    id: '4',
    payload: [{ extensions: { code: 'TOO_MANY_OPERATIONS', allowed: 3, seen: 4 } }],
  });
});

test('an address may hold so many connections, streams of events among them', async () => {
  const url = `${server.url.replace('http', 'ws')}/graphql`;
  const open = async () => {
    const socket = new WebSocket(url, ['graphql-transport-ws']);
    await once(socket, 'open');
    return socket;
  };
  const sockets = [await open(), await open(), await open()];
  const abort = new AbortController();
  const stream = () =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { anomalyScores { cursor } }' }),
      signal: abort.signal,
    });
  // The server may not have noticed yet that a socket of an earlier test is gone.
  await until(async () => expect((await stream()).status).toBe(200));
  const refused = await stream();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect(await refused.text()).toContain(
    '"code":"TOO_MANY_CONNECTIONS","limit":"connections","allowed":4,"seen":5',
  );
  const fifth = new WebSocket(url, ['graphql-transport-ws']);
  fifth.on('error', () => undefined);
  const [, response] = (await once(fifth, 'unexpected-response')) as [unknown, { statusCode: number }];
  expect(response.statusCode).toBe(429);
  expect((await ask(server, '{ __typename }')).status).toBe(200);
  sockets[0]?.close();
  abort.abort();
  await until(async () => (await open()).terminate());
  for (const socket of sockets) socket.terminate();
});

test.each([
  'text/event-stream',
  'TEXT/EVENT-STREAM',
  'text/*',
  'multipart/mixed;subscriptionSpec="1.0", application/json',
  '*/*',
])('a stream counts as a connection, whatever its client says it takes: %s', async (accept) => {
  await using few = await startServer({ settings: { LAPWING_MAX_CONNECTIONS: '2' } });
  const abort = new AbortController();
  const stream = () =>
    fetch(`${few.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query: 'subscription { anomalyScores { cursor } }' }),
      signal: abort.signal,
    });
  expect([(await stream()).status, (await stream()).status]).toEqual([200, 200]);
  const refused = await stream();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect(await refused.text()).toContain('TOO_MANY_CONNECTIONS');
  abort.abort();
  // They are given back.
  await until(async () => expect((await fetchStream(few.url, accept)).status).toBe(200));
});

async function fetchStream(url: string, accept: string): Promise<Response> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ query: 'subscription { anomalyScores { cursor } }' }),
  });
  await response.body?.cancel();
  return response;
}

test('a stream is told to proxies as one: not to be gathered, kept or changed', async () => {
  const { headers } = await fetchStream(server.url, 'text/event-stream');
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  // No coding of that name exists: clients that look for one would refuse the stream.
  expect(headers.get('content-encoding')).toBeNull();
});

describe('a client that takes nothing the server sends', () => {
  const post = async (query: string, accept: string) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query }),
    });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: (await response.json()) as object,
    };
  };
  const LIVE = 'subscription { anomalyScores { cursor } }';

  // As clients ask for answers in parts.
  test.each([
    [LIVE, 'multipart/mixed;boundary="-",application/json'],
    [LIVE, 'multipart/mixed; deferSpec=20220824'],
    [LIVE, 'multipart/mixed; subscriptionSpec=2.0, text/event-stream;q=0'],
    [LIVE, 'application/json'],
    [LIVE, 'application/xml'],
    ['{ __typename }', 'application/xml'],
  ])('is told in JSON what it might have: %s as %s', async (query, accept) => {
    const { status, type, body } = await post(query, accept);
    expect([status, type]).toEqual([406, 'application/json; charset=utf-8']);
    expect(body).toMatchObject({
      errors: [{ message: textWith('text/event-stream'), extensions: { code: 'NOT_ACCEPTABLE' } }],
    });
  });

  test('but streams is sent what is wrong as a stream of one event, which clients of graphql-sse read', async () => {
    for (const query of ['subscription { nope }', 'subscription { anomalyScores(after: "x") { cursor } }']) {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query }),
      });
      expect(response.status).toBe(200);
      const text = await response.text();
      expect(text).toMatch(/event: next\ndata: {"errors":\[.*\]}\n\nevent: complete/);
      expect(text).not.toContain('"http"');
    }
  });

  test('but streams is sent the answer of a query as a stream of one event', async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(
      'event: next\ndata: {"data":{"__typename":"Query"}}\n\nevent: complete',
    );
  });
});

test('an operation that takes too long is given up, and nothing further of it begins', async () => {
  // A server of its own: on a slow machine any operation may take a second.
  await using hasty = await startServer({ settings: { LAPWING_OPERATION_SECONDS: '1' } });
  vi.spyOn(hasty.engine.quota, 'count').mockImplementation((() => new Promise(() => undefined)) as never);
  const { status, errors } = await ask(hasty, '{ serverInfo { resources } }');
  expect(status).toBe(503);
  expect(errors).toMatchObject([{ extensions: { code: 'TOOK_TOO_LONG', allowed: 1 } }]);
});

test('without introspection neither the schema nor a suggestion is given away', async () => {
  const { errors } = await ask(server, '{ __schema { types { name } } }');
  expect(errors[0]?.message).toContain('introspection has been disabled');
  for (const [query, variables] of [
    ['{ serverInf { version } }', {}],
    ['{ metrics(filtr: {}) { totalCount } }', {}],
    ['query ($f: MetricFilter) { metrics(filter: $f) { totalCount } }', { f: { nameContain: 'x' } }],
    ['query ($f: MetricFilter) { metrics(filter: $f) { totalCount } }', { f: { datasource: 'CUSTO' } }],
  ] as const) {
    const { text } = await ask(server, query, variables);
    expect(text).toContain('"errors":[');
    expect(text).not.toContain('Did you mean');
  }
});

describe('a page of an origin that is allowed', () => {
  test('may ask, and read the answer', async () => {
    const asked = await fetch(`${server.url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(asked.headers.get('access-control-allow-headers')).toContain('content-type');
    for (const origin of [ORIGIN, APP]) {
      const answer = await fetch(`${server.url}/graphql?query={__typename}`, { headers: { origin } });
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  test.each([
    // As Apollo Client, OpenTelemetry and readers of event streams by fetch send them.
    ['apollographql-client-name,apollographql-client-version,content-type', true],
    ['content-type, traceparent, tracestate', true],
    ['last-event-id,x-api-key', true],
    ['content-type\u00e9', false],
    [`x-${'a'.repeat(3000)}`, false],
  ])('may send the headers it asks for: %s', async (asked, isTaken) => {
    const { headers } = await fetch(`${server.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'POST',
        'access-control-request-headers': asked,
      },
    });
    const allowed = headers.get('access-control-allow-headers');
    if (isTaken) expect(allowed).toBe(asked);
    else expect(allowed).toMatch(/^content-type, /);
    expect(headers.get('vary')).toContain('access-control-request-headers');
  });

  test('may open a socket; no other may, not even one that looks like it', async () => {
    const open = async (origin: string, headers: Record<string, string> = {}) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws'], {
        origin,
        headers,
      });
      socket.on('error', () => undefined);
      const opened = await Promise.race([
        once(socket, 'open').then(() => true),
        once(socket, 'unexpected-response').then(([, refused]) => text(refused as IncomingMessage)),
      ]);
      socket.terminate();
      return opened;
    };
    const refusal = 'origin: expected this server, or one of LAPWING_CORS_ORIGINS';
    expect(await open(ORIGIN)).toBe(true);
    expect(await open(APP)).toBe(true);
    expect(await open('capacitor://localhost.evil.example')).toBe(refusal);
    // The page itself, behind a proxy that puts another name into the Host header.
    expect(await open('https://lapwing.example.com')).toBe(true);
    expect(await open('http://lapwing.example.com')).toBe(refusal);
    expect(await open(`${ORIGIN}.evil.example`)).toBe(refusal);
    // Behind a proxy that writes the port into the Host header, as nginx does of $host:$server_port.
    expect(await open('https://localhost', { host: 'localhost:443' })).toBe(true);
    expect(await open('https://localhost', { host: 'localhost:80' })).toBe(refusal);
    const other = await fetch(`${server.url}/graphql`, { method: 'OPTIONS', headers: { origin: 'null' } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('connections are given back once each', () => {
  const limit = createConnectionLimit(2);
  const [first, second] = [limit.enter('a'), limit.enter('a')];
  expect(limit.enter('a')).toBeNull();
  first?.();
  first?.();
  expect(limit.count('a')).toBe(1);
  second?.();
  expect(limit.count('a')).toBe(0);
});

test('a subscription whose client takes no stream is refused, and leaves no subscriber behind', async () => {
  const before = server.engine.live.subscriberCount();
  const answer = await ask(server, 'subscription { anomalyScores { cursor } }');
  expect(answer).toMatchObject({ status: 406, errors: [{ extensions: { code: 'NOT_ACCEPTABLE' } }] });
  expect(server.engine.live.subscriberCount()).toBe(before);
});
