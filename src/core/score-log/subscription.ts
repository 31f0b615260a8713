/** One subscriber's way through the log of scores: a place, moved on by the events of its group. */
import type { ScoreFilter } from './score-filter.ts';
import type { PlacedEvent, ScoreEvent, ScoreGroup } from './shared-subscription.ts';

export interface SubscribeOptions {
  readonly filter: ScoreFilter;
  /** Cursor of the last event or row seen; null from now on. */
  readonly after: string | null;
  /** Most scores in one event. */
  readonly maxBatch: number;
  /** How long an event may wait for more scores, in milliseconds. */
  readonly lingerMs: number;
  /** True for a reader within the server, which is no subscriber anybody counts. */
  readonly isInternal?: boolean;
}

export interface StreamOptions {
  readonly group: ScoreGroup;
  /** The last place seen. */
  readonly start: number;
  /** Resolves when one that is behind may go on. */
  readonly pace: () => Promise<void>;
  readonly onEvent: (event: ScoreEvent) => void;
  readonly onEnd: () => void;
}

const DONE = { done: true, value: undefined } as const;

/**
 * Not an async generator: `return()` of one waits for a pending `next()`, which waits for a score that may never
 * come; the subscription would outlive its client.
 */
export function streamScores({
  group,
  start,
  pace,
  onEvent,
  onEnd,
}: StreamOptions): AsyncIterableIterator<ScoreEvent> {
  let place = start;
  let ended = false;
  let isBehind = false;
  let endPending: () => void = () => undefined;

  const read = (): Promise<IteratorResult<ScoreEvent>> =>
    new Promise((resolve, reject) => {
      endPending = () => resolve(DONE);
      advance().then(resolve, reject);
    });

  const advance = async (): Promise<IteratorResult<ScoreEvent>> => {
    if (isBehind) await pace();
    while (!ended) {
      const placed = await group.read(place);
      // failpoint: sub.before_send
      if (placed !== null) return give(placed);
    }
    return DONE;
  };

  const give = ({ event, upTo }: PlacedEvent): IteratorResult<ScoreEvent> => {
    // The subscriber may have gone while the event was made.
    if (ended) return DONE;
    place = upTo;
    isBehind = event.lag > 0;
    onEvent(event);
    return { done: false, value: event };
  };

  /** Calls of `next` are answered one after the other. */
  let reading: Promise<unknown> = Promise.resolve();
  return {
    next: () => {
      const result = reading.then(read);
      reading = result.catch(() => undefined);
      return result;
    },
    return: () => {
      if (!ended) {
        ended = true;
        endPending();
        onEnd();
      }
      return Promise.resolve(DONE);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
