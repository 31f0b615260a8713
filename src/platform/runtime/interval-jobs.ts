/** Runs a service's own work now and then: each kind once at a time. Failures are counted; of a row of them the first is logged, and its end. */
import type { Log } from '../../log.ts';
import type { Stats } from '../telemetry/metrics.ts';
import { FailureRuns } from './failure-runs.ts';

export interface Job {
  /** For the log. */
  readonly name: string;
  readonly everyMs: number;
  /** It deletes what is old by the clock, for good: left out where that has jumped since the last time, or the start. */
  readonly needsSteadyClock?: true;
  run(): Promise<unknown>;
}

/** How far the clock may have gone apart from one that never jumps. */
const MAX_JUMP_MS = 60_000;
/** A server that is restarted every hour does its work too; by now a clock that was wrong at boot has been set. */
const MAX_FIRST_MS = 300_000;

/** Compares the clock with one that never jumps. */
export class ClockWatch {
  readonly #steadyMs: () => number;
  /** By how much the clock was ahead of the steady one at the last look; null before the first. */
  #ahead: number | null = null;

  constructor(steadyMs: () => number = () => performance.now()) {
    this.#steadyMs = steadyMs;
  }

  /** @returns whether the clock has jumped since the last look; null at the first one */
  hasJumped(nowMs: number): boolean | null {
    const before = this.#ahead;
    this.#ahead = nowMs - this.#steadyMs();
    return before === null ? null : Math.abs(this.#ahead - before) > MAX_JUMP_MS;
  }
}

export interface IntervalJobs {
  readonly start: () => void;
  /** Waits for what runs. */
  stop(): Promise<void>;
}

/** Each job runs first after its interval, or 5 minutes; a run that takes longer than that puts the next one off. */
export function createIntervalJobs(
  jobs: readonly Job[],
  options: {
    readonly log: Log;
    readonly stats: Pick<Stats, 'count'>;
    readonly now?: () => Date;
    /** Milliseconds of a clock that never jumps. */
    readonly steadyMs?: () => number;
  },
): IntervalJobs {
  const { log, stats, now = () => new Date(), steadyMs } = options;
  const failing = new FailureRuns();
  const clocks = new Map<Job, ClockWatch>();
  const timers = new Map<Job, NodeJS.Timeout>();
  const running = new Map<Job, Promise<void>>();
  let stopped = false;

  const schedule = (job: Job, inMs = job.everyMs) => {
    if (stopped) return;
    const timer = setTimeout(() => {
      const run = work(job).finally(() => {
        running.delete(job);
        schedule(job);
      });
      running.set(job, run);
    }, inMs);
    timers.set(job, timer.unref());
  };
  const work = async (job: Job): Promise<void> => {
    if (clocks.get(job)?.hasJumped(now().getTime()) === true) {
      log.warn({ job: job.name }, 'the clock has jumped: what is old is not deleted before the next time');
      return;
    }
    try {
      await job.run();
      const failures = failing.succeed(job.name);
      if (failures > 0) log.info({ job: job.name, failures }, 'a job that failed runs again');
    } catch (error) {
      stats.count('job_failures');
      if (!failing.fail(job.name)) return;
      log.error(
        { err: error, job: job.name },
        'a job failed; it is tried again, and logged when it has succeeded',
      );
    }
  };

  return {
    start() {
      for (const job of jobs) {
        if (job.needsSteadyClock === true) {
          const clock = new ClockWatch(steadyMs);
          clock.hasJumped(now().getTime());
          clocks.set(job, clock);
        }
        schedule(job, Math.min(job.everyMs, MAX_FIRST_MS));
      }
    },
    async stop() {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(running.values());
    },
  };
}
