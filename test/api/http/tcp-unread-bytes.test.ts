import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { endianness, platform } from 'node:os';
import { expect, it } from 'vitest';
import { nameOtherSide, readUnreadBytes } from '../../../src/api/http/tcp-unread-bytes.ts';
import { until } from '../../helpers/until.ts';

it.runIf(endianness() === 'LE').each([
  ['127.0.0.1', 45_871, '0100007F:B32F'],
  ['10.1.2.3', 80, '0302010A:0050'],
  ['::1', 443, '00000000000000000000000001000000:01BB'],
  ['::ffff:127.0.0.1', 443, '0000000000000000FFFF00000100007F:01BB'],
  ['fe80::1:2%eth0', 1, '000080FE000000000000000002000100:0001'],
])('%s is named as the system names it', (address, port, name) => {
  expect(nameOtherSide(address, port)).toBe(name);
});

it.runIf(platform() === 'linux')('what a peer does not read is told, and no more once it has', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server that listens has an address of this kind.
  const { port } = server.address() as AddressInfo;
  const opened = once(server, 'connection') as Promise<[Socket]>;
  const client = connect(port, '127.0.0.1');
  const [socket] = await opened;
  const name = nameOtherSide(socket.remoteAddress ?? '', socket.remotePort ?? 0);
  const written = new Promise((resolve) => socket.write(Buffer.alloc(16_000_000), resolve));
  const readUnread = async () => (await readUnreadBytes()).get(name) ?? 0;
  await until(async () => expect(await readUnread()).toBeGreaterThan(0));
  client.resume();
  await written;
  await until(async () => expect(await readUnread()).toBe(0));
  client.destroy();
  server.close();
});
