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
