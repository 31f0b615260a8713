/**
 * One writer at a time: every transaction that changes metrics, samples or models holds this lock, so that what is in
 * memory always equals what is committed. Only batches of points overlap: the next one is scored while the last one is
 * being committed.
 */
export class WriteLock {
  /** When everything so far is done. */
  #done: Promise<void> = Promise.resolve();
  /** When the first step of a job may begin. */
  #ready: Promise<void> = this.#done;

  /** Runs `job` after all that came before it; its failure is the caller's and delays nobody else. */
  runExclusive<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#done.then(job);
    this.#done = result.then(forget, forget);
    this.#ready = this.#done;
    return result;
  }

  /**
   * Runs a job of two steps. `first` runs after all that came before it, except for the second step of the job just
   * before if that has two steps, too; then what it returns runs, after all that came before it. So at most one second
   * step is running or waiting while a first step runs.
   */
  runPipelined<T>(first: () => Promise<() => Promise<T>>): PipelinedRun<T> {
    const before = this.#done;
    const step = this.#ready.then(first);
    const result = Promise.all([step, before]).then(([second]) => second());
    this.#done = Promise.all([before, result.catch(forget)]).then(forget);
    const isReady = Promise.all([step.catch(forget), before]).then(forget);
    this.#ready = isReady;
    return { isReady, result };
  }
}

export interface PipelinedRun<T> {
  /** Settles when the first step is done, and the second step of the job before it, too. Never rejects. */
  readonly isReady: Promise<void>;
  /** Of both steps. */
  readonly result: Promise<T>;
}

/** What is waited for is not kept: each run would hold what all runs before it gave. */
function forget(): undefined {
  return undefined;
}
