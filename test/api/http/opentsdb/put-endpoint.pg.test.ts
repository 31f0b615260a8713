/** What writes to OpenTSDB over HTTP, and how it is answered: http://opentsdb.net/docs/build/html/api_http/put.html */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KeyedServer, startKeyedServer } from '../../graphql/keyed-server.ts';

const AT = 1772323200;
let keyed: KeyedServer;
let key: string;

beforeAll(async () => {
  keyed = await startKeyedServer();
  ({ key } = await keyed.createKey('pusher', ['INGEST']));
});
afterAll(() => keyed[Symbol.asyncDispose]());

async function put(
  body: string | Uint8Array<ArrayBuffer>,
  query = '',
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(`${keyed.server.url}/api/put${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
}

const point = (host: string, value: unknown = 1) => ({
  metric: 'sys.cpu.nice',
  timestamp: AT,
  value,
  tags: { host },
});

async function readStored(pattern: string) {
  const { rows } = await keyed.server.engine.pool.query<{ name: string; value: number; at: number }>(
    `SELECT m.name, s.value, extract(epoch FROM s."timestamp")::float8 AS at FROM metric m JOIN sample s
     ON s.metric_number = m.number WHERE m.name LIKE $1 ORDER BY m.name`,
    [pattern],
  );
  return rows;
}

it('one data point is stored, and answered with 204 and nothing', async () => {
  expect(await put(JSON.stringify(point('one', 18)))).toEqual({ status: 204, body: null });
  expect(await readStored('%host=one')).toEqual([{ name: 'sys.cpu.nice;host=one', value: 18, at: AT }]);
});

it('an array with gzip is stored', async () => {
  const body = new Uint8Array(gzipSync(JSON.stringify([point('gzip-a'), point('gzip-b', '2.5')])));
  expect(await put(body, '?summary', { 'content-encoding': 'gzip' })).toEqual({
    status: 200,
    body: { failed: 0, success: 2 },
  });
  expect((await readStored('%host=gzip-%')).map(({ value }) => value)).toEqual([1, 2.5]);
});

it('a bad point costs only itself, and details name it as it came', async () => {
  const [bad, late] = [point('mixed-b', 'NaN'), { ...point('mixed-c'), timestamp: AT + 10_000 * 86_400 }];
  const answer = await put(JSON.stringify([point('mixed-a'), bad, late]), '?details&sync&sync_timeout=60000');
  expect(answer).toMatchObject({
    status: 400,
    body: {
      failed: 2,
      success: 1,
      errors: [
        { datapoint: bad, error: 'value: expected a number, got "NaN"' },
        { datapoint: late, error: expect.stringContaining('timestamp') as string },
      ],
    },
  });
  expect((await readStored('%host=mixed-%')).map(({ name }) => name)).toEqual(['sys.cpu.nice;host=mixed-a']);
  expect(await put(JSON.stringify([point('mixed-d'), bad]), '?summary')).toMatchObject({
    status: 400,
    body: { failed: 1, success: 1 },
  });
  expect(await put(JSON.stringify([bad]))).toMatchObject({
    status: 400,
    body: {
      error: {
        code: 400,
        message: '1 of 1 data points had errors, the first: value: expected a number, got "NaN"',
      },
    },
  });
});

it.each([
  ['{', {}, 400, 'the body is not JSON'],
  ['', {}, 400, 'the body is not JSON'],
  ['['.repeat(100_000) + ']'.repeat(100_000), {}, 400, 'at most 64 levels of brackets'],
  [
    `{"metric":"a","value":1,"tags":${'{"a":'.repeat(5000)}1${'}'.repeat(5001)}`,
    {},
    400,
    'at most 64 levels',
  ],
  [new Uint8Array([0x22, 0xff, 0x22]), {}, 400, 'the body is not JSON'],
  [JSON.stringify(point('x'.repeat(2_000_000))), {}, 413, 'a write may have 2000000 bytes'],
  ['[]', { authorization: 'Bearer nobody' }, 401, ''],
  ['[]', { 'content-encoding': 'br' }, 415, 'content-encoding: expected'],
  ['[]', { origin: 'https://elsewhere.example' }, 403, 'pages of other sites may not write here'],
] as const)('%.20s with %o is refused with %i', async (body, headers, status, message) => {
  const answer = await put(body, '', headers);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatchObject({
    error: { code: status, message: expect.stringContaining(message) as string },
  });
});

it('nothing at all is an empty success', async () => {
  expect(await put('[]', '?details')).toEqual({ status: 200, body: { errors: [], failed: 0, success: 0 } });
});

it('more points than are handed over at once are all stored', async () => {
  const many = Array.from({ length: 12_000 }, (_, index) => ({
    metric: 'put.many',
    timestamp: AT + index,
    value: index,
  }));
  expect(await put(JSON.stringify(many), '?summary')).toEqual({
    status: 200,
    body: { failed: 0, success: 12_000 },
  });
  expect(await readStored('put.many')).toHaveLength(12_000);
});
