/**
 * Turns ids of things that changed into the things. By hand rather than as a generator: `return` of a generator waits
 * for the pending `next`, which may never come.
 */

/** @param load null for a thing that is gone by then: it is skipped, where a resolver could only fail */
export function loadChanged<T>(
  ids: AsyncIterableIterator<string>,
  load: (id: string) => Promise<T | null>,
): AsyncIterableIterator<T> {
  return {
    async next() {
      for (;;) {
        const result = await ids.next();
        if (result.done === true) return { done: true, value: undefined };
        const thing = await load(result.value);
        if (thing !== null) return { done: false, value: thing };
      }
    },
    async return() {
      await ids.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
