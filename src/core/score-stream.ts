/** One subscriber's way through the log of scores: a place, and a loop that moves it on. */
import type { ScoredSample } from '../db/stored-sample.ts';
import type { WakeUp } from './wake-up.ts';

export interface ScoreEvent {
  /** Cursor before this event: equal to the cursor of the one before, so that a client can see a gap itself. */
  readonly prev: string;
  /** To be kept once the event has been processed. */
  readonly cursor: string;
  readonly scores: readonly ScoredSample[];
  /** Scored points of the log not yet looked at. */
  readonly lag: number;
}

/** A part of the log: every row there is with a place after the one asked for, up to and including `upTo`. */
export interface LogStretch {
  readonly samples: readonly ScoredSample[];
  readonly upTo: number;
}

export interface StreamOptions {
  /** The last place seen. */
  readonly start: number;
  readonly matches: (sample: ScoredSample) => boolean;
  readonly maxBatch: number;
  readonly lingerMs: number;
  readonly readStretch: (after: number) => Promise<LogStretch>;
  /** The log's last place. */
  readonly last: () => number;
  /** Wakes when the log grew. */
  readonly published: WakeUp;
  readonly cursorOf: (seq: number) => string;
  readonly onEvent: (event: ScoreEvent) => void;
  readonly onEnd: () => void;
}

/** How long the cursor may stand still while the log moves on past scores the filter holds back. */
const HEARTBEAT_MS = 10_000;

/**
 * Not an async generator: `return()` of one waits for a pending `next()`, which waits for a score that may never
 * come; the subscription would outlive its client.
 */
export function streamScores(options: StreamOptions): AsyncIterableIterator<ScoreEvent> {
  const { matches, maxBatch, lingerMs, last, published, cursorOf } = options;
  /** The place of the last event sent, and the place looked at so far. */
  let sent = options.start;
  let seen = options.start;
  let heartbeatAt = Date.now() + HEARTBEAT_MS;
  let ended = false;
  let cutSleep: () => void = () => undefined;

  // Not a race with a promise of the end: each race would stay in that promise's memory as long as the stream lives.
  const sleep = (limitMs: number): Promise<void> => {
    const { over, cut } = published.sleep(limitMs);
    cutSleep = cut;
    return over;
  };

  /** Takes matching scores until the event is full or the log is read to its end. */
  const fill = async (scores: ScoredSample[]): Promise<void> => {
    while (!ended && scores.length < maxBatch && seen < last()) {
      const { samples, upTo } = await options.readStretch(seen);
      for (const sample of samples) {
        if (scores.length === maxBatch) return;
        seen = sample.seq;
        if (matches(sample)) scores.push(sample);
      }
      if (scores.length < maxBatch) seen = upTo;
    }
  };

  const emit = (scores: readonly ScoredSample[]): IteratorResult<ScoreEvent> => {
    const event = { prev: cursorOf(sent), cursor: cursorOf(seen), scores, lag: last() - seen };
    sent = seen;
    heartbeatAt = Date.now() + HEARTBEAT_MS;
    options.onEvent(event);
    return { done: false, value: event };
  };

  const read = async (): Promise<IteratorResult<ScoreEvent>> => {
    while (!ended) {
      const scores: ScoredSample[] = [];
      const isReplay = last() - seen > maxBatch;
      await fill(scores);
      if (scores.length > 0 && scores.length < maxBatch && !isReplay) await linger(scores);
      if (scores.length > 0) return emit(scores);
      const untilHeartbeatMs = heartbeatAt - Date.now();
      if (untilHeartbeatMs > 0) await sleep(untilHeartbeatMs);
      else if (seen > sent) return emit([]);
      else heartbeatAt = Date.now() + HEARTBEAT_MS;
    }
    return { done: true, value: undefined };
  };

  const linger = async (scores: ScoredSample[]): Promise<void> => {
    const deadline = Date.now() + lingerMs;
    while (!ended && scores.length < maxBatch) {
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) return;
      await sleep(leftMs);
      await fill(scores);
    }
  };

  /** Calls of `next` are answered one after the other, whoever makes them. */
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
        cutSleep();
        options.onEnd();
      }
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
