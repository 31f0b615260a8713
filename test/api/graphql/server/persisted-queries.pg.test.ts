/** Apollo Client's and urql's way of sending hashes first, with their own clients. */
import { ApolloClient, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRaw } from '../../../helpers/raw-socket.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server[Symbol.asyncDispose]());

const HASH_ALONE = { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } };

describe('a server that keeps no documents', () => {
  it.each([true, false])('answers Apollo Client, whose hash by GET (%s) it does not know', async (byGet) => {
    const sent: string[] = [];
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: new PersistedQueryLink({
        sha256: (text) => createHash('sha256').update(text).digest('hex'),
        useGETForHashedQueries: byGet,
      }).concat(
        new HttpLink({
          uri: `${server.url}/graphql`,
          fetch: async (url, init) => {
            const response = await fetch(url, init);
            sent.push(`${init?.method ?? ''} ${response.status}`);
            return response;
          },
        }),
      ),
    });
    const ask = async (name: string) => {
      const query: TypedDocumentNode<{ serverInfo: { version: string } }> = gql(
        `query ${name} { serverInfo { version } }`,
      );
      const { data } = await client.query({
        query,
        fetchPolicy: 'no-cache',
      });
      return data?.serverInfo.version;
    };
    expect(await ask('First')).toMatch(/^\d/);
    // It has learned, and sends no further hash.
    expect(await ask('Second')).toMatch(/^\d/);
    expect(sent).toHaveLength(3);
    expect(sent.slice(1)).toEqual(['POST 200', 'POST 200']);
    client.stop();
  });

  it.each(['application/json', 'application/graphql-response+json'])(
    'says so in the words clients compare, as %s',
    async (accept) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify(HASH_ALONE),
      });
      expect(await response.json()).toEqual({
        errors: [
          { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } },
        ],
      });
      expect(response.status).toBe(accept === 'application/json' ? 200 : 400);
    },
  );

  it('says so over WebSocket, and goes on', async () => {
    await using socket = await connectRaw(server);
    socket.subscribe('1', '', undefined, HASH_ALONE);
    expect(await socket.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
    });
    // As Apollo Kotlin has it.
    socket.subscribe('2', undefined, undefined, HASH_ALONE);
    expect(await socket.next()).toMatchObject({
      type: 'error',
      id: '2',
      payload: [{ message: 'PersistedQueryNotSupported' }],
    });
    socket.subscribe('3', '{ __typename }', undefined, HASH_ALONE);
    expect(await socket.next()).toMatchObject({ type: 'next', id: '3' });
  });
});

describe('what a body has beside the request', () => {
  const ask = async (body: object) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return [response.status, await response.json()] as const;
  };
  const query = '{ serverInfo { __typename } }';

  it.each([
    // react-relay-network-modern 6.2.2 numbers its requests.
    ['a number of the request', { id: '1', query, variables: {} }],
    ['an id of Relay', { query, variables: {}, doc_id: 'a' }],
    ['a hash', { query, documentId: 'sha256:a' }],
    ['others', { query, queryId: 'a', uploadables: null, operationKind: 'query', clientId: 7 }],
    ['names that every object has', { query, constructor: 1, toString: 'a' }],
  ])('is no reason to refuse it: %s', async (_, body) => {
    expect(await ask(body)).toEqual([200, { data: { serverInfo: { __typename: 'ServerInfo' } } }]);
  });

  it('is named where the text is missing: it may be misspelled', async () => {
    const message = 'Unexpected parameter "qeury" in the request body.';
    expect(await ask({ qeury: query })).toEqual([
      400,
      { errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] },
    ]);
  });

  it.each([{ doc_id: 'a' }, { documentId: 'a' }, { id: 'a', query: '' }])(
    'does not stand for a text where no documents are kept: %j',
    async (body) => {
      const message =
        'no trusted documents are kept here (LAPWING_TRUSTED_DOCUMENTS): send the text as query';
      const extensions = { code: 'PERSISTED_QUERY_NOT_SUPPORTED' };
      expect(await ask(body)).toEqual([200, { errors: [{ message, extensions }] }]);
    },
  );
});
