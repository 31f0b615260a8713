import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { compress } from 'snappyjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BodyError, readPushBody } from '../../../../src/api/http/push/push-body.ts';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';

const MAX_BYTES = 100_000;
const TEXT = 'cpu,host=a value=1.5 1796001769000000000\n'.repeat(10);

describe('the body of a push', () => {
  const server = createServer(KEPT_OPEN, (request, response) => {
    const isRemoteWrite = request.url === '/remote-write';
    const reading = isRemoteWrite
      ? readPushBody(request, MAX_BYTES, ['snappy'], 'snappy')
      : readPushBody(request, MAX_BYTES);
    reading.then(
      (body) => response.end(body),
      (error: unknown) => {
        if (error instanceof BodyError) response.writeHead(error.status).end(error.message);
        else response.writeHead(500).end(String(error));
      },
    );
  });
  let url = '';
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    // The address of a listening TCP server is an object.
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const send = async (body: string | Buffer, encoding: string | null, path = '/') => {
    const headers = encoding === null ? {} : { 'content-encoding': encoding };
    const sent = typeof body === 'string' ? body : new Uint8Array(body);
    const response = await fetch(url + path, { method: 'POST', body: sent, headers });
    return { status: response.status, text: await response.text() };
  };

  it.each([
    ['no header', null, Buffer.from(TEXT)],
    ['an empty header', '', Buffer.from(TEXT)],
    ['identity', 'identity', Buffer.from(TEXT)],
    ['gzip', 'gzip', gzipSync(TEXT)],
    ['capitals', 'GZIP', gzipSync(TEXT)],
    // RFC 9110, 8.4.1.3: the same as gzip.
    ['x-gzip', 'x-gzip', gzipSync(TEXT)],
    // RFC 9110, 8.4.1.2, and zlib.compress of the OTLP exporter for Python.
    ['deflate', 'deflate', deflateSync(TEXT)],
    // confighttp of the OpenTelemetry Collector, which writes the same by either name.
    ['zlib', 'zlib', deflateSync(TEXT)],
  ])('is read with %s', async (_, encoding, body) => {
    expect(await send(body, encoding)).toEqual({ status: 200, text: TEXT });
  });

  it.each([null, 'snappy'])('of a remote write is Snappy, with the header %s', async (encoding) => {
    const body = Buffer.from(compress(Buffer.from(TEXT)));
    expect(await send(body, encoding, '/remote-write')).toEqual({ status: 200, text: TEXT });
  });

  it.each([
    ['zstd', 'x', '/', 415, 'content-encoding: expected gzip, deflate or identity, got "zstd"'],
    ['zstd', 'x', '/remote-write', 415, 'content-encoding: expected snappy, got "zstd"'],
    ['gzip', TEXT, '/', 400, 'the body is not gzip, though content-encoding says so'],
    ['deflate', TEXT, '/', 400, 'the body is not deflate, though content-encoding says so'],
    ['deflate', deflateSync(TEXT).subarray(0, -6), '/', 400, 'the body is not deflate'],
    ['gzip', gzipSync(Buffer.alloc(MAX_BYTES + 1)), '/', 413, 'a write may have 100000 bytes'],
    ['deflate', deflateSync(Buffer.alloc(MAX_BYTES + 1)), '/', 413, 'a write may have 100000 bytes'],
    ['identity', Buffer.alloc(MAX_BYTES + 1), '/', 413, 'a write may have 100000 bytes'],
  ])('%s is refused where it cannot be read: %#', async (encoding, body, path, status, text) => {
    const answer = await send(body, encoding, path);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
  });
});
