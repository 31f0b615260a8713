import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { anyNumber, anyText, textLike, textWith } from '../../../helpers/matchers.ts';

let server: TestServer;
const logged: string[] = [];

beforeAll(async () => {
  const lines = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logged.push(chunk.toString());
      done();
    },
  });
  server = await startServer({ log: pino({ level: 'info' }, lines) });
});

afterAll(() => server[Symbol.asyncDispose]());

afterEach(async () => {
  // Whatever came before, the server still works.
  expect(await read(server, '{ serverInfo { metrics } }')).toEqual({
    serverInfo: { metrics: anyNumber },
  });
});

interface Reply {
  readonly status: number;
  readonly body: string;
}

/** A POST of bytes as they are; the server may answer, and close, before all of them are sent. */
function post(
  body: Buffer | string,
  headers: Record<string, string> = { 'content-type': 'application/json', accept: RESPONSE_JSON },
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}/graphql`, { method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Asked for this type, a server tells of its refusal in the status, too. */
const RESPONSE_JSON = 'application/graphql-response+json';
const LEAK = /node_modules|\.ts:\d|\.js:\d|at \w+ \(|postgres(ql)?:|SELECT |prisma\./;

describe('a body', () => {
  test('of 10 MB is refused with 413', async () => {
    const { status, body } = await post(JSON.stringify({ query: `{ ${'a '.repeat(5_000_000)} }` }));
    expect(status).toBe(413);
    expect(body).toContain('REQUEST_ENTITY_TOO_LARGE');
  });

  test('of 10 MB without its length is refused with 413', async () => {
    const { status } = await post(JSON.stringify({ query: `{ ${'a '.repeat(5_000_000)} }` }), {
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
    });
    expect(status).toBe(413);
  });

  test('that is not UTF-8 is refused, and nothing of it is stored', async () => {
    const query =
      'mutation { putMetricData(input: { points: [{ metric: "caf?", timestamp: "2026-01-01T00:00:00Z", value: 1 }] }) { accepted } }';
    const bytes = Buffer.from(JSON.stringify({ query }));
    bytes[bytes.indexOf('?')] = 0xe9;
    const { status, body } = await post(bytes);
    expect(status).toBe(400);
    expect(body).toContain('not valid UTF-8');
    expect(await read(server, '{ metrics(filter: { nameContains: "caf" }) { totalCount } }')).toEqual({
      metrics: { totalCount: 0 },
    });
  });

  test.each([
    '',
    '{',
    '[]',
    'null',
    '5',
    '"text"',
    '{}',
    '{"query":5}',
    '{"query":""}',
    '{"query":"{a}","variables":[]}',
    '{"__proto__":{"query":"{__typename}"}}',
  ])('such as %j is refused with 400', async (body) => {
    const reply = await post(body);
    expect(reply.status).toBe(400);
    expect(reply.body).not.toMatch(LEAK);
    expect(JSON.parse(reply.body)).toMatchObject({ errors: [{ message: anyText }] });
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
  ])('of the type %s, which any page may send, is refused with 415', async (type) => {
    const put = 'mutation { putMetricData(input: { points: [] }) { accepted } }';
    expect((await post(JSON.stringify({ query: put }), { 'content-type': type })).status).toBe(415);
    expect((await post(`query=${encodeURIComponent(put)}`, { 'content-type': type })).status).toBe(415);
  });
});

describe('a document', () => {
  const nested = (depth: number) => `{ ${'a { '.repeat(depth)} b ${'} '.repeat(depth)} }`;

  test.each([
    ['with a field that is not there', '{ metrics { nodes { nope } } }', 'Cannot query field'],
    ['with an argument that is not there', '{ metrics(nope: 1) { totalCount } }', 'Unknown argument'],
    ['that is cut off', '{ metrics {', 'Syntax Error'],
    ['of more than 30,000 tokens', `{ ${'a '.repeat(30_001)} }`, 'got more than 30000 tokens'],
    ['that is 100,000 deep', nested(100_000), ''],
    // Of its depth or of its fields, as the stack of the moment lets it be parsed or not.
    ['that is 3,000 deep', nested(3_000), ': expected at most '],
    [
      'with a list 4,000 deep',
      `{ metrics(filter: ${'['.repeat(4_000)}${']'.repeat(4_000)}) { totalCount } }`,
      '',
    ],
  ])('%s is refused with 4xx and a reason', async (_name, query, text) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: RESPONSE_JSON },
      body: JSON.stringify({ query }),
    });
    const body = await response.text();
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(body).toContain(text);
    expect(body.slice(0, 5_000)).not.toMatch(LEAK);
  });

  test('that changes something is refused by GET', async () => {
    const query = encodeURIComponent('mutation { putMetricData(input: { points: [] }) { accepted } }');
    const response = await fetch(`${server.url}/graphql?query=${query}`);
    expect(response.status).toBe(405);
  });
});

describe('a point', () => {
  const PUT = `mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) {
    accepted duplicates late rejected { index code reason } } }`;
  const time = '2026-01-01T00:00:00Z';
  const put = (...points: readonly object[]) => ask(server, PUT, { points });

  test.each([
    [{ metric: 'p', timestamp: time, value: '7' }, 'value', 'Float cannot represent non numeric value: "7"'],
    [{ metric: 'p', timestamp: time, value: null }, 'value', 'not to be null'],
    [{ metric: 'p', timestamp: time }, 'value', 'not provided'],
    [{ metric: 7, timestamp: time, value: 1 }, 'metric', 'String cannot represent a non string value: 7'],
    [{ metric: 'p', timestamp: 'yesterday', value: 1 }, 'timestamp', 'got "yesterday"'],
    [{ metric: 'p', timestamp: 1_767_225_600, value: 1 }, 'timestamp', 'got 1767225600'],
    [{ metric: 'p', timestamp: time, value: 1, extra: 1 }, 'extra', 'Field "extra" is not defined'],
  ])('%o is refused with the field and the value named', async (point, field, text) => {
    const { status, body } = await post(JSON.stringify({ query: PUT, variables: { points: [point] } }));
    expect(status).toBe(400);
    const { errors, data } = JSON.parse(body) as { errors: { message: string }[]; data?: unknown };
    expect(data).toBeUndefined();
    expect(errors[0]?.message).toContain('points[0]');
    expect(errors[0]?.message).toContain(field);
    expect(errors[0]?.message).toContain(text);
  });

  test.each(['NaN', 'Infinity', '-Infinity', '1e999'])('with the value %s never gets in', async (value) => {
    const reply = await post(
      `{"query":${JSON.stringify(PUT)},"variables":{"points":[{"metric":"p","timestamp":"${time}","value":${value}}]}}`,
    );
    expect(reply.body).not.toContain('"accepted":1');
    expect(reply.body).not.toMatch(LEAK);
  });

  test('that is bad costs only itself', async () => {
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    const { data } = await put(
      { metric: 'good', timestamp: time, value: 1 },
      { metric: '', timestamp: time, value: 1 },
      { metric: 'old', timestamp: '1969-12-31T23:59:59Z', value: 1 },
      { metric: 'good', timestamp: inDays(2), value: 1 },
      { metric: 'x'.repeat(4_097), timestamp: time, value: 1 },
      { metric: 'bad\u0007bell', timestamp: time, value: 1 },
      { metric: 'good', timestamp: time, value: 1 },
      { metric: 'good', timestamp: '2026-01-01T00:01:00Z', value: -1.5e300 },
    );
    expect(data?.putMetricData).toMatchObject({
      accepted: 2,
      duplicates: 1,
      late: 0,
      rejected: [1, 2, 3, 4, 5].map((index) => ({
        index,
        code: 'INVALID_INPUT',
        reason: textLike(/.{10,}/),
      })),
    });
  });

  test('too many of them are refused together', async () => {
    const points = Array.from({ length: 10_001 }, () => ({ metric: 'p', timestamp: time, value: 1 }));
    const { errors } = await ask(server, PUT, {
      points: points.map(({ metric, value }) => ({ metric, value, timestamp: '2026-01-01T00:00:00Z' })),
    });
    expect(errors[0]).toMatchObject({ message: textWith('$points: expected at most 10000, got 10001') });
  });

  test('for a queue that is full is answered with 503 and when to come back', async () => {
    const { RetryLaterError } = await import('../../../../src/errors.ts');
    const accepting = vi.spyOn(server.engine.accept, 'acceptNamed');
    accepting.mockRejectedValue(new RetryLaterError('the queue is full'));
    const { status, headers, errors } = await put({ metric: 'p', timestamp: time, value: 1 });
    accepting.mockRestore();
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('1');
    expect(errors).toMatchObject([
      { message: 'the queue is full', extensions: { code: 'RETRY_LATER' }, path: ['putMetricData'] },
    ]);
  });
});

test('an error nobody expected is masked, and found in the log by its number', async () => {
  const reading = vi.spyOn(server.engine.stats, 'snapshot').mockImplementation(() => {
    throw new Error('connect postgres://app:hunter2@db failed');
  });
  const { text, errors } = await ask(server, '{ serverInfo { version counters { name } } }');
  reading.mockRestore();
  expect(text).not.toContain('hunter2');
  expect(text).not.toMatch(LEAK);
  const requestId = String(errors[0]?.extensions?.requestId);
  expect(errors[0]).toMatchObject({
    message: `unexpected error; the log has it under requestId ${requestId}`,
    path: ['serverInfo', 'counters'],
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  });
  const line = logged.find((text) => text.includes(requestId));
  expect(line).toContain('hunter2');
  expect(line).toContain('serverInfo.counters');
});

test('a name of another server is refused in the address as in the header', async () => {
  const { hostname, port } = new URL(server.url);
  const answers = ['/metrics', 'http://evil.example/metrics', `http://${hostname}:${port}/metrics`].map(
    async (path) => {
      const asked = request({ hostname, port, path, headers: { host: `${hostname}:${port}` } }).end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    },
  );
  expect(await Promise.all(answers)).toEqual([200, 421, 200]);
});

test.each(['gzip', 'br', 'deflate, gzip', 'zstd'])(
  'a body that is encoded is refused as such: %s',
  async (encoding) => {
    const body = gzipSync('{"query":"{ __typename }"}');
    const headers = {
      'content-type': 'application/json',
      'content-encoding': encoding,
      accept: RESPONSE_JSON,
    };
    const { status, body: answer } = await post(body, headers);
    expect(status).toBe(415);
    expect(answer).toContain(`content-encoding: expected none, got \\"${encoding}\\"`);
  },
);

test('a body of the encoding identity is one without', async () => {
  const headers = {
    'content-type': 'application/json',
    'content-encoding': 'identity',
    accept: RESPONSE_JSON,
  };
  expect(await post('{"query":"{ __typename }"}', headers)).toMatchObject({ status: 200 });
});

test('a page of another site gets no leave to read answers', async () => {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'OPTIONS',
    headers: {
      origin: 'http://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  });
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  const asked = await fetch(`${server.url}/graphql?query={__typename}`, {
    headers: { origin: 'http://evil.example' },
  });
  expect(asked.headers.get('access-control-allow-origin')).toBeNull();
});

test.each([
  ['{ resources(type: "a\\u0000b") { nodes { id } } }'],
  ['{ metrics(filter: { server: "a\\u0000b" }) { totalCount } }'],
])('a text the database cannot keep is the fault of who sent it: %s', async (query) => {
  const { errors } = await ask(server, query);
  expect(errors).toMatchObject([{ message: textWith('U+0000'), extensions: { code: 'INVALID_INPUT' } }]);
});

const CREATE_RULE =
  'mutation ($scope: NotificationScopeInput!) { result: createNotificationRule(input: { name: "half", scope: $scope }) { ... on InvalidInputError { code message } } }';
const CREATE_POLICY =
  'mutation ($match: MonitoringMatchInput!) { result: createMonitoringPolicy(input: { name: "half", match: $match }) { ... on InvalidInputError { code message } } }';
const HALF = '\ud83d';
test.each([
  [CREATE_RULE, { scope: { servers: [HALF] } }],
  [CREATE_RULE, { scope: { namePattern: `${HALF}*` } }],
  [CREATE_RULE, { scope: { tags: [{ key: 'env', values: [HALF] }] } }],
  [CREATE_POLICY, { match: { tags: [{ key: HALF, values: ['a'] }] } }],
])(
  'half of a character within what is kept as JSON is the fault of who sent it: %#',
  async (query, variables) => {
    const { data } = await ask(server, query, variables);
    expect(data?.result).toEqual({ code: 'INVALID_INPUT', message: textWith('half of a character') });
  },
);

test.each([
  [
    'NotificationRule',
    'mutation { made: createNotificationRule(input: { name: "gone" }) { ... on NotificationRule { id } } }',
  ],
  [
    'MonitoringPolicy',
    `mutation { made: createMonitoringPolicy(input: { name: "gone", match: { namePattern: "gone.*" } }) {
      ... on SavedMonitoringPolicy { policy { id } } } }`,
  ],
])('what is changed and deleted at once is changed, or not found: %s', async (type, create) => {
  interface Made {
    readonly id?: string;
    readonly policy?: { readonly id: string };
  }
  const { made } = await read<{ made: Made }>(server, create);
  const id = made.id ?? made.policy?.id;
  const mutate = (deed: string, input: object) =>
    ask(
      server,
      `mutation ($input: ${deed}${type}Input!) { done: ${deed.toLowerCase()}${type}(input: $input) {
        __typename ... on Error { code } } }`,
      { input: { id, ...input } },
    );
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, index) =>
      index % 8 === 3 ? mutate('Delete', {}) : mutate('Update', { enabled: index % 2 === 0 }),
    ),
  );
  for (const { data, errors } of answers) {
    const done = data?.done as { readonly code?: string } | undefined;
    const codes = [done?.code, ...errors.map(({ extensions }) => extensions?.code)];
    expect(codes.filter((code) => code !== undefined && code !== 'NOT_FOUND')).toEqual([]);
  }
});

test('variables in an address that are no JSON are refused with 400', async () => {
  const response = await fetch(`${server.url}/graphql?query={__typename}&variables={`);
  expect([response.status, await response.text()]).toEqual([
    400,
    textWith('variables, extensions: expected JSON'),
  ]);
});

test('a read while the database is away is to be tried again, as a write is', async () => {
  const { Client } = await import('pg');
  const reading = vi.spyOn(server.engine.prisma.metric, 'findMany').mockImplementation((() =>
    // As it fails when nothing listens.
    new Client({ host: '127.0.0.1', port: 9 }).connect()) as never);
  const { status, headers, errors } = await ask(server, '{ metrics { nodes { id description } } }');
  reading.mockRestore();
  expect(status).toBe(503);
  expect(headers.get('retry-after')).toBe('1');
  expect(errors).toMatchObject([
    { message: textWith('the database cannot be asked just now'), extensions: { code: 'RETRY_LATER' } },
  ]);
});

test('a masked error carries the id the answer has as x-request-id', async () => {
  const reading = vi.spyOn(server.engine.stats, 'snapshot').mockImplementation(() => {
    throw new Error('hunter2');
  });
  const { headers, errors } = await ask(server, '{ serverInfo { counters { name } } }');
  reading.mockRestore();
  expect(errors[0]?.extensions?.requestId).toBe(headers.get('x-request-id'));
});
