/**
 * Drops samples older than the retention, by whole months. What is old is said by the clock, and what is dropped is gone:
 * a clock that has just jumped, or that was ahead when the server started, is not believed before it has gone steadily
 * for an hour.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SampleMonths } from '../samples/month-partitions.ts';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { ScoreFeed } from '../score-log/score-feed.ts';
import { ClockWatch } from '../../platform/runtime/interval-jobs.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';

export interface Retain {
  start: () => void;
  stop: () => void;
  /** Drops what is due now. */
  run: () => Promise<void>;
}

/** How often it is tried to drop what somebody reads, and the pause between. */
const MAX_TRIES = 5;
const PAUSE_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** @param options.retentionDays 0 keeps everything */
export function createRetain(options: {
  readonly months: SampleMonths;
  readonly writeLock: WriteLock;
  readonly live: Pick<ScoreFeed, 'refreshBounds'>;
  readonly stats: Stats;
  readonly log: Log;
  readonly retentionDays: number;
  /** Deletes metrics of which nothing is left but their names; not called within the write lock. @returns how many */
  readonly forgetMetrics: (beforeMs: number) => Promise<number>;
  readonly now?: () => number;
  /** Milliseconds of a clock that never jumps. */
  readonly steadyMs?: () => number;
}): Retain {
  const { months, writeLock, live, stats, log, retentionDays } = options;
  const { now = Date.now } = options;
  const clock = new ClockWatch(options.steadyMs);
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const isSteady = async (nowMs: number) => {
    const hasJumped = clock.hasJumped(nowMs);
    if (hasJumped !== null) return !hasJumped;
    // Writes are noted once a day: of a server that wrote lately it is known that its clock was about where it is.
    const lastWriteMs = await months.lastWriteMs();
    return lastWriteMs === null || nowMs - lastWriteMs <= 2 * DAY_MS;
  };

  /** @returns names of those that have to stay for now */
  const dropSome = (beforeMs: number) =>
    writeLock.runExclusive(async () => {
      const { dropped, inUse } = await months.dropBefore(beforeMs);
      if (dropped.length > 0) {
        stats.count('partitions_dropped', dropped.length);
        log.info({ partitions: dropped }, 'samples older than the retention were dropped');
        await live.refreshBounds();
      }
      return inUse;
    });

  /** Most reads are short; for one that is not, points do not wait. */
  const dropMonths = async (beforeMs: number) => {
    for (let tries = 1; !isStopped; tries += 1) {
      const partitions = await dropSome(beforeMs);
      if (partitions.length === 0) return;
      if (tries === MAX_TRIES) {
        log.info(
          { partitions },
          'a backup or a download reads what retention is to drop: it stays for an hour',
        );
        return;
      }
      await sleep(PAUSE_MS);
    }
  };

  const run = async () => {
    if (retentionDays === 0) return;
    // Read once: the clock may jump between the look at it and what is dropped by it.
    const nowMs = now();
    try {
      if (!(await isSteady(nowMs))) {
        log.warn('the clock has jumped, or nothing was written for days: retention waits for an hour');
        return;
      }
      const beforeMs = nowMs - retentionDays * DAY_MS;
      await dropMonths(beforeMs);
      if (isStopped) return;
      const metrics = await options.forgetMetrics(beforeMs);
      if (metrics > 0) log.info({ metrics }, 'pushed metrics that nothing is left of were deleted');
    } catch (error) {
      // A stop that comes meanwhile ends the database under it.
      if (isStopped) return;
      log.warn({ err: error }, 'retention could not run; it runs again in an hour');
    }
  };

  return {
    start: () => {
      void run();
      timer = setInterval(() => void run(), HOUR_MS);
    },
    stop: () => {
      isStopped = true;
      clearInterval(timer);
    },
    run,
  };
}
