/**
 * The operations of one socket by their ids. A client may complete an id and use it again at once; graphql-ws knows an
 * operation by its id alone, and lets the end of the first one end the second: it sends a complete, or the first one's
 * result, under the id that now means the second, and forgets the second without a word. So what a client has completed
 * is never seen to end: graphql-ws waits for it for good, and nothing else holds it.
 */
export class RunningOperations<T> {
  /** Place of the operation asked for last, by id, until it has ended. */
  readonly #latest = new Map<string, number>();
  readonly #running = new Set<AsyncIterator<T>>();
  #isClosed = false;
  #lastPlace = 0;

  /** @returns the place of an operation among those asked for */
  ask(id: string): number {
    this.#lastPlace += 1;
    this.#latest.set(id, this.#lastPlace);
    return this.#lastPlace;
  }

  /**
   * To be called with what an operation came to, where that is no stream.
   * @param isWanted whether its client has not completed it, or a later one of its id
   * @returns once it may be sent: never, where its id means another operation, or none
   */
  async settle(id: string, place: number, isWanted: boolean): Promise<void> {
    if (!this.#take(id, place) || !isWanted) await never();
  }

  /**
   * Ends results that nobody waits for, and those of a socket that has closed.
   * @param isWanted as above
   * @returns the results, whose end is seen where it is not their client's doing
   */
  async begin(
    id: string,
    { place, isWanted, results }: Asked<AsyncIterableIterator<T>>,
  ): Promise<AsyncIterableIterator<T>> {
    const isLatest = this.#latest.get(id) === place;
    if (isLatest && isWanted && !this.#isClosed) {
      this.#running.add(results);
      return this.#forgetAtEnd(id, place, results);
    }
    this.#take(id, place);
    await results.return?.();
    return never();
  }

  /** Ends them all. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const running = [...this.#running];
    this.#running.clear();
    await Promise.all(running.map(async (results) => results.return?.()));
  }

  /** @returns whether the id still meant this operation, and now means none */
  #take(id: string, place: number): boolean {
    return this.#latest.get(id) === place && this.#latest.delete(id);
  }

  #forgetAtEnd(id: string, place: number, results: AsyncIterableIterator<T>): AsyncIterableIterator<T> {
    let isReturned = false;
    const forget = () => {
      this.#running.delete(results);
      this.#take(id, place);
    };
    return {
      next: async () => {
        try {
          const result = await results.next();
          if (result.done === true) forget();
          if (!isReturned) return result;
        } catch (error) {
          forget();
          if (!isReturned) throw error;
        }
        return never();
      },
      return: async () => {
        isReturned = true;
        forget();
        await results.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

interface Asked<T> {
  /** As of `ask`. */
  readonly place: number;
  readonly isWanted: boolean;
  readonly results: T;
}

/** A new one for each that waits: one promise would hold them all. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
