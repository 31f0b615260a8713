/** What is wrong with a request is said in the same words, whatever carries it. */
import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textWith } from '../../../helpers/matchers.ts';
import { connectRaw } from '../../../helpers/raw-socket.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server[Symbol.asyncDispose]());

interface Request {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
}

interface Answer {
  readonly status?: number;
  readonly data?: unknown;
  readonly errors: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

const RESPONSE_JSON = 'application/graphql-response+json';

async function post(request: Request, accept: string): Promise<Response> {
  return fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(request),
  });
}

async function readJson(response: Response): Promise<Answer> {
  expect(response.headers.get('content-type')).toContain(RESPONSE_JSON);
  return { ...((await response.json()) as Answer), status: response.status };
}

const CARRIERS: Readonly<Record<string, (request: Request) => Promise<Answer>>> = {
  POST: async (request) => readJson(await post(request, RESPONSE_JSON)),
  GET: async ({ query, variables = {}, operationName }) => {
    const named = operationName === undefined ? {} : { operationName };
    const search = new URLSearchParams({ query, variables: JSON.stringify(variables), ...named });
    return readJson(
      await fetch(`${server.url}/graphql?${search.toString()}`, { headers: { accept: RESPONSE_JSON } }),
    );
  },
  WebSocket: async ({ query, ...beside }) => {
    await using socket = await connectRaw(server);
    socket.subscribe('1', query, undefined, beside);
    const { payload } = await socket.next();
    return Array.isArray(payload) ? { errors: payload } : (payload as Answer);
  },
  'server-sent events': async (request) => {
    const text = await (await post(request, 'text/event-stream')).text();
    const [, data = ''] = /^event: next\ndata: (.*)$/m.exec(text) ?? [];
    expect(text).toMatch(/event: complete\ndata:\n\n$/);
    return JSON.parse(data) as Answer;
  },
};

const SAMPLES = `query ($from: DateTime, $score: Float, $first: Int) {
  metricData(filter: { from: $from, minAnomalyScore: $score }, first: $first) { nodes { value } } }`;

describe('the words of a request error', () => {
  it.each<[what: string, request: Request, code: string, message: RegExp]>([
    [
      'a wrong enum',
      {
        query: 'query ($by: MetricOrder) { metrics(orderBy: $by) { totalCount } }',
        variables: { by: 'SIDEWAYS' },
      },
      'BAD_USER_INPUT',
      /"\$by" got invalid value "SIDEWAYS"; Value "SIDEWAYS" does not exist in "MetricOrder" enum/,
    ],
    [
      'a missing variable',
      { query: 'query ($id: ID!) { metric(id: $id) { id } }' },
      'BAD_USER_INPUT',
      /"\$id" of required type "ID!" was not provided/,
    ],
    [
      'a bad Int',
      { query: SAMPLES, variables: { first: 1.5 } },
      'BAD_USER_INPUT',
      /"\$first" got invalid value 1.5; Int cannot represent non-integer value: 1.5/,
    ],
    [
      'a bad DateTime',
      { query: SAMPLES, variables: { from: 'yesterday' } },
      'BAD_USER_INPUT',
      /"\$from" got invalid value "yesterday"/,
    ],
    ['a document that is no GraphQL', { query: '{' }, 'GRAPHQL_PARSE_FAILED', /Syntax Error: Expected Name/],
    [
      'a field that is not there',
      { query: '{ nope }' },
      'GRAPHQL_VALIDATION_FAILED',
      /Cannot query field "nope"/,
    ],
    [
      'an operation that is not there',
      { query: 'query A { __typename }', operationName: 'B' },
      'OPERATION_RESOLUTION_FAILURE',
      /^operationName: expected the name of one of the 1 operations, got "B"$/,
    ],
    [
      'several operations and no name',
      { query: 'query A { __typename } query B { __typename }' },
      'OPERATION_RESOLUTION_FAILURE',
      /^operationName: expected the name of one of the 2 operations, because there are several$/,
    ],
    [
      'a document of fragments alone',
      { query: 'fragment A on Query { __typename }' },
      'OPERATION_RESOLUTION_FAILURE',
      /^query: expected an operation in the document, found none$/,
    ],
    [
      'a condition on what is subscribed to',
      {
        query: 'subscription ($on: Boolean!) { anomalyScores @include(if: $on) { cursor } }',
        variables: { on: false },
      },
      'GRAPHQL_VALIDATION_FAILED',
      /^Anonymous Subscription must not use `@skip` or `@include` directives/,
    ],
    [
      'a page beyond the limit',
      { query: SAMPLES, variables: { first: 6000 } },
      'PAGE_TOO_LARGE',
      /^first: expected at most 5000, got 6000 \(LAPWING_MAX_PAGE_ROWS\)/,
    ],
  ])('are those of every transport: %s', async (_what, request, code, message) => {
    const answers = new Map<string, Answer>();
    for (const [carrier, send] of Object.entries(CARRIERS)) answers.set(carrier, await send(request));
    const [first] = answers.values();
    expect(first?.errors).toMatchObject([
      { message: expect.stringMatching(message) as string, extensions: { code } },
    ]);
    for (const [carrier, { status, errors, ...others }] of answers) {
      expect([carrier, errors]).toEqual([carrier, first?.errors]);
      expect(others).toEqual({});
      if (carrier === 'POST' || carrier === 'GET') expect(status).toBe(400);
    }
  });
});

describe('null for a condition whose variable has a default', () => {
  it.each(Object.entries(CARRIERS))('is the fault of the variables by %s', async (_carrier, send) => {
    const query = 'query ($on: Boolean = true) { metrics @include(if: $on) { totalCount } }';
    const { data, errors } = await send({ query, variables: { on: null } });
    expect([data, errors]).toMatchObject([
      null,
      [
        {
          message: 'Argument "if" of non-null type "Boolean!" must not be null.',
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    ]);
  });
});

describe('an empty operationName, as clients without null send it', () => {
  it.each(Object.entries(CARRIERS))('is none by %s', async (_carrier, send) => {
    const one = await send({ query: 'query A { a: __typename }', operationName: '' });
    expect(one.data).toEqual({ a: 'Query' });
    const two = await send({ query: 'query A { __typename } query B { __typename }', operationName: '' });
    expect(two.errors).toMatchObject([
      { message: expect.stringContaining('because there are several') as string },
    ]);
  });
});

describe('a body of JSON', () => {
  it.each([
    'Application/JSON; charset=UTF-8',
    'application/json;charset=utf-8',
    'application/json, application/json',
    'application/graphql+json',
    'application/graphql-response+json',
    'application/vnd.api+json ; charset="utf-8"',
  ])('is one by whatever name its type has: %s', async (type) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{ "query": "{ __typename }" }',
    });
    expect([response.status, await response.json()]).toEqual([200, { data: { __typename: 'Query' } }]);
  });
});

it.each([
  ['application/json; charset="utf-8"', 200, 'application/json'],
  ['application/json;charset=UTF8', 200, 'application/json'],
  ['application/graphql-response+json; charset="UTF-8", application/json;q=0.5', 200, RESPONSE_JSON],
  ['application/graphql-response+json;q=0.5, application/json', 200, 'application/json'],
  ['text/html, */*;q=0.1, application/graphql-response+json;q=0.8', 200, RESPONSE_JSON],
  ['application/json; charset=iso-8859-1', 406, 'application/json'],
])('an answer is in UTF-8, of the type that is wanted most: %s', async (accept, status, type) => {
  const answer = await post({ query: '{ __typename }' }, accept);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([status, `${type}; charset=utf-8`]);
});

describe('a request this server does not take', () => {
  const send = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: RESPONSE_JSON, ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, ...((await response.json()) as Answer) };
  };
  const refused = (status: number, code: string, message: string) => ({
    status,
    errors: [expect.objectContaining({ message, extensions: { code } }) as unknown],
  });

  it.each([1, true, {}, ['A']])('names its operation by what is no text: %j', async (operationName) => {
    const { status, errors } = await send({ query: 'query A { __typename }', operationName });
    expect([status, errors]).toMatchObject([
      400,
      [{ message: expect.stringMatching(/^operationName: expected a string, got /) as string }],
    ]);
  });

  it('defers or streams a part of an answer, which validation names', async () => {
    expect(await send({ query: '{ ... @defer { serverInfo { version } } }' })).toEqual(
      refused(400, 'GRAPHQL_VALIDATION_FAILED', 'Unknown directive "@defer".'),
    );
    expect(await send({ query: '{ metrics { nodes @stream(initialCount: 1) { id } } }' })).toEqual(
      refused(400, 'GRAPHQL_VALIDATION_FAILED', 'Unknown directive "@stream".'),
    );
  });

  it('has a hash and no document, which clients of persisted queries answer with the document', async () => {
    const persistedQuery = { version: 1, sha256Hash: 'a'.repeat(64) };
    expect(await send({ extensions: { persistedQuery } })).toEqual(
      refused(400, 'PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported'),
    );
  });

  it('changes something by GET: 405 says how it may come', async () => {
    const query = encodeURIComponent('mutation { putMetricData(input: { points: [] }) { accepted } }');
    const response = await fetch(`${server.url}/graphql?query=${query}`, {
      headers: { accept: RESPONSE_JSON },
    });
    expect(response.headers.get('allow')).toBe('POST');
    expect({ status: response.status, ...((await response.json()) as Answer) }).toEqual(
      refused(405, 'BAD_REQUEST', 'Can only perform a mutation operation from a POST request.'),
    );
  });

  it('reserves a stream for all subscriptions, as graphql-sse may: 405 says how else they come', async () => {
    const answers: unknown[] = [];
    const client = createClient({
      url: `${server.url}/graphql`,
      singleConnection: true,
      retryAttempts: 0,
      fetchFn: async (...given: Parameters<typeof fetch>) => {
        const response = await fetch(...given);
        // The client gives its own up before anybody could read it.
        answers.push([response.status, response.headers.get('allow'), await response.clone().json()]);
        return response;
      },
    });
    const failed = new Promise((resolve) => {
      const query = 'subscription { anomalyScores { cursor } }';
      client.subscribe({ query }, { next: resolve, complete: () => resolve(null), error: resolve });
    });
    expect(await failed).toMatchObject({ message: 'Server responded with 405: Method Not Allowed' });
    const errors = [
      { message: textWith('set singleConnection to false'), extensions: { code: 'BAD_REQUEST' } },
    ];
    expect(answers).toEqual([[405, 'GET, POST', { errors }]]);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain, application/json',
    'application/jsonx',
    'application/xml',
  ])('is one any page may send without asking: %s', async (type) => {
    expect(await send({ query: '{ __typename }' }, { 'content-type': type })).toEqual(
      refused(415, 'BAD_REQUEST', 'expected the header content-type: application/json'),
    );
  });

  it('is not introspection: the whole schema is told to who may ask', async () => {
    const { errors, data } = await send({ query: '{ __schema { queryType { name } types { name } } }' });
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ __schema: { queryType: { name: 'Query' } } });
  });
});
