import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { readOut } from '../../../src/platform/bounded-input/read-out.ts';

it('reads all that the system has taken for a socket, however much that is', async () => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const sender = createSocket('udp4');
  sender.connect(socket.address().port, '127.0.0.1');
  await once(sender, 'connect');
  let heard = 0;
  socket.on('message', () => (heard += 1));
  // One that is connected sends at once: nothing is read meanwhile.
  for (let sent = 0; sent < 100; sent += 1) sender.send('x');
  expect(heard).toBe(0);
  await readOut(socket);
  socket.close();
  sender.close();
  expect(heard).toBe(100);
});

it('ends though a sender never rests', async () => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const sender = createSocket('udp4');
  sender.connect(socket.address().port, '127.0.0.1');
  await once(sender, 'connect');
  socket.on('message', () => sender.send('x'));
  sender.send('x');
  await readOut(socket);
  socket.close();
  sender.close();
  expect(socket.listenerCount('message')).toBe(1);
});
