/** Lets a number of jobs run at once; the others wait for their turn, first come first served. */
export interface Limit {
  /** The job's failure is the caller's. */
  run: <T>(job: () => Promise<T>) => Promise<T>;
}

export function createLimit(width: number): Limit {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    run: async (job) => {
      if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      try {
        return await job();
      } finally {
        // The place is handed on, not freed and taken again: nobody can come in between.
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}

/**
 * As a limit that several callers share: each waits in a queue of its own, and they take turns, so that many jobs of one do not hold up
 * a job of another. None has all places: somebody else's long jobs may be minutes.
 */
export class FairLimit {
  readonly #width: number;
  readonly #mostOfOne: number;
  #running = 0;
  /** Places by who has them. */
  readonly #held = new Map<string, number>();
  /** By caller, in the order of their turns. */
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(width: number) {
    this.#width = width;
    this.#mostOfOne = Math.max(1, width - 1);
  }

  countWaiting(caller: string): number {
    return this.#waiting.get(caller)?.length ?? 0;
  }

  /** The job's failure is the caller's. */
  async run<T>(caller: string, job: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      const queue = this.#waiting.get(caller) ?? [];
      queue.push(resolve);
      this.#waiting.set(caller, queue);
      this.#admit();
    });
    try {
      return await job();
    } finally {
      this.#running -= 1;
      this.#hold(caller, -1);
      this.#admit();
    }
  }

  #admit(): void {
    for (const [caller, queue] of this.#waiting) {
      if (this.#running >= this.#width) return;
      if ((this.#held.get(caller) ?? 0) >= this.#mostOfOne) continue;
      const start = queue.shift();
      // Its next turn comes after everybody else's.
      this.#waiting.delete(caller);
      if (queue.length > 0) this.#waiting.set(caller, queue);
      this.#running += 1;
      this.#hold(caller, 1);
      start?.();
    }
  }

  #hold(caller: string, places: number): void {
    const held = (this.#held.get(caller) ?? 0) + places;
    if (held === 0) this.#held.delete(caller);
    else this.#held.set(caller, held);
  }
}
