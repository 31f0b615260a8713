/** Datagrams the system has taken for a socket are dropped when it is closed: they are read before. */
import type { Socket } from 'node:dgram';
import { setImmediate } from 'node:timers/promises';

/** Of the event loop, each of which takes a few dozen datagrams: a sender that never rests does not keep a socket open. */
const MAX_ROUNDS = 200;

/** Resolves once nothing is left. */
export async function readOut(socket: Socket): Promise<void> {
  let heard = 0;
  const count = () => void (heard += 1);
  socket.on('message', count);
  for (let before = -1, rounds = 0; before !== heard && rounds < MAX_ROUNDS; rounds += 1) {
    before = heard;
    // The first may come before the socket is looked at.
    await setImmediate();
    await setImmediate();
  }
  socket.off('message', count);
}
