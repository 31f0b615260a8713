/** Trusted documents over HTTP and WebSocket. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventSource } from 'eventsource';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createTrustedDocuments,
  readTrustedDocuments,
} from '../../../../src/api/graphql/server/trusted-documents.ts';
import { OperatorError } from '../../../../src/errors.ts';
import { connectRaw } from '../../../helpers/raw-socket.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const VERSION = 'query Version { serverInfo { version } }';
const HASH = createHash('sha256').update(VERSION).digest('hex');
const OTHERS = {
  put: 'mutation Put { putMetricData(input: { points: [] }) { accepted } }',
  live: 'subscription Live { anomalyScores(after: "of another server") { cursor } }',
};
let server: TestServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapwing-trusted-'));
  await writeFile(join(folder, 'trusted.json'), JSON.stringify({ [HASH]: VERSION, ...OTHERS }));
  server = await startServer({ settings: { LAPWING_TRUSTED_DOCUMENTS: join(folder, 'trusted.json') } });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test('of a batch each document is looked up by itself', async () => {
  const batch = [
    { documentId: HASH },
    { query: '{ __typename }' },
    { documentId: 'no hash' },
    { query: VERSION },
  ];
  const version = { data: { serverInfo: { version: expect.any(String) as string } } };
  expect(await post(batch)).toMatchObject({
    status: 200,
    body: [
      version,
      { errors: [{ extensions: { code: 'DOCUMENT_NOT_TRUSTED' } }] },
      { errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] },
      version,
    ],
  });
});

async function post(body: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

describe('a document is run', () => {
  test.each([
    ['by its hash', { documentId: HASH }],
    ['by its hash and how it was made', { documentId: `sha256:${HASH}` }],
    [
      'by the extension of persisted queries',
      { extensions: { persistedQuery: { version: 1, sha256Hash: HASH } } },
    ],
    ['by its own text', { query: VERSION }],
    // react-relay-network-modern 6.2.2: its middleware of persisted queries leaves the text out and puts the id beside the
    // number of the request; where the compiler left the text out, the id takes the place of that number.
    ['as the middleware of Relay has it', { id: '1', variables: {}, doc_id: HASH }],
    ['as a network layer of Relay has it', { id: HASH, query: '', variables: {} }],
    // ChilliCream/graphql-platform, JsonOperationRequestSerializer.cs: persisted operations of Strawberry Shake.
    ['as Strawberry Shake has it', { id: HASH, operationName: 'Version' }],
    ['by its own text, with the number of the request', { id: '1', query: VERSION, variables: {} }],
  ])('%s', async (_name, body) => {
    expect(await post(body)).toMatchObject({ status: 200, body: { data: { serverInfo: {} } } });
  });

  const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash: HASH } });
  test.each([
    ['the extension of persisted queries', { extensions }],
    ['its hash', { documentId: HASH }],
    ['its hash and how it was made, with variables', { documentId: `sha256:${HASH}`, variables: '{}' }],
    ['its hash beside an empty text', { documentId: HASH, query: '', operationName: '' }],
  ])('by GET: %s', async (_name, search) => {
    const response = await fetch(`${server.url}/graphql?${new URLSearchParams(search).toString()}`);
    expect([response.status, await response.json()]).toMatchObject([200, { data: { serverInfo: {} } }]);
  });

  test('by GET, but not to change anything', async () => {
    const response = await fetch(`${server.url}/graphql?documentId=put`);
    expect(response.status).toBe(405);
  });

  test('by an EventSource, which can do nothing but GET', async () => {
    const source = new EventSource(`${server.url}/graphql?documentId=live`);
    const [event] = (await once(source, 'next')) as [MessageEvent<string>];
    source.close();
    expect(JSON.parse(event.data)).toMatchObject({ errors: [{ extensions: { code: 'CURSOR_INVALID' } }] });
  });

  test('over WebSocket', async () => {
    await using socket = await connectRaw(server);
    socket.subscribe('1', '', undefined, { extensions: { persistedQuery: HASH } });
    expect(await socket.next()).toMatchObject({ type: 'next', payload: { data: { serverInfo: {} } } });
  });
});

describe('nothing else is run:', () => {
  test.each([
    ['another text', { query: '{ serverInfo { version } }' }, 'DOCUMENT_NOT_TRUSTED'],
    [
      'another text beside an unknown hash',
      { query: '{ __typename }', documentId: 'x' },
      'DOCUMENT_NOT_TRUSTED',
    ],
    ['an unknown hash', { documentId: 'sha256:0' }, 'PERSISTED_QUERY_NOT_FOUND'],
    ['a name every object has', { documentId: 'constructor' }, 'PERSISTED_QUERY_NOT_FOUND'],
    ['nothing', {}, 'BAD_REQUEST'],
    ['a hash that is no text', { documentId: 5 }, 'BAD_REQUEST'],
    [
      'another text beside an id of Relay',
      { doc_id: HASH.slice(1), query: '{ __typename }' },
      'DOCUMENT_NOT_TRUSTED',
    ],
    ['an unknown id of Relay', { id: '1', doc_id: 'x' }, 'PERSISTED_QUERY_NOT_FOUND'],
  ])('%s', async (_name, body, code) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { errors: [{ extensions: { code } }] } });
  });

  test('over WebSocket, which goes on', async () => {
    await using socket = await connectRaw(server);
    socket.subscribe('1', '{ __typename }');
    expect(await socket.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'DOCUMENT_NOT_TRUSTED' } }],
    });
    socket.subscribe('2', VERSION);
    expect(await socket.next()).toMatchObject({ type: 'next', id: '2' });
  });

  test('GraphiQL is not served', async () => {
    const response = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(await response.text()).not.toContain('GraphiQL');
  });
});

test('other texts are run too where the settings say so', () => {
  const trusted = createTrustedDocuments(new Map([['a', VERSION]]), false);
  expect(trusted.resolve({ query: '{ __typename }' })).toBe('{ __typename }');
  expect(trusted.resolve({ documentId: 'a' })).toBe(VERSION);
  expect(() => trusted.resolve({ documentId: 'b' })).toThrow('no trusted document has the hash "b"');
});

test('a file that cannot be used is told at the start, with each document and why', async () => {
  const schema = buildSchema('type Query { a: Int }');
  const file = join(folder, 'bad.json');
  const settings = { trustedDocuments: file, trustedDocumentsOnly: true };
  await expect(readTrustedDocuments(settings, schema)).rejects.toThrow(/bad\.json: ENOENT/);
  // A line for the operator, no stack.
  await expect(readTrustedDocuments(settings, schema)).rejects.toBeInstanceOf(OperatorError);
  await writeFile(file, '[]');
  await expect(readTrustedDocuments(settings, schema)).rejects.toThrow('expected a JSON object');
  await writeFile(file, JSON.stringify({ one: '{ b }', two: '{', three: '{ a }' }));
  await expect(readTrustedDocuments(settings, schema)).rejects.toThrow(
    /one: Cannot query field "b"[^]*\n {2}two: Syntax Error/,
  );
});

const MANIFEST = {
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations: [
    { id: 'f1', name: 'One', type: 'query', body: 'query One {\n  a\n  __typename\n}' },
    { id: 'f2', name: 'Two', type: 'query', body: '{ a }' },
  ],
};
test.each([
  ['of Apollo', JSON.stringify(MANIFEST), 'f2'],
  ['of graphql-codegen, behind a byte order mark', `\uFEFF${JSON.stringify({ f3: '{ a }' })}`, 'f3'],
])('a file %s is read', async (_what, text, id) => {
  const schema = buildSchema('type Query { a: Int }');
  const file = join(folder, 'manifest.json');
  await writeFile(file, text);
  const trusted = await readTrustedDocuments({ trustedDocuments: file, trustedDocumentsOnly: true }, schema);
  expect(trusted?.resolve({ extensions: { persistedQuery: { version: 1, sha256Hash: id } } })).toBe('{ a }');
  expect(() => trusted?.resolve({ documentId: 'version' })).toThrow('no trusted document');
});

test.each([
  { ...MANIFEST, version: 2 },
  { ...MANIFEST, operations: [{ id: 'f1' }] },
  { f3: 5 },
  null,
  'text',
])('a file that has neither form is refused: %j', async (json) => {
  const file = join(folder, 'manifest.json');
  await writeFile(file, JSON.stringify(json));
  await expect(
    readTrustedDocuments(
      { trustedDocuments: file, trustedDocumentsOnly: true },
      buildSchema('type Query { a: Int }'),
    ),
  ).rejects.toThrow('expected a JSON object of documents by hash, or a manifest of Apollo');
});
