/** Publishes which metrics changed their status. A slow reader costs at most one id per metric. */
import { Signal, type Wait } from './signal.ts';

export interface StatusFeed {
  publish: (metricId: string) => void;
  /**
   * Ids of metrics whose status changed from now on; several changes of one metric before it is read are one.
   * @param ids the metrics of interest; null for all
   */
  subscribe: (ids: readonly string[] | null) => AsyncIterableIterator<string>;
  /** Waits for the next change of any, for the end, or for `limitMs`: for readers of what the database says. */
  wait: (limitMs: number) => Wait;
  /** Whether every subscription was ended. */
  isClosed: () => boolean;
  /** Ends every subscription. */
  close: () => void;
}

export function createStatusFeed(): StatusFeed {
  const subscribers = new Set<{ offer: (metricId: string) => void; end: () => void }>();
  const any = new Signal();
  let isClosed = false;

  const subscribe = (ids: readonly string[] | null): AsyncIterableIterator<string> => {
    const wanted = ids === null ? null : new Set(ids);
    const changed = new Set<string>();
    const signal = new Signal();
    let ended = false;
    const subscriber = {
      offer: (metricId: string) => {
        if (wanted !== null && !wanted.has(metricId)) return;
        changed.add(metricId);
        signal.wake();
      },
      end: () => {
        ended = true;
        subscribers.delete(subscriber);
        signal.wake();
      },
    };
    subscribers.add(subscriber);
    const next = async (): Promise<IteratorResult<string>> => {
      for (;;) {
        if (ended) return { done: true, value: undefined };
        const [metricId] = changed;
        if (metricId !== undefined) {
          changed.delete(metricId);
          return { done: false, value: metricId };
        }
        await signal.wait().done;
      }
    };
    return {
      next,
      return: () => {
        subscriber.end();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };

  return {
    publish: (metricId) => {
      for (const subscriber of subscribers) subscriber.offer(metricId);
      any.wake();
    },
    subscribe,
    wait: (limitMs) => any.wait(limitMs),
    isClosed: () => isClosed,
    close: () => {
      isClosed = true;
      for (const subscriber of [...subscribers]) subscriber.end();
      any.wake();
    },
  };
}
