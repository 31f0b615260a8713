/** One Graphite connection: read what is there, hand it on, and only then read more. */
import type { Socket } from 'node:net';
import type { LimitedLog } from '../../../platform/bounded-input/limited-log.ts';
import { nextParseSlot } from '../../../platform/bounded-input/parse-slot.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { Refusal } from './deliver.ts';
import { findForeignProtocol, type ForeignProtocol } from './foreign-protocol.ts';
import { type BadLine, type GraphiteLines, createGraphiteParser } from './parser.ts';
import { PickleParser } from './pickle-parser.ts';
import type { GraphitePoint } from './parse-line.ts';

export type GraphiteFormat = 'lines' | 'pickle';

/** Points handed on at once; fewer as soon as the socket pauses, so that no point waits for company. */
const MAX_BATCH_POINTS = 1000;

/** Some lines, read at once; a larger chunk waits until no other piece is parsed in the same round of the event loop. */
const SMALL_CHUNK_BYTES = 8 * 1024;

export interface ConnectionOptions {
  /** Lines when left out. */
  readonly format?: GraphiteFormat;
  readonly deliver: (points: readonly GraphitePoint[]) => Promise<readonly Refusal[] | null>;
  /** Of all connections of the listener: a sender may open a new one for each line. */
  readonly log: LimitedLog;
  readonly stats: Stats;
  /** Aborted: what has been read is handed on, nothing more is read. */
  readonly stopping: AbortSignal;
  /** A connection that sends nothing for so long is closed, in milliseconds. */
  readonly idleMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface GraphiteConnection {
  /** Settles when everything read has been handed on and the socket is closed. Never rejects. */
  readonly done: Promise<void>;
  /** Points read that the data path has not taken yet. */
  readonly countWaiting: () => number;
  readonly socket: Socket;
}

/**
 * Starts to read a socket. Memory is bounded: while points wait the socket is not read, and TCP holds the sender.
 */
export function openConnection(socket: Socket, options: ConnectionOptions): GraphiteConnection {
  const { deliver, stats, stopping, now, format = 'lines' } = options;
  const parser = format === 'pickle' ? new PickleParser() : createGraphiteParser();
  const complaints = createComplaints(socket, options.log);
  const waitForSocket = watchSocket(socket, options);
  let waiting: readonly GraphitePoint[] = [];
  /**
   * What came before it was clear which protocol this is; null once that is known. What browsers send would be a pickle
   * of a gigabyte, and is refused as one.
   */
  let head: Buffer | null = format === 'pickle' ? null : Buffer.alloc(0);

  const keep = ({ points, bad, empty }: GraphiteLines) => {
    stats.count('graphite_lines', points.length + bad.length + empty);
    stats.count('graphite_values_skipped', empty);
    for (const { problem } of bad) stats.countReason('graphite_lines_bad', problem);
    complaints.noteBad(bad);
    waiting = waiting.concat(points);
  };
  /** Hands on whole batches, and with `least` 1 the last part of one too. */
  const handOn = async (least: number) => {
    while (waiting.length >= least) {
      const batch = waiting.slice(0, MAX_BATCH_POINTS);
      const refusals = await deliver(batch);
      // Given up: they are all counted there.
      waiting = refusals === null ? [] : waiting.slice(batch.length);
      complaints.noteRefused(batch, refusals ?? []);
    }
  };
  /** @returns false when the connection speaks another protocol: nothing of it is read then, nor is more */
  const receive = async (chunk: Buffer): Promise<boolean> => {
    const bytes = head === null ? chunk : Buffer.concat([head, chunk]);
    const protocol = head === null ? null : findForeignProtocol(bytes);
    if (protocol === 'http' || protocol === 'tls') {
      stats.countReason('graphite_connections_foreign', protocol);
      complaints.noteForeign(protocol);
      head = null;
      return false;
    }
    head = protocol === undefined ? bytes : null;
    if (head !== null) return true;
    if (bytes.length > SMALL_CHUNK_BYTES) await nextParseSlot();
    keep(parser.push(bytes, now()));
    return !parser.isBroken;
  };
  const read = async () => {
    for (;;) {
      const isLast = stopping.aborted;
      const chunk: unknown = socket.read();
      if (chunk instanceof Buffer) {
        if (!(await receive(chunk))) break;
      } else if (isLast || socket.readableEnded || socket.destroyed) break;
      await handOn(chunk === null ? 1 : MAX_BATCH_POINTS);
      if (isLast) break;
      if (chunk === null) await waitForSocket();
    }
    if (head !== null) keep(parser.push(head, now()));
    keep(parser.end(now(), socket.readableEnded));
    await handOn(1);
    socket.destroy();
    complaints.conclude();
  };
  return { done: read(), countWaiting: () => waiting.length, socket };
}

/** @returns a wait for the next thing that happens to the socket; one that happened since the last wait counts */
function watchSocket(
  socket: Socket,
  { stopping, idleMs, log }: Pick<ConnectionOptions, 'stopping' | 'idleMs' | 'log'>,
): () => Promise<void> {
  let hasChanged = false;
  let wake = () => {
    hasChanged = true;
  };
  const note = () => wake();
  for (const event of ['readable', 'end', 'close'] as const) socket.on(event, note);
  socket.on('error', (error) => {
    const facts = { peer: peerOf(socket), err: error };
    log.info(`broke ${addressOf(socket)}`, facts, 'a Graphite connection broke');
  });
  socket.on('timeout', () => {
    const facts = { peer: peerOf(socket), idleMs };
    log.info(`idle ${addressOf(socket)}`, facts, 'an idle Graphite connection was closed');
    socket.destroy();
  });
  stopping.addEventListener('abort', note, { once: true });
  socket.once('close', () => stopping.removeEventListener('abort', note));

  return async () => {
    // Only here: a sender that is held back by us is not idle.
    socket.setTimeout(idleMs);
    if (!hasChanged) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    hasChanged = false;
    wake = () => {
      hasChanged = true;
    };
    socket.setTimeout(0);
  };
}

/** The protocol has no reply, so the log says it: the first of each kind when it comes, the numbers at the end. */
function createComplaints(socket: Socket, log: LimitedLog) {
  const peer = peerOf(socket);
  const address = addressOf(socket);
  let badLines = 0;
  let refusedPoints = 0;
  return {
    noteBad(bad: readonly BadLine[]) {
      for (const { problem, text } of bad) {
        log.warn(`${problem} ${address}`, { peer, problem, text }, 'bad line from Graphite left out');
      }
      badLines += bad.length;
    },
    noteForeign(protocol: ForeignProtocol) {
      const message = 'a Graphite connection spoke another protocol and was closed';
      log.warn(`${protocol} ${address}`, { peer, protocol }, message);
    },
    noteRefused(points: readonly GraphitePoint[], refusals: readonly Refusal[]) {
      const [first] = refusals;
      if (first !== undefined) {
        const facts = { peer, point: points[first.index], reason: first.reason };
        log.warn(`refused ${address}`, facts, 'point from Graphite refused');
      }
      refusedPoints += refusals.length;
    },
    conclude() {
      if (badLines + refusedPoints > 1) {
        const message = 'a Graphite connection with bad lines ended';
        log.warn(`ended ${address}`, { peer, badLines, refusedPoints }, message);
      }
    },
  };
}

function addressOf(socket: Socket): string {
  return socket.remoteAddress ?? 'unknown';
}

function peerOf(socket: Socket): string {
  return `${addressOf(socket)}:${socket.remotePort ?? 0}`;
}
