/**
 * Takes Graphite plaintext over UDP: each datagram is lines of its own.
 *
 * The promise is the protocol's: what the network drops nobody knows of. What arrived is stored, or counted; while the data
 * path is full or the database away, points wait here up to a limit, and what comes beyond it is counted as lost.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Log } from '../../../log.ts';
import { LimitedLog } from '../../../platform/bounded-input/limited-log.ts';
import { readOut } from '../../../platform/bounded-input/read-out.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import { type AcceptPoints, deliverPoints } from './deliver.ts';
import type { GraphitePoint } from './parse-line.ts';
import { createGraphiteParser } from './parser.ts';

export interface GraphiteDatagramsOptions {
  readonly accept: AcceptPoints;
  readonly log: Log;
  readonly stats: Stats;
  readonly now?: () => number;
  /** Points that may wait. */
  readonly maxWaiting?: number;
  /** Pause before points are offered again that the data path could not take. */
  readonly firstPauseMs?: number;
}

/** Some 10 MB. */
const MAX_WAITING = 50_000;
const MAX_BATCH_POINTS = 1000;
const FIRST_PAUSE_MS = 100;
/** How long a stop waits for what has arrived to be stored. */
const DRAIN_MS = 5000;

export class GraphiteDatagrams {
  readonly #options: Required<GraphiteDatagramsOptions>;
  readonly #complaints: LimitedLog;
  readonly #giveUp = new AbortController();
  #socket: Socket | null = null;
  #waiting: GraphitePoint[] = [];
  #delivering: Promise<void> | null = null;

  constructor(options: GraphiteDatagramsOptions) {
    this.#options = { now: Date.now, maxWaiting: MAX_WAITING, firstPauseMs: FIRST_PAUSE_MS, ...options };
    this.#complaints = new LimitedLog(options.log);
  }

  /** @throws what the system says when the address cannot be had */
  async start(host: string, port: number): Promise<void> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (datagram) => this.#take(datagram));
    socket.bind(port, host);
    await once(socket, 'listening');
    socket.on('error', (error) => this.#options.log.error({ err: error }, 'the Graphite socket failed'));
    this.#socket = socket;
  }

  /** Takes no more than has arrived, and stores that within some seconds. */
  async stop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) await readOut(socket);
    socket?.close();
    const limit = setTimeout(() => this.#giveUp.abort(), DRAIN_MS);
    await this.#delivering;
    clearTimeout(limit);
  }

  #take(datagram: Buffer): void {
    const { stats, now, maxWaiting } = this.#options;
    const parser = createGraphiteParser();
    for (const lines of [parser.push(datagram, now()), parser.end(now(), true)]) {
      const { points, bad, empty } = lines;
      stats.count('graphite_lines', points.length + bad.length + empty);
      stats.count('graphite_values_skipped', empty);
      for (const { problem, text } of bad) {
        stats.countReason('graphite_lines_bad', problem);
        this.#complain(problem, { problem, text });
      }
      const room = Math.max(0, maxWaiting - this.#waiting.length);
      for (const point of points.slice(0, room)) this.#waiting.push(point);
      stats.count('graphite_points_lost', Math.max(0, points.length - room));
    }
    this.#delivering ??= this.#deliver().finally(() => (this.#delivering = null));
  }

  async #deliver(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH_POINTS);
      const refusals = await deliverPoints(batch, { ...this.#options, giveUp: this.#giveUp.signal });
      if (refusals === null) {
        this.#options.stats.count('graphite_points_lost', this.#waiting.length);
        this.#waiting = [];
        return;
      }
      this.#waiting.splice(0, batch.length);
      const [first] = refusals;
      if (first !== undefined) {
        this.#complain('refused', { point: batch[first.index], reason: first.reason });
      }
    }
  }

  /** A sender is not known by its datagrams. */
  #complain(kind: string, facts: object): void {
    this.#complaints.warn(kind, facts, 'a datagram from Graphite was left out in part; others are counted');
  }
}
