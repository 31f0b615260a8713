/** The archive of a metric, put where a presigned address leads. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ask } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const UPLOAD = `mutation($input: UploadMetricArchiveInput!) {
  uploadMetricArchive(input: $input) { ... on UploadedArchive { fileName bytes } ... on Error { code message } }
}`;
const SIGNATURE = 'X-Amz-Signature=0123abcd';

let server: TestServer;
let id: string;

beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_ALLOW_PRIVATE_TARGETS: '127.0.0.1' } });
  const timestampMs = Date.parse('2026-01-05T00:00:00Z');
  await server.engine.accept.acceptNamed([{ metric: 'shop.orders', timestampMs, value: 7 }]);
  id = `Metric:${server.engine.registry.byIdentity('CUSTOM', 'shop.orders')?.id ?? ''}`;
});

afterAll(() => server[Symbol.asyncDispose]());

interface Put {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a bucket is to whoever puts something there. */
async function openBucket(status: number) {
  const puts: Put[] = [];
  const bucket = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method, url, headers } = request;
      puts.push({ method, url, headers, body: Buffer.concat(parts) });
      response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(bucket, 'listening');
  return {
    url: `http://127.0.0.1:${(bucket.address() as AddressInfo).port}/bucket/orders.tar.gz?${SIGNATURE}`, // TCP
    puts,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => bucket.close(() => resolve())),
  };
}

const upload = async (uploadUrl: string, metric = id) => {
  const { data } = await ask(server, UPLOAD, { input: { id: metric, comment: 'look', uploadUrl } });
  return data?.uploadMetricArchive;
};

it('is put in one request of known length, as it would be downloaded, and nothing of it stays behind', async () => {
  await using bucket = await openBucket(200);
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-test-'));
  vi.stubEnv('TMPDIR', folder);
  const uploaded = await upload(bucket.url);
  const [put] = bucket.puts;
  expect(uploaded).toEqual({
    fileName: expect.stringMatching(/^metric_dump_[0-9a-f-]{36}_\d{8}-\d{6}\.tar\.gz$/) as string,
    bytes: put?.body.length,
  });
  expect(put).toMatchObject({ method: 'PUT', url: `/bucket/orders.tar.gz?${SIGNATURE}` });
  expect(put?.headers).toMatchObject({
    'content-length': String(put?.body.length),
    'content-type': 'application/gzip',
  });
  const tar = gunzipSync(put?.body ?? Buffer.alloc(0)).toString('latin1');
  expect(tar).toContain('metric_data.csv');
  expect(tar).toContain('"look"');
  expect(await readdir(folder)).toEqual([]);
  vi.unstubAllEnvs();
  await rmdir(folder);
});

it('is not there when the bucket does not take it, or cannot be reached: that is said, the signature is not', async () => {
  await using bucket = await openBucket(403);
  expect(await upload(bucket.url)).toEqual({
    code: 'SOURCE_UNAVAILABLE',
    message: expect.stringMatching(/^127\.0\.0\.1:\d+ answered 403: the archive is not there$/) as string,
  });
  await bucket[Symbol.asyncDispose]();
  expect(await upload(bucket.url)).toMatchObject({
    code: 'SOURCE_UNAVAILABLE',
    message: expect.not.stringContaining('Signature') as string,
  });
  const { text } = await ask(server, '{ auditLog { nodes { field arguments } } }');
  expect(text).toContain('uploadMetricArchive');
  expect(text).not.toContain('0123abcd');
});

it.each([
  ['a private address', 'http://10.0.0.1/x', 'INVALID_INPUT'],
  ['an address of no network', 'file:///etc/passwd', 'INVALID_INPUT'],
  ['no address', 'bucket', 'INVALID_INPUT'],
])('is refused for %s', async (_what, address, code) => {
  expect(await upload(address)).toMatchObject({
    code,
    message: expect.stringMatching(/^input\.uploadUrl: /) as string,
  });
});

it('is refused for a metric there is not', async () => {
  const unknown = 'Metric:00000000-0000-0000-0000-000000000000';
  expect(await upload('https://example.com/x', unknown)).toMatchObject({ code: 'NOT_FOUND' });
});
