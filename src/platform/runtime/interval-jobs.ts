/** Runs a service's own work now and then: each kind once at a time. Failures are counted; of a row of them the first is logged, and its end. */
import type { Log } from '../../log.ts';
import type { Stats } from '../telemetry/metrics.ts';
import { FailureRuns } from './failure-runs.ts';

export interface Job {
  /** For the log. */
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<unknown>;
}

export interface IntervalJobs {
  readonly start: () => void;
  /** Waits for what runs. */
  stop(): Promise<void>;
}

/** Each job runs first after its interval; a run that takes longer than that puts the next one off. */
export function createIntervalJobs(
  jobs: readonly Job[],
  { log, stats }: { readonly log: Log; readonly stats: Pick<Stats, 'count'> },
): IntervalJobs {
  const failing = new FailureRuns();
  const timers = new Map<Job, NodeJS.Timeout>();
  const running = new Map<Job, Promise<void>>();
  let stopped = false;

  const schedule = (job: Job) => {
    if (stopped) return;
    const timer = setTimeout(() => {
      const run = work(job).finally(() => {
        running.delete(job);
        schedule(job);
      });
      running.set(job, run);
    }, job.everyMs);
    timers.set(job, timer.unref());
  };
  const work = async (job: Job): Promise<void> => {
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
      for (const job of jobs) schedule(job);
    },
    async stop() {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(running.values());
    },
  };
}
