/** A client at the other end of a WebSocket: messages go to it as fast as it reads them, and no faster. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { createSocketWindow, type SocketWindow } from './flow-control.ts';
import { writeTextFrame } from './websocket-frame.ts';

export interface Peer {
  readonly socket: WebSocket;
  /** Sends a text message made of parts, which others may share. Resolves when the bytes have left. */
  readonly send: (parts: readonly Buffer[]) => Promise<void>;
  /** Resolves when the peer may be sent more, or is gone. */
  readonly whenOpen: () => Promise<void>;
}

const CHECK_INTERVAL_MS = 1_000;

/**
 * Peers that do not read are cut off.
 * @returns what makes a peer of a socket and the connection below it; one timer serves all of them
 */
export function createPeers(): (socket: WebSocket, connection: Duplex) => Peer {
  const windows = new Set<SocketWindow>();
  let timer: NodeJS.Timeout | undefined;
  const check = () => {
    for (const window of windows) window.check();
  };
  return (socket, connection) => {
    const window = openWindow(socket, connection);
    windows.add(window);
    timer ??= setInterval(check, CHECK_INTERVAL_MS).unref();
    socket.once('close', () => {
      window.close();
      windows.delete(window);
      if (windows.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    });
    return {
      socket,
      whenOpen: window.whenOpen,
      send: (parts) => send(socket, connection, window, parts),
    };
  };
}

function openWindow(socket: WebSocket, connection: Duplex): SocketWindow {
  const window = createSocketWindow({
    ping: (mark) => {
      if (socket.readyState === socket.OPEN) socket.ping(mark);
    },
    cutOff: () => {
      // Closed in peace, the kernel would keep for minutes what was not read.
      if (connection instanceof Socket) connection.resetAndDestroy();
      else connection.destroy();
    },
  });
  socket.on('pong', (mark) => window.acknowledge(mark.toString()));
  return window;
}

function send(
  socket: WebSocket,
  connection: Duplex,
  window: SocketWindow,
  parts: readonly Buffer[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) {
      resolve();
      return;
    }
    writeTextFrame(connection, parts, (error) => {
      if (error == null) resolve();
      else reject(error);
    });
    window.count(parts.reduce((sum, part) => sum + part.length, 0));
  });
}
