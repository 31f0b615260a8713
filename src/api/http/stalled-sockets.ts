/** A peer that stops reading holds buffers here and in the kernel: it is cut off, and may come back where it was. */
import type { Socket } from 'node:net';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';

const CHECK_INTERVAL_MS = 1_000;

export interface CheckedSocket {
  readonly socket: Socket;
  /** How long bytes may wait without any of them leaving, in milliseconds. */
  readonly limitMs: number;
}

interface Progress {
  readonly bytes: number;
  readonly sinceMs: number;
}

/**
 * Watches sockets until stopped.
 * @param list asked anew at every check, once a second
 */
export function cutStalledSockets(
  list: () => Iterable<CheckedSocket>,
  { log, stats }: { readonly log: Log; readonly stats: Pick<Stats, 'count'> },
): { readonly stop: () => void } {
  const progress = new WeakMap<Socket, Progress>();
  const check = () => {
    const nowMs = performance.now();
    for (const { socket, limitMs } of list()) {
      const bytes = countSentBytes(socket);
      const last = progress.get(socket);
      if (socket.writableLength === 0 || last?.bytes !== bytes) {
        progress.set(socket, { bytes, sinceMs: nowMs });
      } else if (nowMs - last.sinceMs >= limitMs) {
        stats.count('http_connections_stalled');
        log.info(
          { peer: socket.remoteAddress, waiting: socket.writableLength },
          'cut off a peer that does not read',
        );
        // Closed in peace, the kernel would hold what was not read, for minutes.
        socket.resetAndDestroy();
      }
    }
  };
  const timer = setInterval(check, CHECK_INTERVAL_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Bytes the kernel has taken. `bytesWritten` counts those that still wait in Node, too. */
function countSentBytes(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}
