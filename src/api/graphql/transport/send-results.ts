/**
 * Results as messages of graphql-transport-ws. What a result is as JSON is shared by all who are sent it; each message
 * only puts its subscription's id in front.
 */
import type { ExecutionResult } from 'graphql';
import type { WritePayload } from './payload-cache.ts';

export type SendResults = (
  results: AsyncIterator<ExecutionResult>,
  id: string,
  /** Resolves when the peer may be sent more: until then no further result is asked for. */
  send: (parts: readonly Buffer[]) => Promise<void>,
) => AsyncIterableIterator<ExecutionResult>;

/**
 * Results are sent on the way; who iterates is given none, but learns of the end and of failures.
 */
/** @param onSent is called with each result that was handed to the socket, and when its subscription began */
export function createSendResults(
  writePayload: WritePayload,
  onSent: (result: ExecutionResult, sinceMs: number) => void = () => undefined,
): SendResults {
  return (results, id, send) => {
    const head = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
    const sinceMs = performance.now();
    let ended = false;
    return {
      next: async () => {
        for (;;) {
          const result = await results.next();
          if (result.done === true || ended) return { done: true, value: undefined };
          try {
            const sent = send([head, writePayload(result.value).closed]);
            onSent(result.value, sinceMs);
            await sent;
          } catch (error) {
            // The one that iterates does not return an iterator that failed: nobody else would end the subscription.
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
