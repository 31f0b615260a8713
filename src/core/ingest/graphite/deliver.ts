/** Hands points to the data path until it has taken them: what stands in for the reply Graphite and StatsD do not have. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryLaterError } from '../../../errors.ts';
import type { Log } from '../../../log.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { GraphitePoint } from './parse-line.ts';

/** A point the data path refused for good. */
export interface Refusal {
  /** Its place in what was sent, from 0. */
  readonly index: number;
  readonly reason: string;
}

/** The data path. @throws RetryLaterError when nothing is known to be stored and sending again is safe */
export type AcceptPoints = (
  points: readonly GraphitePoint[],
) => Promise<{ readonly rejected: readonly Refusal[] }>;

export interface DeliverOptions {
  readonly accept: AcceptPoints;
  readonly log: Log;
  readonly stats: Stats;
  /** For the log; Graphite when left out. */
  readonly protocol?: string;
  /** Counts points that meet a bug of ours. */
  readonly lostCounter?: 'graphite_points_lost' | 'statsd_points_lost';
  /** Ends the waiting: the points in hand are then given up. */
  readonly giveUp: AbortSignal;
  /** Milliseconds before the second try; doubled from then on up to MAX_PAUSE_MS. */
  readonly firstPauseMs: number;
}

const MAX_PAUSE_MS = 5000;

/**
 * Settles once the points are stored or refused; never rejects. While the data path says RETRY_LATER the same points
 * are offered again: the sender is not read meanwhile, so what waits here does not grow.
 * Points that meet a bug of ours are counted as lost, so that the ones behind them go on.
 * @returns what was refused; null when it was given up, the points then being the caller's to count
 */
export async function deliverPoints(
  points: readonly GraphitePoint[],
  {
    accept,
    log,
    stats,
    giveUp,
    firstPauseMs,
    protocol = 'Graphite',
    lostCounter = 'graphite_points_lost',
  }: DeliverOptions,
): Promise<readonly Refusal[] | null> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    if (giveUp.aborted) return null;
    try {
      const { rejected } = await accept(points);
      return rejected;
    } catch (error) {
      if (!(error instanceof RetryLaterError)) {
        stats.count(lostCounter, points.length);
        log.error({ err: error, protocol, points: points.length }, 'points that were received were lost');
        return [];
      }
    }
    // Jitter: a hundred connections that were turned away together do not come back together.
    await pauseUnlessAborted(pauseMs * (0.5 + Math.random() / 2), giveUp);
  }
}

async function pauseUnlessAborted(pauseMs: number, signal: AbortSignal): Promise<void> {
  // The only rejection is the abort, and the caller looks at the signal.
  await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
}
