import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HttpServer } from '../../../src/api/http/server.ts';
import { createLog } from '../../../src/log.ts';
import { createStats, type Reason } from '../../../src/platform/telemetry/metrics.ts';

const HOST = '127.0.0.1';
const lines: string[] = [];
const stats = createStats();
let server: HttpServer;
let port: number;

beforeAll(async () => {
  server = new HttpServer({
    host: HOST,
    port: 0,
    routes: new Map([['/stored', (_request, response) => void response.end('stored')]]),
    socketRoutes: new Map(),
    log: createLog('info', (bytes) => lines.push(bytes.toString())),
    stats,
  });
  port = await server.start();
});

afterAll(() => server.stop());

/** All that is answered to these bytes, and what is logged meanwhile. */
async function send(bytes: string): Promise<{ readonly answer: string; readonly logged: string }> {
  lines.length = 0;
  const socket = connect(port, HOST);
  await once(socket, 'connect');
  socket.write(Buffer.from(bytes, 'latin1'));
  const answer = await text(socket);
  return { answer, logged: lines.join('') };
}

/** How many were refused for this reason so far. */
function countUnreadable(kind: Reason<'http_requests_unreadable'>): number | undefined {
  const of = stats
    .snapshot()
    .find(({ name, reason }) => name === 'http_requests_unreadable' && reason === kind);
  return of?.value;
}

test.each([
  // Netdata 1.32 to 2 with `username` and `password`.
  [
    'a header without a carriage return',
    'POST /api/put HTTP/1.1\r\nHost: x\r\nAuthorization: Basic eDp5\nContent-Length: 0\r\n\r\n',
    '400 Bad Request',
    'Missing expected CR after header value',
    'malformed',
  ],
  [
    'HTTP/2, as gRPC begins',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00',
    '400 Bad Request',
    'expected HTTP/1.1, got HTTP/2, as gRPC sends it',
    'http2',
  ],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', '400 Bad Request', 'expected HTTP, got TLS', 'tls'],
  [
    'headers that are too large',
    `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`,
    '431 Request Header Fields Too Large',
    'Header overflow',
    'too_large',
  ],
  ['what is no HTTP', 'put a 1 1 host=b\n', '400 Bad Request', 'Parse Error', 'malformed'],
] as const)(
  '%s is answered, counted and logged with the reason',
  async (_what, bytes, status, reason, kind) => {
    const before = countUnreadable(kind);
    const { answer, logged } = await send(bytes);
    expect(answer.startsWith(`HTTP/1.1 ${status}\r\n`)).toBe(true);
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    expect(answer).toContain(`content-length: ${body.length}\r\n`);
    expect(JSON.parse(body)).toEqual({ error: expect.stringContaining(reason) as string });
    expect(logged).toContain('a request could not be read');
    expect(logged).toContain(reason);
    expect(countUnreadable(kind)).toBe((before ?? 0) + 1);
  },
);

test('an answer that has begun is ended, and nothing is written into it', async () => {
  const { answer } = await send('GET /stored HTTP/1.1\r\nhost: x\r\n\r\nput a 1 1 host=b\n');
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nstored$/);
});

test('a sender that leaves in the middle of its request is not logged', async () => {
  lines.length = 0;
  const before = stats.read('http_requests_unreadable');
  const socket = connect(port, HOST);
  await once(socket, 'connect');
  socket.end('POST /stored HTTP/1.1\r\nhost: x\r\ncontent-le');
  expect(await text(socket)).toContain('400 Bad Request');
  expect(lines).toEqual([]);
  expect(stats.read('http_requests_unreadable')).toBe(before);
});
