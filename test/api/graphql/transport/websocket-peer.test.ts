/** Peers that ask and never read: over real sockets, with the kernel's own buffers between. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { MAX_UNREAD_BYTES } from '../../../../src/api/graphql/transport/flow-control.ts';
import { createPeers, type Peer } from '../../../../src/api/graphql/transport/websocket-peer.ts';
import { until } from '../../../helpers/until.ts';

interface Opened {
  readonly peer: Peer;
  readonly connection: Duplex;
}

const http = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const openPeer = createPeers();
let opened: (one: Opened) => void = () => undefined;

beforeAll(async () => {
  http.on('upgrade', (request, connection, head) => {
    sockets.handleUpgrade(request, connection, head, (socket: WebSocket) => {
      const peer = openPeer(socket, connection);
      socket.on('error', () => undefined);
      // As the protocol answers a ping.
      socket.on('message', (data) => void peer.send([data as Buffer]).catch(() => undefined));
      opened({ peer, connection });
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
});

afterAll(() => {
  http.closeAllConnections();
  http.close();
});

/** A client by hand: it writes what it is told, and reads nothing unless it is asked to. */
async function open(): Promise<Opened & { readonly client: Socket }> {
  const ready = new Promise<Opened>((resolve) => (opened = resolve));
  const client = connect((http.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  client.write(
    'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  return { ...(await ready), client };
}

/** Masked, with a mask of zeros. @param opcode 1 for text, 9 for a ping */
function writeFrame(opcode: 1 | 9, payload: Buffer): Buffer {
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]), payload]);
}

test('who sends messages and never reads is read no more, and makes no more wait than slow readers may', async () => {
  const { peer, connection, client } = await open();
  peer.admit();
  const frame = writeFrame(1, Buffer.alloc(4_000, 'x'));
  const flood = Buffer.concat(Array.from({ length: 250 }, () => frame));
  let most = 0;
  // As much as both kernels take, until the client has to wait.
  while (client.writableLength < 4_000_000) {
    client.write(flood);
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, connection.writableLength);
  }
  await until(() => expect(peer.socket.isPaused).toBe(true));
  // What one read of the connection holds is answered before it is paused.
  expect(Math.max(most, connection.writableLength)).toBeLessThan(2 * MAX_UNREAD_BYTES);
  const closed = new Promise((resolve) => connection.once('close', resolve));
  client.destroy();
  await closed;
});

test('who reads again is read again', async () => {
  const { peer, client } = await open();
  peer.admit();
  const frame = writeFrame(1, Buffer.alloc(4_000, 'x'));
  for (let sent = 0; sent < 2_000 && !peer.socket.isPaused; sent += 1) {
    client.write(frame);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => expect(peer.socket.isPaused).toBe(true));
  client.resume();
  await until(() => expect(peer.socket.isPaused).toBe(false));
  client.destroy();
});

test('a stranger may say so much and no more', async () => {
  const { peer, client } = await open();
  client.resume();
  const closed = once(peer.socket, 'close');
  for (let sent = 0; sent < 20; sent += 1) client.write(writeFrame(9, Buffer.alloc(1, 'x')));
  expect(peer.socket.readyState).toBe(peer.socket.OPEN);
  client.write(Buffer.concat(Array.from({ length: 200 }, () => writeFrame(9, Buffer.alloc(100, 'x')))));
  await closed;
});
