/** Requests with an offer to go on in another protocol, as Java's HttpClient and `curl --http2` send them. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendJson } from '../../../src/api/http/send-json.ts';
import { HttpServer } from '../../../src/api/http/server.ts';
import { createLog } from '../../../src/log.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { createDeferred, type Deferred } from '../../helpers/deferred.ts';

let server: HttpServer;
let port: number;
let slow: Deferred<boolean>;

beforeAll(async () => {
  slow = createDeferred<boolean>();
  server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    log: createLog('silent'),
    stats: createStats(),
    routes: new Map([
      [
        '/echo',
        async (request, response) => {
          const { method, url, headers } = request;
          sendJson(response, 200, { method, url, headers, body: await text(request) });
        },
      ],
      [
        '/slow',
        async (_request, response) => {
          await slow.promise;
          sendJson(response, 200, { slow: true });
        },
      ],
    ]),
    socketRoutes: new Map([
      [
        '/echo',
        {
          open: (_request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
          closeAll: () => undefined,
        },
      ],
    ]),
  });
  port = await server.start();
});

afterAll(() => server.stop());

const OFFER =
  'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAABAAMAAABk\r\n';

/** Sends parts, each in a packet of its own, and reads until `count` answers have come. */
async function exchange(parts: readonly string[], count: number): Promise<readonly string[]> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  const answers = readAnswers(socket, count);
  for (const part of parts) await new Promise((resolve) => socket.write(part, resolve));
  const read = await answers;
  socket.destroy();
  return read;
}

async function readAnswers(socket: Socket, count: number): Promise<readonly string[]> {
  let said = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    said += chunk.toString();
    const answers = said.split(/(?=HTTP\/1\.1 \d{3} )/);
    if (answers.length === count && /\r\n0\r\n\r\n$|\}\n?$/.test(said)) return answers;
  }
  return said.split(/(?=HTTP\/1\.1 \d{3} )/);
}

function readEcho(answer: string | undefined): unknown {
  const [json = ''] = /\{.*\}/s.exec(answer ?? '') ?? [];
  return JSON.parse(json);
}

test.each([
  ['HTTP/2', OFFER],
  ['HTTP/2 and to close', OFFER.replace('connection: ', 'connection: close, ')],
  ['TLS', 'connection: upgrade\r\nupgrade: TLS/1.0, HTTP/1.1\r\n'],
  ['nothing we know', 'Connection: Upgrade\r\nUpgrade: x\r\n'],
])('of %s is answered as it is without the offer', async (_name, offer) => {
  const [answer] = await exchange(
    [
      `POST /echo?q=%C3%A9 HTTP/1.1\r\nhost: a.example\r\nx-name: \xfcber\r\n${offer}content-length: 7\r\n\r\n`,
      'the ',
      'end',
    ],
    1,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  const { headers, ...echo } = readEcho(answer) as { readonly headers: Record<string, string> };
  expect(echo).toEqual({ method: 'POST', url: '/echo?q=%C3%A9', body: 'the end' });
  expect(headers).toMatchObject({ host: 'a.example', 'content-length': '7' });
  expect(headers).not.toHaveProperty('upgrade');
  expect(headers).not.toHaveProperty('http2-settings');
  expect(headers.connection ?? '').toBe(offer.includes('close') ? 'close' : '');
});

test.each(['websocket', 'WebSocket', 'h2c, websocket'])('of %s is a WebSocket', async (upgrade) => {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET /echo HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: ${upgrade}\r\n\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 101 /);
});

test('comes again and again on one connection, and leaves nothing behind on it', async () => {
  const warned: string[] = [];
  const note = (warning: Error) => warned.push(warning.message);
  process.on('warning', note);
  const socket = connect(port, '127.0.0.1');
  const said: unknown[] = [];
  for (let n = 0; n < 30; n += 1) {
    const body = String(n).repeat(5_000);
    socket.write(`POST /echo HTTP/1.1\r\nhost: x\r\n${OFFER}content-length: ${body.length}\r\n\r\n${body}`);
    let answer = '';
    while (!/\}\n?\r\n0\r\n\r\n$/.test(answer)) answer += String((await once(socket, 'data'))[0]);
    said.push((readEcho(answer.replaceAll(/\r\n[0-9a-f]+\r\n/g, '')) as { body: string }).body.length);
  }
  socket.destroy();
  await once(socket, 'close');
  process.off('warning', note);
  expect(said).toEqual(Array.from({ length: 30 }, (_, n) => String(n).length * 5_000));
  expect(warned).toEqual([]);
});

test('waits in a pipeline for the answers before it', async () => {
  const answers = exchange(
    [
      `GET /slow HTTP/1.1\r\nhost: x\r\n\r\nGET /slow HTTP/1.1\r\nhost: x\r\n\r\nGET /echo HTTP/1.1\r\nhost: x\r\n${OFFER}\r\n`,
    ],
    3,
  );
  slow.resolve(true);
  const [first, second, third] = await answers;
  expect([readEcho(first), readEcho(second)]).toEqual([{ slow: true }, { slow: true }]);
  expect(readEcho(third)).toMatchObject({ url: '/echo' });
});

test('has its body whole, wherever packets begin', async () => {
  const head = (rest: string) => `POST /echo HTTP/1.1\r\nhost: x\r\n${OFFER}${rest}\r\n`;
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n', '0'), maxLength: 50 }),
      fc.boolean(),
      fc.array(fc.nat(400), { maxLength: 3 }),
      async (body, isChunked, cuts) => {
        const size = body.length.toString(16);
        const chunks = body === '' ? '0\r\n\r\n' : `${size}\r\n${body}\r\n0\r\n\r\n`;
        const whole = isChunked
          ? `${head('transfer-encoding: chunked\r\n')}${chunks}`
          : `${head(`content-length: ${body.length}\r\n`)}${body}`;
        const places = [0, ...cuts.map((cut) => cut % whole.length), whole.length].sort((a, b) => a - b);
        const parts = places.slice(1).map((end, index) => whole.slice(places[index], end));
        const [answer] = await exchange(
          parts.filter((part) => part !== ''),
          1,
        );
        expect(readEcho(answer)).toMatchObject({ body });
      },
    ),
    { numRuns: 60 },
  );
});
