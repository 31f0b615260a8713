/** Runs a piece of work once at a time. Asked for while it runs, it runs once more afterwards, for all who asked. */
export class SingleFlight {
  readonly #work: () => Promise<unknown>;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(work: () => Promise<unknown>) {
    this.#work = work;
  }

  /** Resolves after a run that began after this call. */
  run(): Promise<void> {
    // Looked at first: between the end of a run and the beginning of the next one nothing runs.
    if (this.#next !== null) return this.#next;
    if (this.#running === null) return this.#start();
    this.#next = this.#running.catch(() => undefined).then(() => this.#start());
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = null;
    const running = this.#work()
      .then(() => undefined)
      .finally(() => {
        if (this.#running === running) this.#running = null;
      });
    this.#running = running;
    return running;
  }

  /** Waits for what runs, and what is to run after it. */
  async settle(): Promise<void> {
    for (let left = this.#left(); left !== null; left = this.#left()) await left.catch(() => undefined);
  }

  #left(): Promise<void> | null {
    return this.#next ?? this.#running;
  }
}
