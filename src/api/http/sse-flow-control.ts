/**
 * Streams of events wait for their readers. A reader of one sends nothing back, so how far it is only the kernel
 * knows; where that does not say, streams go on for as long as the kernel takes more.
 */
import type { Socket } from 'node:net';
import type { Log } from '../../log.ts';
import { nameOtherSide, readUnreadBytes } from './tcp-unread-bytes.ts';

export interface ReadWatch {
  /** Resolves when the peer may be sent more, or is gone. */
  readonly whenRead: (socket: Socket) => Promise<void>;
  readonly stop: () => void;
}

/** Sent, and not taken by the other side. */
const MAX_UNREAD_BYTES = 256 * 1024;
/** How long nothing may be taken while so much waits. */
const STALL_LIMIT_MS = 10_000;
const LOOK_INTERVAL_MS = 50;
/** The table has every connection of the machine: looking may take this share of the time. */
const MAX_LOOKING = 0.1;

interface Waiting {
  readonly resolve: () => void;
  taken: number;
  movedMs: number;
}

export function createReadWatch(options: {
  readonly log: Log;
  readonly readUnread?: () => Promise<ReadonlyMap<string, number>>;
}): ReadWatch {
  const { log, readUnread = readUnreadBytes } = options;
  /** Bytes the other side is known to have taken. */
  const taken = new WeakMap<Socket, number>();
  const waiting = new Map<Socket, Waiting>();
  let timer: NodeJS.Timeout | undefined;
  let isBlind = false;

  const release = (socket: Socket) => {
    waiting.get(socket)?.resolve();
    waiting.delete(socket);
  };
  const mayHaveMore = (socket: Socket) =>
    isBlind || socket.destroyed || socket.bytesWritten - (taken.get(socket) ?? 0) < MAX_UNREAD_BYTES;

  const look = async () => {
    const beginMs = performance.now();
    const unread = await readUnread().catch((error: unknown) => {
      isBlind = true;
      log.info(
        { err: error },
        'the system does not say what was read: streams are held back by the kernel alone',
      );
      return new Map<string, number>();
    });
    const nowMs = performance.now();
    for (const [socket, wait] of waiting) {
      note(socket, wait, unread, nowMs);
      if (mayHaveMore(socket)) release(socket);
      else if (nowMs - wait.movedMs >= STALL_LIMIT_MS) cutOff(socket);
    }
    timer = undefined;
    if (waiting.size > 0) lookAfter(Math.max(LOOK_INTERVAL_MS, (nowMs - beginMs) / MAX_LOOKING));
  };
  const lookAfter = (delayMs: number) => {
    timer ??= setTimeout(() => void look(), delayMs).unref();
  };
  const note = (socket: Socket, wait: Waiting, unread: ReadonlyMap<string, number>, nowMs: number) => {
    const { remoteAddress, remotePort, bytesWritten, writableLength } = socket;
    if (remoteAddress === undefined || remotePort === undefined) return;
    const now = bytesWritten - writableLength - (unread.get(nameOtherSide(remoteAddress, remotePort)) ?? 0);
    taken.set(socket, now);
    if (now === wait.taken) return;
    wait.taken = now;
    wait.movedMs = nowMs;
  };
  const cutOff = (socket: Socket) => {
    log.info({ peer: socket.remoteAddress }, 'cut off a reader of events that takes none');
    release(socket);
    socket.resetAndDestroy();
  };

  return {
    whenRead: (socket) =>
      mayHaveMore(socket)
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.set(socket, { resolve, taken: -1, movedMs: performance.now() });
            lookAfter(LOOK_INTERVAL_MS);
          }),
    stop: () => {
      clearTimeout(timer);
      isBlind = true;
      for (const socket of [...waiting.keys()]) release(socket);
    },
  };
}
