/** One wait for a signal. */
export interface Wait {
  /** Resolves at the next `wake`, when the time is up, or when the wait is cancelled. */
  readonly done: Promise<void>;
  /** Ends this wait alone. */
  readonly cancel: () => void;
}

/** Lets idle readers wait until there is something to do. */
export class Signal {
  #waiting = new Set<() => void>();

  /**
   * Waits for the next `wake`, or for `limitMs`. A `wake` with nobody waiting is not remembered.
   * @param limitMs of a time that is past it may be below 0
   */
  wait(limitMs?: number): Wait {
    let resolve: () => void = () => undefined;
    const done = new Promise<void>((settle) => (resolve = settle));
    const cancel = () => {
      clearTimeout(timer);
      this.#waiting.delete(cancel);
      resolve();
    };
    // From version 24 on Node warns of times below 0.
    const timer = limitMs === undefined ? undefined : setTimeout(cancel, Math.max(0, limitMs));
    this.#waiting.add(cancel);
    return { done, cancel };
  }

  /** Ends every wait begun so far. */
  wake(): void {
    const woken = this.#waiting;
    this.#waiting = new Set();
    for (const cancel of woken) cancel();
  }
}
