/** Notices peers that are gone without a word. */
import type { WebSocket } from 'ws';

const PING_INTERVAL_MS = 12_000;

/** Pings every 12 s; a peer that has not answered by the next ping is cut off. */
export function keepAlive(socket: WebSocket): void {
  let answered = true;
  const timer = setInterval(() => {
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, PING_INTERVAL_MS);
  socket.on('pong', () => {
    answered = true;
  });
  socket.once('close', () => clearInterval(timer));
}
