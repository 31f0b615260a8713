/** Several operations in one body, as Apollo Client's BatchHttpLink and others send them. */
import { ApolloClient, gql, InMemoryCache, type TypedDocumentNode } from '@apollo/client';
import { BatchHttpLink } from '@apollo/client/link/batch-http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const MAX_OPERATIONS = 20;

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_MAX_OPERATIONS: String(MAX_OPERATIONS) } });
});

afterAll(() => server[Symbol.asyncDispose]());

async function post(body: string): Promise<{ readonly status: number; readonly answer: unknown }> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return { status: response.status, answer: await response.json() };
}

const sendBatch = (operations: readonly unknown[]) => post(JSON.stringify(operations));

const failed = (code: string, part: string) => ({
  errors: [{ message: expect.stringContaining(part) as string, extensions: { code } }],
});

/** Each operation, and its answer. */
const CASES: readonly (readonly [operation: unknown, answer: object])[] = [
  [{ query: '{ first: __typename }' }, { data: { first: 'Query' } }],
  [{ query: '{' }, failed('GRAPHQL_PARSE_FAILED', 'Expected Name')],
  [{ query: '{ nope }' }, failed('GRAPHQL_VALIDATION_FAILED', '"nope"')],
  [null, failed('BAD_REQUEST', 'expected an object, got null')],
  [[{ query: '{ __typename }' }], failed('BAD_REQUEST', 'expected an object, got [')],
  [{ query: 'query A { a: __typename }', operationName: '' }, { data: { a: 'Query' } }],
  [
    { query: 'query A { a: __typename }', operationName: 4 },
    failed('BAD_REQUEST', 'operationName: expected'),
  ],
  [{ query: 'query A { a: __typename }', operationName: 'B' }, failed('OPERATION_RESOLUTION_FAILURE', '"B"')],
  [{ qeury: '{ __typename }' }, failed('BAD_REQUEST', '"qeury"')],
  [
    { extensions: { persistedQuery: { version: 1, sha256Hash: 'a' } } },
    failed('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported'),
  ],
  [{ query: '{ metrics(first: 99999) { totalCount } }' }, failed('PAGE_TOO_LARGE', '99999')],
  [{ query: 'subscription { anomalyScores { cursor } }' }, failed('BAD_REQUEST', 'send it alone')],
  [
    { query: 'mutation { putMetricData(input: { points: [] }) { accepted } }' },
    { data: { putMetricData: { accepted: 0 } } },
  ],
  [
    { id: '7', query: 'query ($id: ID!) { node(id: $id) { id } }', variables: { id: 'Metric:1' } },
    { data: { node: null } },
  ],
  [{ query: '{ last: __typename }' }, { data: { last: 'Query' } }],
];

it('is answered in its order, and what is wrong with one is the affair of none but that', async () => {
  const { status, answer } = await sendBatch(CASES.map(([operation]) => operation));
  expect(status).toBe(200);
  expect(answer).toMatchObject(CASES.map(([, expected]) => expected));
});

it.each([
  ['[]', 'BAD_REQUEST', 'expected at least one, got an empty list'],
  [JSON.stringify(Array(MAX_OPERATIONS + 1).fill({ query: '{ a }' })), 'TOO_MANY_OPERATIONS', 'in parts'],
  ['[{"query":"{ a }","variables":{"a":1,"a":2}}]', 'BAD_REQUEST', '"a" twice'],
  ['[{"query":', 'BAD_REQUEST', 'invalid JSON'],
])('is refused as a whole where it is none, or too long: %.40s', async (body, code, message) => {
  const { status, answer } = await post(body);
  expect([status, answer]).toMatchObject([
    400,
    { errors: [{ message: expect.stringContaining(message) as string, extensions: { code } }] },
  ]);
});

it("is what Apollo Client's BatchHttpLink sends: each query has its own answer or error", async () => {
  let requests = 0;
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: new BatchHttpLink({
      uri: `${server.url}/graphql`,
      fetch: (url, init) => {
        requests += 1;
        return fetch(url, init);
      },
    }),
  });
  const ask = async (text: string) => {
    const query: TypedDocumentNode<object> = gql(text);
    return client.query({ query, fetchPolicy: 'no-cache', errorPolicy: 'all' });
  };
  const answers = await Promise.all([
    ask('query One { one: __typename }'),
    ask('query Two { nope }'),
    ask('query Three { metrics { totalCount } }'),
  ]);
  client.stop();
  expect(requests).toBe(1);
  expect(answers).toMatchObject([
    { data: { one: 'Query' } },
    { error: { message: expect.stringContaining('"nope"') as string } },
    { data: { metrics: { totalCount: 0 } } },
  ]);
});
