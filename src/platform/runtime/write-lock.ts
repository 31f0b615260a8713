/**
 * One writer at a time: every transaction that changes metrics, samples or models takes its turn here, so that what
 * is held in memory always equals what is committed. Only batches of points overlap: the next one is scored while the
 * last one is being committed.
 */
export interface Turns {
  /** Runs `job` after all that came before it; its failure is the caller's and stops nobody else. */
  run: <T>(job: () => Promise<T>) => Promise<T>;
  /**
   * Runs `first` after all that came before it, but for the second step of the job just before if that has two steps,
   * too; then what it returns, after all that came before it. So at most one second step is running or waiting while a
   * first step runs.
   */
  runInTwoSteps: <T>(first: () => Promise<() => Promise<T>>) => TwoSteps<T>;
}

export interface TwoSteps<T> {
  /** Settles when the first step is over and the second step of the job before it, too. Never rejects. */
  readonly isReady: Promise<void>;
  /** Of both steps. */
  readonly result: Promise<T>;
}

export function createTurns(): Turns {
  /** When everything so far is over. */
  let over: Promise<void> = Promise.resolve();
  /** When the first step of a job may begin. */
  let ready: Promise<void> = over;
  return {
    run: (job) => {
      const turn = over.then(job);
      over = turn.then(forget, forget);
      ready = over;
      return turn;
    },
    runInTwoSteps: (first) => {
      const before = over;
      const step = ready.then(first);
      const result = Promise.all([step, before]).then(([second]) => second());
      over = Promise.all([before, result.catch(forget)]).then(forget);
      const isReady = Promise.all([step.catch(forget), before]).then(forget);
      ready = isReady;
      return { isReady, result };
    },
  };
}

/** What is waited for is not kept: each turn would hold what all turns before it gave. */
function forget(): undefined {
  return undefined;
}
