/** What people reported of other servers, sent to this one in the words of their reports. */
import { once } from 'node:events';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server[Symbol.asyncDispose]());

async function post(query: string, type = 'application/json') {
  const body = type === 'application/json' ? JSON.stringify({ query }) : new URLSearchParams({ query });
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': type, accept: 'application/json' },
    body,
  });
  return { status: response.status, text: await response.text() };
}

describe('the probes of graphql-cop', () => {
  it.each([
    ['directives without end', `{ __typename ${'@aa'.repeat(10_000)} }`, 400, 'TOO_MANY_DIRECTIVES'],
    [
      'aliases without end',
      `{ ${Array.from({ length: 1_001 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
      400,
      'TOO_MANY',
    ],
    [
      'introspection in circles',
      `{ __schema { types { fields { type ${'{ fields { type '.repeat(20)}{ name }${' } }'.repeat(20)} } } } }`,
      200,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'fragments in circles',
      'query { ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
      200,
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])('%s are refused', async (_what, query, status, code) => {
    const answer = await post(query);
    expect(answer).toMatchObject({ status });
    expect(answer.text).toContain(code);
    expect(answer.text.length).toBeLessThan(20_000);
  });

  it('one field 500 times is counted 500 times', async () => {
    const { status, text } = await post(`{ ${'__typename '.repeat(500)} }`);
    expect([status, text.includes('TOO_MANY_ROOT_FIELDS')]).toEqual([400, true]);
  });

  it('a form is no GraphQL request, and GET changes nothing', async () => {
    expect((await post('{ __typename }', 'application/x-www-form-urlencoded')).status).toBe(415);
    const response = await fetch(
      `${server.url}/graphql?query=${encodeURIComponent('mutation { __typename }')}`,
      { headers: { accept: 'application/json' } },
    );
    expect(response.status).toBe(405);
  });
});

describe('a socket', () => {
  // GraphQL.Client for .NET and others write what is absent as null.
  it.each([
    { type: 'connection_init', payload: null },
    { type: 'connection_init' },
    { type: 'connection_init', payload: {} },
  ])('is acknowledged after %j', async (init) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws']);
    await once(socket, 'open');
    socket.send(JSON.stringify(init));
    const heard: unknown = await Promise.race([
      once(socket, 'message').then(([data]) => String(data)),
      once(socket, 'close').then(([code]) => code as number),
    ]);
    expect(heard).toBe('{"type":"connection_ack"}');
    socket.terminate();
  });
});

describe('line protocol', () => {
  // A proxy that drops the header, or an agent that forgets it.
  it('that is zipped and does not say so makes no metrics of its bytes, and is not given back', async () => {
    const before = server.engine.registry.size;
    const body = gzipSync(
      Array.from({ length: 500 }, (_, i) => `cpu,host=h${i} usage=${i * 7.3}`).join('\n'),
    );
    const response = await fetch(`${server.url}/write?db=x`, { method: 'POST', body: new Uint8Array(body) });
    expect(response.status).toBe(400);
    expect((await response.text()).length).toBeLessThan(5_000);
    expect(server.engine.registry.size).toBe(before);
  });

  // As curl sends any body of more than a megabyte.
  it('that asks for leave first has it', async () => {
    const body = Buffer.from('cpu,host=a usage=1\n'.repeat(3));
    const sent = request(`${server.url}/api/v2/write`, {
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': body.length },
    });
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume: () => void }];
    response.resume();
    expect(response.statusCode).toBe(204);
  });
});
