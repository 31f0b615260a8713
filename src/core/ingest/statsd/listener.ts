/**
 * Takes StatsD over UDP and TCP on one port, and hands the points of every interval to the data path.
 *
 * The promise is the protocol's: what the network drops nobody knows of. What arrived is counted or reported by reason; while
 * the data path is full or the database away the interval goes on, so that nothing piles up and nothing counted is lost.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { isUtf8 } from 'node:buffer';
import type { Log } from '../../../log.ts';
import { listenOn } from '../../../platform/runtime/listen.ts';
import { LimitedLog } from '../../../platform/bounded-input/limited-log.ts';
import { readOut } from '../../../platform/bounded-input/read-out.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import { type AcceptPoints, deliverPoints } from '../graphite/deliver.ts';
import { StatsdAggregator } from './aggregator.ts';
import { LineStream, MAX_LINE_BYTES } from './line-stream.ts';
import { NO_METRIC, parseStatsdLine } from './parse-line.ts';

export interface StatsdOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly accept: AcceptPoints;
  readonly log: Log;
  readonly stats: Stats;
  /** Length of an interval. */
  readonly flushMs: number;
  readonly now?: () => number;
  /** Milliseconds of a clock that never jumps: rates are by it. */
  readonly steadyMs?: () => number;
}

const MAX_CONNECTIONS = 100;
const IDLE_MS = 600_000;
const FIRST_PAUSE_MS = 100;
/** How long a stop waits for the last interval to be stored. */
const DRAIN_MS = 5000;
const NEWLINE = 0x0a;
/** How much of a bad line is logged. */
const SHOWN_BYTES = 100;

export class StatsdListener {
  readonly #options: Required<StatsdOptions>;
  readonly #complaints: LimitedLog;
  readonly #aggregator = new StatsdAggregator();
  readonly #giveUp = new AbortController();
  readonly #connections = new Set<Socket>();
  #server: Server | null = null;
  #udp: UdpSocket | null = null;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | null = null;
  /** By the clock that never jumps. */
  #flushedMs = 0;

  constructor(options: StatsdOptions) {
    this.#options = { now: Date.now, steadyMs: () => performance.now(), ...options };
    this.#complaints = new LimitedLog(options.log);
  }

  /** @throws ListenError when the address cannot be had; @returns the address of both protocols */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { log, flushMs, steadyMs } = this.#options;
    const server = createServer((socket) => this.#take(socket));
    const { address, port } = await listenOn(server, {
      ...this.#options,
      portSetting: 'LAPWING_STATSD_PORT',
    });
    this.#server = server;
    server.on('error', (error) => log.error({ err: error }, 'the StatsD listener failed'));
    const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    udp.on('message', (datagram) => this.#readLines(datagram));
    udp.bind(port, address);
    await once(udp, 'listening');
    udp.on('error', (error) => log.error({ err: error }, 'the StatsD socket failed'));
    this.#udp = udp;
    this.#flushedMs = steadyMs();
    this.#timer = setInterval(() => void this.flush(), flushMs);
    return { host: address, port };
  }

  /** Takes no more than has arrived, stores the interval so far within some seconds, closes. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#server?.close();
    const udp = this.#udp;
    this.#udp = null;
    if (udp !== null) await readOut(udp);
    udp?.close();
    for (const socket of this.#connections) socket.destroy();
    const limit = setTimeout(() => this.#giveUp.abort(), DRAIN_MS);
    await this.#flushing;
    await this.flush();
    clearTimeout(limit);
  }

  /** Hands over the points of the interval, unless those of the one before still wait. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const { accept, log, stats, now, steadyMs } = this.#options;
    const flushedMs = steadyMs();
    const points = this.#aggregator.flush(now(), Math.max(1, flushedMs - this.#flushedMs));
    this.#flushedMs = flushedMs;
    if (points.length === 0) return;
    const refused = await deliverPoints(points, {
      accept,
      log,
      stats,
      protocol: 'StatsD',
      lostCounter: 'statsd_points_lost',
      giveUp: this.#giveUp.signal,
      firstPauseMs: FIRST_PAUSE_MS,
    });
    if (refused === null) stats.count('statsd_points_lost', points.length);
    else if (refused.length > 0) {
      const facts = { points: refused.length, first: refused[0] };
      this.#complaints.warn('refused', facts, 'points from StatsD refused');
    }
  }

  #take(socket: Socket): void {
    const { stats } = this.#options;
    if (this.#connections.size >= MAX_CONNECTIONS) {
      stats.count('statsd_connections_refused');
      socket.destroy();
      return;
    }
    this.#connections.add(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.once('close', () => this.#connections.delete(socket));
    socket.on('error', (error) => {
      const kind = `broke ${socket.remoteAddress ?? 'unknown'}`;
      this.#complaints.info(kind, { peer: socket.remoteAddress, err: error }, 'a StatsD connection broke');
    });
    const stream = new LineStream();
    socket.on('data', (chunk: Buffer) => {
      const { lines, isForeign } = stream.push(chunk);
      if (isForeign) {
        // A page in some browser sends here: its body is not read.
        stats.count('statsd_connections_foreign');
        socket.destroy();
      } else this.#readLines(lines);
    });
    socket.once('end', () => this.#readLines(stream.end()));
  }

  #readLines(bytes: Buffer): void {
    for (let start = 0; start < bytes.length;) {
      const found = bytes.indexOf(NEWLINE, start);
      const end = found < 0 ? bytes.length : found;
      if (end > start) this.#readLine(bytes.subarray(start, end));
      start = end + 1;
    }
  }

  #readLine(line: Buffer): void {
    const { stats, now } = this.#options;
    const read = readLine(line);
    if (read === null) return;
    stats.count('statsd_lines');
    if (read === NO_METRIC) {
      stats.count('statsd_events_skipped');
      return;
    }
    const problem =
      typeof read === 'string' ? read : this.#aggregator.add(read, now()) ? null : 'too_many_series';
    if (problem === null) return;
    stats.countReason('statsd_lines_bad', problem);
    const facts = { problem, line: line.toString('utf8', 0, SHOWN_BYTES) };
    this.#complaints.warn(problem, facts, 'a bad line of StatsD was left out; others are counted');
  }
}

function readLine(line: Buffer): ReturnType<typeof parseStatsdLine> {
  if (line.length > MAX_LINE_BYTES) return 'too_long';
  return isUtf8(line) ? parseStatsdLine(line.toString('utf8')) : 'not_utf8';
}
