/**
 * Writes the server's own points to InfluxDB: every flush period, or as soon as there are enough for a request. What
 * cannot be sent waits, up to a bound; then the oldest are dropped and counted. Nothing that is watched ever waits
 * for it.
 */
import type { Log } from '../../log.ts';
import { createPointBuffer } from './point-buffer.ts';
import { isFinal, MAX_POINTS_PER_WRITE, readRetryAfterMs, type SendPoints } from './send-points.ts';
import type { MonitorPoint, WriteMonitorPoint } from './request-point.ts';
import type { Stats } from './metrics.ts';

/** How often it writes: may be changed while it runs. */
export interface FlushPeriod {
  readonly flushSeconds: () => number;
  /** From the next flush on. @param seconds above 0 */
  readonly setFlushSeconds: (seconds: number) => void;
}

export interface InfluxdbWriter extends FlushPeriod {
  /** Never waits, never throws. */
  readonly write: WriteMonitorPoint;
  readonly start: () => void;
  /** Sends what waits, each write tried once, until `stopMs` are over; what is left is counted as dropped. */
  readonly stop: () => Promise<void>;
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
  readonly longestPauseMs?: number;
}

const DEFAULTS = { capacity: 50_000, stopMs: 5000, firstPauseMs: 500, longestPauseMs: 30_000 };

export function createInfluxdbWriter(given: InfluxdbWriterOptions): InfluxdbWriter {
  const options = { ...DEFAULTS, ...given };
  const { send, stats, log } = options;
  const buffer = createPointBuffer<MonitorPoint>(options.capacity);
  const stopping = new AbortController();
  let flushMs = options.flushSeconds * 1000;
  let sending: readonly MonitorPoint[] = [];
  let wake: () => void = () => undefined;
  let running: Promise<void> | null = null;

  const tellWaiting = () => stats.set('monitoring_points_waiting', buffer.size + sending.length);

  const pause = (timeMs: number, wakesEarly: boolean) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stopping.signal.removeEventListener('abort', done);
        wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(done, timeMs);
      stopping.signal.addEventListener('abort', done);
      if (wakesEarly) wake = done;
      if (stopping.signal.aborted) done();
    });

  /** @returns whether the points are dealt with: written, or refused for good */
  const trySending = async (failures: number): Promise<boolean> => {
    try {
      await send(sending);
      stats.count('monitoring_points_written', sending.length);
      if (failures > 0) log.info({ failures }, 'InfluxDB takes points again');
      return true;
    } catch (error) {
      stats.count('monitoring_writes_failed');
      if (failures === 0) log.warn({ err: error }, 'points could not be written to InfluxDB');
      if (isFinal(error)) {
        stats.count('monitoring_points_refused', sending.length);
        return true;
      }
      if (!stopping.signal.aborted) await pause(pauseAfter(failures, error), false);
      return false;
    }
  };

  const pauseAfter = (failures: number, error: unknown): number => {
    const doubled = Math.min(options.firstPauseMs * 2 ** failures, options.longestPauseMs);
    return readRetryAfterMs(error) ?? doubled * (0.5 + Math.random() / 2);
  };

  /** Sends until nothing waits. When stopping, one failure is enough. */
  const drain = async () => {
    for (let failures = 0; sending.length > 0 || buffer.size > 0;) {
      if (sending.length === 0) sending = buffer.take(MAX_POINTS_PER_WRITE);
      const isLastTry = stopping.signal.aborted;
      const isDone = await trySending(failures);
      failures = isDone ? 0 : failures + 1;
      if (isDone) sending = [];
      tellWaiting();
      if (!isDone && isLastTry) return;
    }
  };

  const run = async () => {
    for (;;) {
      if (buffer.size < MAX_POINTS_PER_WRITE) await pause(flushMs, true);
      const isLast = stopping.signal.aborted;
      await drain();
      if (isLast) return;
    }
  };

  return {
    write: (point) => {
      stats.count('monitoring_points_dropped', buffer.push(point));
      tellWaiting();
      if (buffer.size >= MAX_POINTS_PER_WRITE) wake();
    },
    flushSeconds: () => flushMs / 1000,
    setFlushSeconds: (seconds) => {
      flushMs = seconds * 1000;
      wake();
    },
    start: () => {
      running ??= run();
    },
    stop: async () => {
      stopping.abort();
      await atMost(options.stopMs, running ?? drain());
      const left = buffer.size + sending.length;
      if (left === 0) return;
      stats.count('monitoring_points_dropped', left);
      log.warn({ points: left }, 'monitoring points were given up at stop');
    },
  };
}

/** Settles with the work, or when the time is over. */
async function atMost(timeMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeOver = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeMs)));
  await Promise.race([work, timeOver]);
  clearTimeout(timer);
}
