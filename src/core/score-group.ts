/**
 * Equal subscriptions go through the log of scores together: whoever stands at the same place is given the same
 * event, the very object, made once. What is made of an event further on can therefore be made once, too.
 */
import type { ScoredSample } from '../db/stored-sample.ts';
import { createWakeUp } from './wake-up.ts';

export interface ScoreEvent {
  /** Cursor before this event: equal to the cursor of the one before, so that a client can see a gap itself. */
  readonly prev: string;
  /** To be kept once the event has been processed. */
  readonly cursor: string;
  readonly scores: readonly ScoredSample[];
  /** Scored points of the log not yet looked at when the event was made. */
  readonly lag: number;
}

/** A part of the log: every row there is with a place after the one asked for, up to and including `upTo`. */
export interface LogStretch {
  readonly samples: readonly ScoredSample[];
  readonly upTo: number;
}

/** An event and the place it ends at. */
export interface PlacedEvent {
  readonly event: ScoreEvent;
  readonly upTo: number;
}

export interface ScoreGroup {
  /**
   * The event that follows a place. Null when nothing came for a while, or the group has ended: ask again, or go.
   * @throws whatever reading the log throws; the next call tries anew
   */
  read(after: number): Promise<PlacedEvent | null>;
  /** To be called when the log grew. */
  wake(): void;
  /** Events made so far are not given out any more: a metric in them is shown no longer. */
  forget(): void;
  join(): void;
  /** Returns whether it was the last member; a group without members reads no more. */
  leave(): boolean;
}

export interface GroupOptions {
  readonly matches: (sample: ScoredSample) => boolean;
  readonly maxBatch: number;
  readonly lingerMs: number;
  readonly readStretch: (after: number) => Promise<LogStretch>;
  /** The log's last place. */
  readonly last: () => number;
  readonly cursorOf: (seq: number) => string;
}

/** How long the cursor may stand still while the log moves on past scores the filter holds back. */
const HEARTBEAT_MS = 10_000;
/** A member that is behind by more events than this gets events of its own. */
const MOST_REMEMBERED = 64;

export function createScoreGroup(options: GroupOptions): ScoreGroup {
  const { matches, maxBatch, lingerMs, last, cursorOf } = options;
  /** By the place they follow, oldest first; those being made, too. */
  const remembered = new Map<number, Promise<PlacedEvent | null>>();
  const grown = createWakeUp();
  let members = 0;

  const read = (after: number): Promise<PlacedEvent | null> => {
    const known = remembered.get(after);
    if (known !== undefined) return known;
    const made = make(after);
    remembered.set(after, made);
    const drop = () => {
      if (remembered.get(after) === made) remembered.delete(after);
    };
    made.then((placed) => (placed === null ? drop() : undefined), drop);
    const most = members > 1 ? MOST_REMEMBERED : 1;
    for (const place of remembered.keys()) {
      if (remembered.size <= most) break;
      remembered.delete(place);
    }
    return made;
  };

  const make = async (after: number): Promise<PlacedEvent | null> => {
    const batch: Batch = { scores: [], seen: after };
    const giveUpAt = performance.now() + HEARTBEAT_MS;
    while (members > 0) {
      const isReplay = last() - batch.seen > maxBatch;
      await fill(batch);
      if (batch.scores.length > 0 && !isReplay) await linger(batch);
      const leftMs = giveUpAt - performance.now();
      if (batch.scores.length > 0 || (leftMs <= 0 && batch.seen > after)) return place(after, batch);
      if (leftMs <= 0) return null;
      await waitForMore(batch, leftMs);
    }
    return null;
  };

  /** Looks once more before it sleeps: a wake-up between the last look and the sleep would be missed. */
  const waitForMore = async (batch: Batch, limitMs: number): Promise<void> => {
    if (members > 0 && batch.seen >= last()) await grown.sleep(limitMs).over;
  };

  /** Takes matching scores until the event is full or the log is read to its end. */
  const fill = async (batch: Batch): Promise<void> => {
    while (members > 0 && batch.scores.length < maxBatch && batch.seen < last()) {
      const { samples, upTo } = await options.readStretch(batch.seen);
      for (const sample of samples) {
        if (batch.scores.length === maxBatch) return;
        batch.seen = sample.seq;
        if (matches(sample)) batch.scores.push(sample);
      }
      if (batch.scores.length < maxBatch) batch.seen = upTo;
    }
  };

  const linger = async (batch: Batch): Promise<void> => {
    const deadline = performance.now() + lingerMs;
    while (members > 0 && batch.scores.length < maxBatch) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return;
      await waitForMore(batch, leftMs);
      await fill(batch);
    }
  };

  const place = (after: number, { scores, seen }: Batch): PlacedEvent => ({
    event: { prev: cursorOf(after), cursor: cursorOf(seen), scores, lag: last() - seen },
    upTo: seen,
  });

  return {
    read,
    wake: grown.wake,
    forget: () => remembered.clear(),
    join: () => {
      members += 1;
    },
    leave: () => {
      members -= 1;
      if (members === 0) grown.wake();
      return members === 0;
    },
  };
}

interface Batch {
  readonly scores: ScoredSample[];
  /** The place looked at so far. */
  seen: number;
}
