/**
 * Results as messages of graphql-transport-ws. A result that many subscriptions share is written out once; each
 * message only puts its subscription's id in front of it.
 */
import type { ExecutionResult } from 'graphql';

export type SendResults = (
  results: AsyncIterator<ExecutionResult>,
  id: string,
  /** Resolves when the bytes have left: until then no further result is asked for. */
  send: (text: string) => Promise<void>,
) => AsyncIterableIterator<ExecutionResult>;

/**
 * Results are sent on the way; who iterates is given none, but learns of the end and of failures.
 */
export function createSendResults(): SendResults {
  const texts = new WeakMap<ExecutionResult, string>();
  const writeOnce = (result: ExecutionResult): string => {
    const known = texts.get(result);
    if (known !== undefined) return known;
    const text = JSON.stringify(result);
    texts.set(result, text);
    return text;
  };

  return (results, id, send) => {
    const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
    let ended = false;
    return {
      next: async () => {
        for (;;) {
          const result = await results.next();
          if (result.done === true || ended) return { done: true, value: undefined };
          try {
            await send(`${head}${writeOnce(result.value)}}`);
          } catch (error) {
            // Whoever iterates does not return an iterator that failed: nobody else would end the subscription.
            await results.return?.();
            throw error;
          }
        }
      },
      return: async () => {
        ended = true;
        await results.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };
}
