/**
 * How much a WebSocket's peer may be sent before it has read what came before. What a kernel takes says little: on
 * one machine it is megabytes for each socket, read or not. So pings lie between the messages, and a peer that reads
 * answers them.
 */

/** What is sent to, as much of it as matters here. */
export interface WindowedSocket {
  readonly ping: (mark: string) => void;
  /** Gives up the peer at once, and what waits for it. */
  readonly cutOff: () => void;
}

export interface SocketWindow {
  /** Counts what was sent. */
  readonly count: (bytes: number) => void;
  /** Resolves when the peer may be sent more, or will never be. */
  readonly whenOpen: () => Promise<void>;
  /** To be called with what a pong carries. */
  readonly acknowledge: (mark: string) => void;
  /** To be called every second or so. */
  readonly check: () => void;
  readonly close: () => void;
}

/** Sent, and not known to have been read. */
export const MAX_UNREAD_BYTES = 256 * 1024;
/** A ping follows so many bytes: who reads as many in the limit is slow, not gone. */
const BYTES_A_MARK = 32 * 1024;
/** A peer that is sent nothing is asked as often whether it is there. */
const IDLE_PING_MS = 12_000;
/** How long no ping may be answered while one waits. */
const ANSWER_LIMIT_MS = 12_000;

/** @param now milliseconds of a clock that only goes forward */
export function createSocketWindow(
  socket: WindowedSocket,
  now: () => number = () => performance.now(),
): SocketWindow {
  /** Bytes sent up to each ping that is not answered, oldest first. */
  let marks: { readonly number: number; readonly bytes: number }[] = [];
  let lastMark = 0;
  let sent = 0;
  let read = 0;
  let marked = 0;
  /** When a ping was answered last, or sent with none before it waiting. */
  let movedMs = now();
  let closed = false;
  let openNow: (() => void)[] = [];

  const isOpen = () => closed || sent - read < MAX_UNREAD_BYTES;
  const release = () => {
    if (!isOpen()) return;
    const waiting = openNow;
    openNow = [];
    for (const resolve of waiting) resolve();
  };
  const mark = () => {
    if (marks.length === 0) movedMs = now();
    lastMark += 1;
    marked = sent;
    marks.push({ number: lastMark, bytes: sent });
    socket.ping(String(lastMark));
  };

  return {
    count: (bytes) => {
      sent += bytes;
      if (!closed && sent - marked >= BYTES_A_MARK) mark();
    },
    whenOpen: () => (isOpen() ? Promise.resolve() : new Promise((resolve) => openNow.push(resolve))),
    acknowledge: (text) => {
      // Only the newest of several pings need be answered. A pong that repeats none still shows that somebody reads.
      const answered = marks.filter(({ number }) => number <= Number(text)).at(-1) ?? marks[0];
      if (answered === undefined) return;
      marks = marks.filter(({ number }) => number > answered.number);
      read = answered.bytes;
      movedMs = now();
      release();
    },
    check: () => {
      if (closed) return;
      const quietMs = now() - movedMs;
      if (marks.length > 0 && quietMs >= ANSWER_LIMIT_MS) socket.cutOff();
      else if (marks.length === 0 && quietMs >= IDLE_PING_MS) mark();
    },
    close: () => {
      closed = true;
      marks = [];
      release();
    },
  };
}
