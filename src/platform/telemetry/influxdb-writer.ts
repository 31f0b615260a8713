/**
 * Writes the server's own points to InfluxDB: every flush period, or as soon as there are enough for a request. What
 * cannot be sent waits, up to a bound; then the oldest are dropped and counted. Nothing that is monitored ever waits
 * for it.
 */
import type { Log } from '../../log.ts';
import { createPointBuffer, type PointBuffer } from './point-buffer.ts';
import {
  countRefused,
  isFinal,
  nameFailure,
  MAX_POINTS_PER_WRITE,
  readRetryAfterMs,
  type SendPoints,
} from './send-points.ts';
import type { MonitorPoint } from './request-point.ts';
import type { Stats } from './metrics.ts';

/** How often it writes: may be changed while it runs. */
export interface FlushPeriod {
  readonly flushSeconds: () => number;
  /** From the next flush on. @param seconds above 0 */
  readonly setFlushSeconds: (seconds: number) => void;
}

export interface InfluxdbWriterOptions {
  readonly send: SendPoints;
  readonly stats: Stats;
  readonly log: Log;
  readonly flushSeconds: number;
  /** Points that may wait: what bounds the memory. */
  readonly capacity?: number;
  readonly stopMs?: number;
  /** Pause after a failed write, doubled with each further one. */
  readonly firstPauseMs?: number;
  readonly maxPauseMs?: number;
}

const DEFAULTS = { capacity: 50_000, stopMs: 5000, firstPauseMs: 500, maxPauseMs: 30_000 };

export class InfluxdbWriter implements FlushPeriod {
  readonly #options: typeof DEFAULTS & InfluxdbWriterOptions;
  readonly #send: SendPoints;
  readonly #stats: Stats;
  readonly #log: Log;
  readonly #buffer: PointBuffer<MonitorPoint>;
  readonly #stopping = new AbortController();
  #flushMs: number;
  #sending: readonly MonitorPoint[] = [];
  /** Ends a pause that a full request ends. */
  #wake: () => void = () => undefined;
  #running: Promise<void> | null = null;
  /** What the last write failed with, and how many since one was taken; null once one was. */
  #failing: { readonly reason: string; readonly failures: number } | null = null;

  constructor(given: InfluxdbWriterOptions) {
    this.#options = { ...DEFAULTS, ...given };
    this.#send = this.#options.send;
    this.#stats = this.#options.stats;
    this.#log = this.#options.log;
    this.#buffer = createPointBuffer<MonitorPoint>(this.#options.capacity);
    this.#flushMs = this.#options.flushSeconds * 1000;
  }

  /** Never waits, never throws. */
  write(point: MonitorPoint): void {
    this.#stats.count('monitoring_points_dropped', this.#buffer.push(point));
    this.#reportWaiting();
    if (this.#buffer.size >= MAX_POINTS_PER_WRITE) this.#wake();
  }

  flushSeconds(): number {
    return this.#flushMs / 1000;
  }

  setFlushSeconds(seconds: number): void {
    this.#flushMs = seconds * 1000;
    this.#wake();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Sends what waits, each write tried once, until `stopMs` are over; what is left is counted as dropped. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await atMost(this.#options.stopMs, this.#running ?? this.#drain());
    const left = this.#buffer.size + this.#sending.length;
    if (left === 0) return;
    this.#stats.count('monitoring_points_dropped', left);
    this.#log.warn({ points: left }, 'monitoring points were given up at stop');
  }

  #reportWaiting() {
    this.#stats.set('monitoring_points_waiting', this.#buffer.size + this.#sending.length);
  }

  #pause(timeMs: number, wakesEarly: boolean) {
    return new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#stopping.signal.removeEventListener('abort', done);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(done, timeMs);
      this.#stopping.signal.addEventListener('abort', done);
      if (wakesEarly) this.#wake = done;
      if (this.#stopping.signal.aborted) done();
    });
  }

  /** @returns whether the points are dealt with: written, or refused for good */
  async #trySending(failures: number): Promise<boolean> {
    try {
      this.#countTaken(await this.#send(this.#sending));
      if (this.#failing !== null)
        this.#log.info({ failures: this.#failing.failures }, 'InfluxDB takes points again');
      this.#failing = null;
      return true;
    } catch (error) {
      this.#stats.count('monitoring_writes_failed');
      this.#reportFailure(error);
      if (isFinal(error)) {
        this.#countTaken(countRefused(error, this.#sending.length));
        return true;
      }
      if (!this.#stopping.signal.aborted) await this.#pause(this.#pauseAfter(failures, error), false);
      return false;
    }
  }

  /** Once, until it fails for another reason: one that was away may refuse the token when it is back. */
  #reportFailure(error: unknown): void {
    const reason = nameFailure(error);
    if (reason !== this.#failing?.reason)
      this.#log.warn({ err: error }, 'points could not be written to InfluxDB');
    this.#failing = { reason, failures: (this.#failing?.failures ?? 0) + 1 };
  }

  #countTaken(refused: number): void {
    this.#stats.count('monitoring_points_refused', refused);
    this.#stats.count('monitoring_points_written', this.#sending.length - refused);
  }

  #pauseAfter(failures: number, error: unknown): number {
    const doubled = Math.min(this.#options.firstPauseMs * 2 ** failures, this.#options.maxPauseMs);
    return readRetryAfterMs(error) ?? doubled * (0.5 + Math.random() / 2);
  }

  /** Sends until nothing waits. When stopping, one failure is enough. */
  async #drain() {
    for (let failures = 0; this.#sending.length > 0 || this.#buffer.size > 0;) {
      if (this.#sending.length === 0) this.#sending = this.#buffer.take(MAX_POINTS_PER_WRITE);
      const isLastTry = this.#stopping.signal.aborted;
      const isDone = await this.#trySending(failures);
      failures = isDone ? 0 : failures + 1;
      if (isDone) this.#sending = [];
      this.#reportWaiting();
      if (!isDone && isLastTry) return;
    }
  }

  async #run() {
    for (;;) {
      if (this.#buffer.size < MAX_POINTS_PER_WRITE) await this.#pause(this.#flushMs, true);
      const isLast = this.#stopping.signal.aborted;
      await this.#drain();
      if (isLast) return;
    }
  }
}

/** Settles with the work, or when the time is over. */
async function atMost(timeMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeOver = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeMs)));
  await Promise.race([work, timeOver]);
  clearTimeout(timer);
}
