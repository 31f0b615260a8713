/**
 * The subscriptions of one socket by their ids. A client may complete an id and use it again before the first operation
 * has begun; graphql-ws then forgets the first, and nobody would ever end it.
 */
interface Operation<T> {
  /** Among the operations asked for. */
  readonly place: number;
  readonly results: AsyncIterableIterator<T>;
}

export class RunningOperations<T> {
  readonly #running = new Map<string, Operation<T>>();
  #isClosed = false;
  #lastPlace = 0;

  nextPlace(): number {
    this.#lastPlace += 1;
    return this.#lastPlace;
  }

  /**
   * Of two with one id the one asked for last goes on; the other is ended, as is one of a socket that has closed.
   * @param place as of nextPlace, when it was asked for
   * @returns the results, which are forgotten here when they end
   */
  async begin(
    id: string,
    place: number,
    results: AsyncIterableIterator<T>,
  ): Promise<AsyncIterableIterator<T>> {
    const known = this.#running.get(id);
    if (this.#isClosed || (known !== undefined && known.place > place)) {
      await results.return?.();
      return results;
    }
    const operation = { place, results };
    this.#running.set(id, operation);
    await known?.results.return?.();
    return this.#forgetAtEnd(id, operation);
  }

  /** Ends them all. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const running = [...this.#running.values()];
    this.#running.clear();
    await Promise.all(running.map(async ({ results }) => results.return?.()));
  }

  #forgetAtEnd(id: string, operation: Operation<T>): AsyncIterableIterator<T> {
    const { results } = operation;
    const forget = () => {
      if (this.#running.get(id) === operation) this.#running.delete(id);
    };
    return {
      next: async () => {
        try {
          const result = await results.next();
          if (result.done === true) forget();
          return result;
        } catch (error) {
          forget();
          throw error;
        }
      },
      return: async () => {
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
