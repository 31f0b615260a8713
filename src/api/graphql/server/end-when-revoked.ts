/** A stream of results that ends when who asked for it may not see it any more. */
import { type ExecutionResult, GraphQLError } from 'graphql';

const DONE = { done: true, value: undefined } as const;

/**
 * Not an async generator: its `return()` would wait for an event that may never come.
 * @param caller.watch is given what ends the stream, and gives back what is to be called when it ended by itself
 * @param caller.describe says why it ended
 */
export function endWithRights(
  results: AsyncIterable<ExecutionResult>,
  caller: { readonly watch: (end: () => void) => () => void; readonly describe: () => string },
): AsyncIterableIterator<ExecutionResult> {
  const inner = results[Symbol.asyncIterator]();
  let state: 'open' | 'lost' | 'ended' = 'open';
  let endPending: (result: IteratorResult<ExecutionResult>) => void = () => undefined;

  /** The last message says why. */
  const takeLoss = (): IteratorResult<ExecutionResult> => {
    state = 'ended';
    return {
      done: false,
      value: { errors: [new GraphQLError(caller.describe(), { extensions: { code: 'FORBIDDEN' } })] },
    };
  };
  const unwatch = caller.watch(() => {
    if (state !== 'open') return;
    state = 'lost';
    void inner.return?.();
    endPending(DONE);
  });
  const read = (): Promise<IteratorResult<ExecutionResult>> =>
    new Promise((resolve, reject) => {
      endPending = () => resolve(takeLoss());
      inner.next().then((result) => (state === 'lost' ? undefined : resolve(result)), reject);
    });

  return {
    next: () => {
      if (state === 'lost') return Promise.resolve(takeLoss());
      return state === 'ended' ? Promise.resolve(DONE) : read();
    },
    return: async () => {
      state = 'ended';
      unwatch();
      await inner.return?.();
      return DONE;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
