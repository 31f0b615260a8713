/** A read that many ask for at once, and that costs one now and then. */

/**
 * Each caller is given what was read after it asked: a read that was under way already may have missed what the caller knows of.
 * All who ask meanwhile share the next one. One read at a time, and a rest between the beginnings of two.
 */
export class SharedRead<T> {
  readonly #read: () => Promise<T>;
  readonly #restMs: number;
  /** Of those who wait for a read that has not begun. */
  #next: Promise<T> | null = null;
  #rested: Promise<unknown> = Promise.resolve();

  constructor(read: () => Promise<T>, restMs: number) {
    this.#read = read;
    this.#restMs = restMs;
  }

  /** @throws what the read throws */
  read(): Promise<T> {
    return (this.#next ??= this.#begin());
  }

  async #begin(): Promise<T> {
    await this.#rested;
    this.#next = null;
    const result = this.#read();
    this.#rested = Promise.allSettled([result, rest(this.#restMs)]);
    return result;
  }
}

/** Keeps no process alive. */
function rest(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
