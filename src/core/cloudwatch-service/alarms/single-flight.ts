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
    if (this.#running === null) return this.#start();
    this.#next ??= this.#running.catch(() => undefined).then(() => this.#start());
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

  /** Waits for what runs. */
  async settle(): Promise<void> {
    while (this.#running !== null) await this.#running.catch(() => undefined);
  }
}
