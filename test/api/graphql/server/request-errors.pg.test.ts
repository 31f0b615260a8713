/** Request errors over HTTP, as the GraphQL-over-HTTP specification has them: no data, a code, and a status by type. */
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { ERROR_CODES } from '../../../../src/errors.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server[Symbol.asyncDispose]());

const METRIC = 'query($id: ID!) { metric(id: $id) { id } }';
const SAMPLES =
  'query($from: DateTime, $score: Float, $first: Int) { metricData(filter: { from: $from, minAnomalyScore: $score }, first: $first) { nodes { value } } }';
const LIST = 'query($by: MetricOrder) { metrics(orderBy: $by) { totalCount } }';

const WRONG: readonly (readonly [name: string, request: object, code: string])[] = [
  ['a variable that is missing', { query: METRIC }, 'BAD_USER_INPUT'],
  ['a variable that is null', { query: METRIC, variables: { id: null } }, 'BAD_USER_INPUT'],
  ['a wrong enum', { query: LIST, variables: { by: 'SIDEWAYS' } }, 'BAD_USER_INPUT'],
  ['an Int that is none', { query: SAMPLES, variables: { first: 1.5 } }, 'BAD_USER_INPUT'],
  ['a page beyond its limit', { query: SAMPLES, variables: { first: 2 ** 31 } }, 'PAGE_TOO_LARGE'],
  ['a Float that is none', { query: SAMPLES, variables: { score: 'high' } }, 'BAD_USER_INPUT'],
  ['a DateTime that is none', { query: SAMPLES, variables: { from: 'yesterday' } }, 'BAD_USER_INPUT'],
  [
    'an input object with a field it does not have',
    {
      query: 'query($f: MetricFilter) { metrics(filter: $f) { totalCount } }',
      variables: { f: { nope: 1 } },
    },
    'BAD_USER_INPUT',
  ],
  [
    'a mutation with a bad variable',
    { query: 'mutation($i: PutMetricDataInput!) { putMetricData(input: $i) { accepted } }', variables: {} },
    'BAD_USER_INPUT',
  ],
  ['a document that is no GraphQL', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
  ['a field that does not exist', { query: '{ nope }' }, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'a literal that is no DateTime',
    { query: '{ metricData(filter: { from: 5 }) { nodes { value } } }' },
    'INVALID_INPUT',
  ],
  [
    'an operation that is not there',
    { query: 'query A { __typename }', operationName: 'B' },
    'OPERATION_RESOLUTION_FAILURE',
  ],
  [
    'several operations and no name',
    { query: 'query A { __typename } query B { __typename }' },
    'OPERATION_RESOLUTION_FAILURE',
  ],
];

/** What no client sends by mistake of its user: as yoga answers, and as limits do. */
const ALWAYS_400 = new Set(['OPERATION_RESOLUTION_FAILURE', 'PAGE_TOO_LARGE']);

async function send(method: 'GET' | 'POST', request: object, accept: string) {
  const search = new URLSearchParams(
    Object.entries(request).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  const response =
    method === 'GET'
      ? await fetch(`${server.url}/graphql?${search.toString()}`, { headers: { accept } })
      : await fetch(`${server.url}/graphql`, {
          method,
          headers: { 'content-type': 'application/json', accept },
          body: JSON.stringify(request),
        });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe.each(WRONG)('%s', (_name, request, code) => {
  const isMutation = 'query' in request && String(request.query).startsWith('mutation');
  it.each(isMutation ? (['POST'] as const) : (['GET', 'POST'] as const))(
    'by %s has its code and status',
    async (method) => {
      const modern = await send(method, request, 'application/graphql-response+json');
      expect(modern.status).toBe(400);
      expect(modern.body).not.toHaveProperty('data');
      expect(modern.body).toMatchObject({ errors: [{ extensions: { code } }] });
      // Clients of old take any other status for a failure of the network.
      const old = await send(method, request, 'application/json');
      expect([old.status, old.body]).toEqual([ALWAYS_400.has(code) ? 400 : 200, modern.body]);
      expect(ERROR_CODES).toContain(code);
    },
  );
});

test('no cache between keeps what a query by GET was answered: the next to ask may have another key, or none', async () => {
  const query = new URLSearchParams({ query: '{ serverInfo { version } }' });
  const response = await fetch(`${server.url}/graphql?${query.toString()}`);
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
});
