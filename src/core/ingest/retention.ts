/** Drops samples older than the retention, by whole months. */
import type { SampleMonths } from '../samples/month-partitions.ts';
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Live } from '../score-log/score-feed.ts';
import type { Turns } from '../../platform/runtime/write-lock.ts';

export interface Retain {
  start: () => void;
  stop: () => void;
  /** Drops what is due now. */
  run: () => Promise<void>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** @param options.retentionDays 0 keeps everything */
export function createRetain(options: {
  readonly months: SampleMonths;
  readonly turns: Turns;
  readonly live: Live;
  readonly stats: Stats;
  readonly log: Log;
  readonly retentionDays: number;
  readonly now?: () => number;
}): Retain {
  const { months, turns, live, stats, log, retentionDays } = options;
  const now = options.now ?? Date.now;
  let timer: NodeJS.Timeout | undefined;

  const run = async () => {
    if (retentionDays === 0) return;
    try {
      await turns.run(async () => {
        const dropped = await months.dropBefore(now() - retentionDays * DAY_MS);
        if (dropped.length === 0) return;
        stats.count('partitions_dropped', dropped.length);
        log.info({ partitions: dropped }, 'samples older than the retention were dropped');
        await live.refreshBounds();
      });
    } catch (error) {
      log.warn({ err: error }, 'retention could not run; it runs again in an hour');
    }
  };

  return {
    start: () => {
      void run();
      timer = setInterval(() => void run(), HOUR_MS);
    },
    stop: () => clearInterval(timer),
    run,
  };
}
