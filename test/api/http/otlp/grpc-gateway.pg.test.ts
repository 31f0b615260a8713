/** What exporters that speak gRPC are told: the SDK's own is tried with those that speak HTTP. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { once } from 'node:events';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OtlpGateway } from '../../../../src/api/http/otlp/grpc-gateway.ts';
import { createLog } from '../../../../src/log.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const KEY = 'a-key-of-thirty-two-characters-or-more';
const EXPORT = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';

let server: TestServer;
let session: ClientHttp2Session;
beforeAll(async () => {
  server = await startServer({
    settings: {
      LAPWING_OTLP_GRPC_PORT: '0',
      LAPWING_API_KEY: KEY,
      LAPWING_TRUSTED_PROXIES: '127.0.0.1',
    },
  });
  session = connect(server.addresses.otlpGrpc ?? '');
});
afterAll(async () => {
  session.close();
  await server[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly message: string;
  readonly body: Buffer;
}

/** As any client of gRPC: headers, messages, trailers. */
async function call(
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  over: ClientHttp2Session = session,
): Promise<Answer> {
  const stream = over.request({
    ':method': 'POST',
    ':path': EXPORT,
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: `Bearer ${KEY}`,
    ...headers,
  });
  let said: IncomingHttpHeaders = {};
  stream.on('response', (given) => (said = { ...said, ...given }));
  stream.on('trailers', (given: IncomingHttpHeaders) => (said = { ...said, ...given }));
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.end(bytes);
  await once(stream, 'close');
  return {
    status: Number(said['grpc-status']),
    message: decodeURIComponent(String(said['grpc-message'] ?? '')),
    body: Buffer.concat(chunks),
  };
}

const frame = (message: Uint8Array, { zipped = 0, length = message.length } = {}) => {
  const prefix = Buffer.alloc(5);
  prefix[0] = zipped;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
};
const nested = (field: number, inner: Uint8Array) =>
  new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(inner).finish();
/** ExportMetricsServiceRequest with one gauge. */
const gauge = (name: string, value: number, timeMs = Date.now() - 60_000) => {
  const point = new BinaryWriter().tag(3, WireType.Bit64).fixed64(BigInt(timeMs) * 1_000_000n);
  point.tag(4, WireType.Bit64).double(value);
  const metric = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name);
  metric.tag(5, WireType.LengthDelimited).bytes(nested(1, point.finish()));
  return nested(1, nested(2, nested(2, metric.finish())));
};
const isStored = (name: string) => server.engine.registry.byPushedName(name) !== undefined;

describe('OTLP by gRPC', () => {
  it('is answered with an empty message once all is stored, zipped or not', async () => {
    const empty = { status: 0, message: '', body: Buffer.alloc(5) };
    expect(await call(frame(gauge('plain', 1)))).toEqual(empty);
    const zipped = frame(gzipSync(gauge('zipped', 1)), { zipped: 1 });
    expect(await call(zipped, { 'grpc-encoding': 'gzip' })).toEqual(empty);
    expect(await call(frame(new Uint8Array()))).toEqual(empty);
    expect(['plain', 'zipped'].map(isStored)).toEqual([true, true]);
  });

  it('says of each call by itself what is not stored', async () => {
    const [good, bad] = await Promise.all([
      call(frame(gauge('beside', 1))),
      call(frame(gauge('ahead', 1, Date.now() + 1e10))),
    ]);
    expect([good.status, good.body.length]).toEqual([0, 5]);
    expect(bad.status).toBe(0);
    expect(bad.body.toString()).toContain('data point 1');
  });

  it.each([
    ['another service', frame(new Uint8Array()), { ':path': '/a.TraceService/Export' }, 12, 'MetricsService'],
    ['no key', frame(gauge('x', 1)), { authorization: '' }, 16, 'an API key is needed'],
    ['a wrong key', frame(gauge('x', 1)), { authorization: 'Bearer wrong' }, 16, 'the API key is not valid'],
    ['no message', new Uint8Array(), {}, 3, 'expected a message'],
    ['half a prefix', new Uint8Array(3), {}, 3, 'expected a message'],
    ['a message cut off', frame(gauge('x', 1), { length: 10_000 }), {}, 3, 'expected 10000 bytes, got'],
    ['two messages', Buffer.concat([1, 2].map((n) => frame(gauge('x', n)))), {}, 3, 'expected one message'],
    [
      'too large a one',
      frame(new Uint8Array(9), { length: 4e9 }),
      {},
      3,
      'at most 25000000 bytes, got 4000000000',
    ],
    ['other bytes', frame(Buffer.from('{"resourceMetrics":[]}')), {}, 3, 'the rest was not read'],
    ['an unknown encoding', frame(gauge('x', 1), { zipped: 1 }), { 'grpc-encoding': 'snappy' }, 12, 'snappy'],
    ['no zip', frame(gauge('x', 1), { zipped: 1 }), { 'grpc-encoding': 'gzip' }, 3, ''],
  ])('is refused for %s, and the connection stays', async (_, bytes, headers, status, message) => {
    const answer = await call(bytes, headers);
    expect(answer).toMatchObject({ status, message: expect.stringContaining(message) as string });
    expect((await call(frame(gauge('after', 1)))).status).toBe(0);
  });

  it.each([
    ['by address', '192.0.2.1', '192.0.2.2'],
    ['by the /64 network of IPv6', '2001:db8::', '2001:db8:0:1::1'],
  ])('counts those who guess keys behind a proxy %s', async (_, guessing, other) => {
    const guess = (client: string) =>
      call(frame(gauge('x', 1)), { 'x-forwarded-for': client, authorization: 'Bearer guess' });
    const isNetwork = guessing.endsWith('::');
    const guesses = Array.from({ length: 60 }, (_, i) => guess(isNetwork ? `${guessing}${i}` : guessing));
    const statuses = new Set((await Promise.all(guesses)).map(({ status }) => status));
    expect(statuses).toEqual(new Set([16, 14]));
    expect((await guess(other)).status).toBe(16);
  });

  it('is not taken by HTTP/1.1, and others are not disturbed', async () => {
    const { port } = new URL(server.addresses.otlpGrpc ?? '');
    const socket = connectTcp(Number(port), '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.end('POST /v1/metrics HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await once(socket, 'close');
    expect((await call(frame(gauge('others', 1)))).status).toBe(0);
  });
});

/** A gateway without a server. */
const ALONE = {
  host: '127.0.0.1',
  port: 0,
  readAddress: () => '127.0.0.1',
  header: { write: () => '' },
  log: createLog('silent'),
};

describe('The port of OTLP by gRPC', () => {
  it.each([
    ['is still starting', null],
    ['does not answer', 'http://127.0.0.1:1'],
  ])('asks to send again while the server %s', async (_, ownUrl) => {
    await using gateway = new OtlpGateway({ ...ALONE, ownUrl: () => ownUrl });
    const { port } = await gateway.start();
    const early = connect(`http://127.0.0.1:${port}`);
    const answer = await call(frame(gauge('early', 1)), {}, early);
    expect(answer).toMatchObject({ status: 14, message: expect.stringContaining('try again') as string });
    early.close();
  });

  it('closes connections that nobody uses, also of those who never say a word', async () => {
    await using gateway = new OtlpGateway({ ...ALONE, ownUrl: () => null, idleSessionMs: 50 });
    const { port } = await gateway.start();
    const unused = connect(`http://127.0.0.1:${port}`);
    const silent = connectTcp(port, '127.0.0.1').resume();
    await Promise.all([once(unused, 'close'), once(silent, 'close')]);
  });
});
