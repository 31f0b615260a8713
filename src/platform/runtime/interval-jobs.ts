/** Runs a service's own work now and then: each kind once at a time, failures logged, and no more. */
import type { Log } from '../../log.ts';

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
export function createIntervalJobs(jobs: readonly Job[], log: Log): IntervalJobs {
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
    } catch (error) {
      log.error({ err: error, job: job.name }, 'a job failed; it runs again in time');
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
