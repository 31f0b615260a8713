/** What changed after a number, then what changes, each thing as it is when it is read. */
import type { StatusFeed } from '../../platform/runtime/change-feed.ts';
import type { Wait } from '../../platform/runtime/signal.ts';

/** Things read at once. */
const PAGE = 100;
/** The database is asked again after this long: a change whose commit was not answered for wakes nobody. */
const MAX_IDLE_MS = 30_000;

export interface ChangeStreamOptions<T> {
  /** The number of the last change seen. */
  readonly after: bigint;
  /** Wakes the stream when something may have changed, and ends it. */
  readonly feed: Pick<StatusFeed, 'wait' | 'isClosed'>;
  /** The things whose numbers are greater than `after`, in the order of these, at most `limit`. */
  readonly read: (after: bigint, limit: number) => Promise<readonly T[]>;
}

/** By hand rather than as a generator: `return` of a generator waits for the pending `next`, which may never come. */
export class ChangeStream<T extends { readonly changeNumber: bigint }> implements AsyncIterableIterator<T> {
  readonly #options: ChangeStreamOptions<T>;
  /** Read, and not given yet. */
  #page: readonly T[] = [];
  #after: bigint;
  #wait: Wait | null = null;
  #isEnded = false;

  constructor(options: ChangeStreamOptions<T>) {
    this.#options = options;
    this.#after = options.after;
  }

  async next(): Promise<IteratorResult<T>> {
    const { feed, read } = this.#options;
    for (;;) {
      if (this.#isEnded || feed.isClosed()) return { done: true, value: undefined };
      const [thing, ...rest] = this.#page;
      if (thing !== undefined) {
        this.#page = rest;
        this.#after = thing.changeNumber;
        return { done: false, value: thing };
      }
      // Waited for before it is read: what commits in between wakes it.
      this.#wait = feed.wait(MAX_IDLE_MS);
      this.#page = await this.#readOrCancel(read);
      if (this.#page.length === 0) await this.#wait.done;
      this.#wait.cancel();
    }
  }

  async #readOrCancel(read: ChangeStreamOptions<T>['read']): Promise<readonly T[]> {
    try {
      return await read(this.#after, PAGE);
    } catch (error) {
      this.#wait?.cancel();
      throw error;
    }
  }

  return(): Promise<IteratorResult<T>> {
    this.#isEnded = true;
    this.#wait?.cancel();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
