/** Runs a service's own work now and then: each kind once at a time, failures told and forgotten. */
import type { Log } from '../../log.ts';

export interface Chore {
  /** For the log. */
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<unknown>;
}

export interface Clockwork {
  readonly start: () => void;
  /** Waits for what runs. */
  stop(): Promise<void>;
}

/** Each chore runs first after its interval; a run that takes longer than that puts the next one off. */
export function createClockwork(chores: readonly Chore[], log: Log): Clockwork {
  const timers = new Map<Chore, NodeJS.Timeout>();
  const running = new Map<Chore, Promise<void>>();
  let stopped = false;

  const schedule = (chore: Chore) => {
    if (stopped) return;
    const timer = setTimeout(() => {
      const run = work(chore).finally(() => {
        running.delete(chore);
        schedule(chore);
      });
      running.set(chore, run);
    }, chore.everyMs);
    timers.set(chore, timer.unref());
  };
  const work = async (chore: Chore): Promise<void> => {
    try {
      await chore.run();
    } catch (error) {
      log.error({ err: error, chore: chore.name }, 'a chore failed; it runs again in time');
    }
  };

  return {
    start() {
      for (const chore of chores) schedule(chore);
    },
    async stop() {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(running.values());
    },
  };
}
