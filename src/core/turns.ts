/**
 * One writer at a time: every transaction that changes metrics, samples or models takes its turn here, so that what
 * is held in memory always equals what is committed.
 */
export interface Turns {
  /** Runs `job` after all that came before it; its failure is the caller's and stops nobody else. */
  run: <T>(job: () => Promise<T>) => Promise<T>;
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: (job) => {
      const turn = last.then(job, job);
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
