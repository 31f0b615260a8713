/**
 * Takes Graphite plaintext, or its pickles, over TCP.
 *
 * The promise: the protocol has no reply, so a sender never learns what became of its lines. What the server has read
 * and understood is stored in order, or counted in graphite_points_lost; what it has not read is the sender's. While
 * the data path is full or the database away, connections are not read and TCP holds the senders back.
 */
import { setMaxListeners } from 'node:events';
import { type Server, type Socket, createServer } from 'node:net';
import type { Log } from '../../../log.ts';
import { LimitedLog } from '../../../platform/bounded-input/limited-log.ts';
import { listenOn } from '../../../platform/runtime/listen.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import { type GraphiteConnection, type GraphiteFormat, openConnection } from './connection.ts';
import { type AcceptPoints, deliverPoints } from './deliver.ts';

export interface GraphiteListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Lines when left out. */
  readonly format?: GraphiteFormat;
  readonly accept: AcceptPoints;
  readonly log: Log;
  readonly stats: Stats;
  /** Connections open at once, those whose points still wait included: what bounds the memory. */
  readonly maxConnections?: number;
  /** A connection that sends nothing for so long is closed. */
  readonly idleMs?: number;
  /** Pause before points are offered again that the data path could not take. */
  readonly firstPauseMs?: number;
  /** How long `stop` waits for points that were read to be stored. */
  readonly drainMs?: number;
  readonly now?: () => number;
}

export interface GraphiteListener {
  /** @throws ListenError, with code EADDRINUSE when the port is in use; one that failed may be started again */
  start(): Promise<{ readonly host: string; readonly port: number }>;
  /** Takes no more connections, reads no more, hands on what was read until `drainMs` are over, closes. */
  stop(): Promise<void>;
}

const DEFAULTS = {
  maxConnections: 100,
  // Senders that report every minute, or every five, must not be cut: the lines they write into a connection that
  // was closed are lost. Peers that vanished are found by TCP keep-alive.
  idleMs: 600_000,
  firstPauseMs: 100,
  drainMs: 5000,
  now: Date.now,
};
const KEEP_ALIVE_MS = 60_000;

export function createGraphiteListener(given: GraphiteListenerOptions): GraphiteListener {
  const options = { ...DEFAULTS, ...given };
  const { log, stats } = options;
  const complaints = new LimitedLog(log);
  const stopping = new AbortController();
  const giveUp = new AbortController();
  // Each connection listens: that is no leak, of which Node would warn.
  setMaxListeners(0, stopping.signal, giveUp.signal);
  const open = new Set<GraphiteConnection>();
  let server: Server | null = null;

  const deliverOptions = { ...options, giveUp: giveUp.signal };
  const deliver = (points: Parameters<AcceptPoints>[0]) => deliverPoints(points, deliverOptions);
  const take = (socket: Socket) => {
    if (open.size >= options.maxConnections) {
      stats.count('graphite_connections_refused');
      socket.destroy();
      return;
    }
    const connection = openConnection(socket, {
      ...options,
      log: complaints,
      deliver,
      stopping: stopping.signal,
    });
    open.add(connection);
    stats.count('graphite_connections_opened');
    stats.set('graphite_connections', open.size);
    void connection.done
      .catch((error: unknown) => {
        log.error({ err: error }, 'a Graphite connection failed');
        socket.destroy();
      })
      .finally(() => {
        open.delete(connection);
        stats.set('graphite_connections', open.size);
      });
  };

  return {
    async start() {
      const starting = createServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, take);
      const { address, port } = await listenOn(starting, {
        ...options,
        portSetting: options.format === 'pickle' ? 'LAPWING_GRAPHITE_PICKLE_PORT' : 'LAPWING_GRAPHITE_PORT',
      });
      starting.on('error', (error) => log.error({ err: error }, 'the Graphite listener failed'));
      server = starting;
      return { host: address, port };
    },
    async stop() {
      if (server === null || stopping.signal.aborted) return;
      server.close();
      stopping.abort();
      await waitAtMost(options.drainMs, Promise.all([...open].map(({ done }) => done)));
      abandon([...open], options);
      giveUp.abort();
      server = null;
    },
  };
}

/** @returns when the promise has settled or the time is over, whichever is first */
async function waitAtMost(timeMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeOver = new Promise((resolve) => {
    timer = setTimeout(resolve, timeMs);
  });
  await Promise.race([promise, timeOver]);
  clearTimeout(timer);
}

/** Counts what could not be handed on in time. Some of it may be stored after all: its commit gave no answer yet. */
function abandon(
  connections: readonly GraphiteConnection[],
  { log, stats, drainMs }: { readonly log: Log; readonly stats: Stats; readonly drainMs: number },
): void {
  if (connections.length === 0) return;
  const points = connections.reduce((sum, connection) => sum + connection.countWaiting(), 0);
  stats.count('graphite_points_lost', points);
  log.warn({ connections: connections.length, points, drainMs }, 'Graphite points were given up at stop');
  for (const { socket } of connections) socket.destroy();
}
