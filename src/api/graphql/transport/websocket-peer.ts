/** A client at the other end of a WebSocket: messages go to it as fast as it reads them, and no faster. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { createSocketWindow, MAX_UNREAD_BYTES, type SocketWindow } from './flow-control.ts';
import { writeTextFrame } from './websocket-frame.ts';

export interface Peer {
  readonly socket: WebSocket;
  /** To be called once it is known who this is: until then it may say no more than MAX_UNKNOWN_BYTES. */
  readonly admit: () => void;
  /** Sends a text message made of parts, which others may share. Resolves when the bytes have left. */
  readonly send: (parts: readonly Buffer[]) => Promise<void>;
  /** Resolves when the peer may be sent more, or is gone. */
  readonly whenOpen: () => Promise<void>;
}

const CHECK_INTERVAL_MS = 1_000;
/** Of a peer that has not said who it is: an introduction, and some pings. */
const MAX_UNKNOWN_BYTES = 16 * 1024;
/** As ws closes on a message that is too large. */
const MESSAGE_TOO_LARGE = 1009;

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
    holdBack(socket, connection);
    const admit = boundUnknown(socket, connection);
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
      admit,
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

/**
 * A peer that does not read is not read: what it asks for meanwhile waits with it and in the kernel, not here. Results
 * alone never come so far, their window sees to that. A peer that never reads is cut off as a stalled socket.
 */
function holdBack(socket: WebSocket, connection: Duplex): void {
  // Pings of the transport are answered one at a time, by the library.
  socket.on('message', () => {
    if (connection.writableLength <= MAX_UNREAD_BYTES || socket.isPaused) return;
    socket.pause();
    connection.once('drain', () => socket.resume());
  });
}

/** @returns what lifts the bound */
function boundUnknown(socket: WebSocket, connection: Duplex): () => void {
  let bytes = 0;
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_UNKNOWN_BYTES) return;
    admit();
    socket.close(
      MESSAGE_TOO_LARGE,
      `${MAX_UNKNOWN_BYTES} bytes may come before connection_init is acknowledged`,
    );
    socket.terminate();
  };
  const admit = () => void connection.off('data', count);
  connection.on('data', count);
  return admit;
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
