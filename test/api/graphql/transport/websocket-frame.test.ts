import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { writeTextFrame } from '../../../../src/api/graphql/transport/websocket-frame.ts';

const http = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
let client: WebSocket;
let connection: Duplex;
let server: WebSocket;

beforeAll(async () => {
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  // A TCP server that listens has an address of this kind.
  const { port } = http.address() as AddressInfo;
  const opened = new Promise<void>((resolve) => {
    http.once('upgrade', (request, socket, head) => {
      connection = socket;
      sockets.handleUpgrade(request, socket, head, (made) => {
        server = made;
        resolve();
      });
    });
  });
  client = new WebSocket(`ws://127.0.0.1:${port}`);
  await Promise.all([opened, once(client, 'open')]);
});

afterAll(() => {
  client.terminate();
  http.close();
});

async function receive(parts: readonly string[]): Promise<string> {
  const received = once(client, 'message');
  const sent = new Promise((resolve) =>
    writeTextFrame(
      connection,
      parts.map((part) => Buffer.from(part)),
      resolve,
    ),
  );
  expect((await sent) ?? null).toBeNull();
  const [data] = (await received) as [Buffer];
  return data.toString();
}

// Where the length takes more bytes of the header.
it.each([0, 1, 125, 126, 65_535, 65_536, 300_000])('a message of %d bytes arrives whole', async (length) => {
  const text = 'x'.repeat(length);
  expect(await receive([text.slice(0, length / 2), text.slice(length / 2)])).toBe(text);
});

it('goes between frames of the library, in any alphabet', async () => {
  const pinged = once(client, 'ping');
  server.ping('1');
  expect(await receive(['{"id":"ä"', ',"payload":', '"線"}'])).toBe('{"id":"ä","payload":"線"}');
  server.ping('2');
  expect(String((await pinged)[0])).toBe('1');
});
