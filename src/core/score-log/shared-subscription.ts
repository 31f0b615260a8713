/**
 * Equal subscriptions go through the log of scores together: whoever stands at the same place is given the same
 * event, the very object, made once. What is made of an event further on can therefore be made once, too.
 */
import type { ScoredSample } from '../samples/stored-sample.ts';
import type { KeptEvent, ScoreMemory } from './event-cache.ts';
import { Signal } from '../../platform/runtime/signal.ts';

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
export interface LogPage {
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
  /** @param most rows that are enough; there may be more */
  readonly readLogPage: (after: number, most: number) => Promise<LogPage>;
  /** The log's last place. */
  readonly last: () => number;
  readonly cursorOf: (seq: number) => string;
  /** Bounds what all groups remember together. */
  readonly memory: ScoreMemory;
}

/** How long the cursor may stand still while the log moves on past scores the filter holds back. */
const HEARTBEAT_MS = 10_000;
/** Rows looked at before other work gets the event loop. */
const STRETCH_ROWS = 2000;

export function createScoreGroup(options: GroupOptions): ScoreGroup {
  const { matches, maxBatch, lingerMs, last, cursorOf, memory } = options;
  /** By the place they follow; those being made, too. */
  const remembered = new Map<number, Remembered>();
  const grown = new Signal();
  let members = 0;

  const read = (after: number): Promise<PlacedEvent | null> => {
    const known = remembered.get(after);
    if (known !== undefined) {
      if (known.kept !== undefined) memory.use(known.kept);
      return known.made;
    }
    // Nobody else would ask for what a sole member has been given.
    if (members <= 1) forget();
    const made = make(after);
    const entry: Remembered = { made, kept: undefined };
    remembered.set(after, entry);
    const drop = () => {
      if (remembered.get(after) === entry) remembered.delete(after);
    };
    made.then((placed) => {
      if (placed === null) drop();
      else if (remembered.get(after) === entry) keep(entry, placed.event.scores.length, drop);
    }, drop);
    return made;
  };

  const keep = (entry: Remembered, scores: number, drop: () => void) => {
    entry.kept = { scores, drop };
    memory.use(entry.kept);
  };

  const forget = () => {
    for (const { kept } of remembered.values()) if (kept !== undefined) memory.release(kept);
    remembered.clear();
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
    if (members > 0 && batch.seen >= last()) await grown.wait(limitMs).done;
  };

  /** Takes matching scores until the event is full or the log is read to its end. */
  const fill = async (batch: Batch): Promise<void> => {
    // Where the filter lets all through, that many rows are enough.
    let most = maxBatch - batch.scores.length;
    while (members > 0 && batch.scores.length < maxBatch && batch.seen < last()) {
      const { samples, upTo } = await options.readLogPage(batch.seen, most);
      most = STRETCH_ROWS;
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
    wake: () => grown.wake(),
    forget,
    join: () => {
      members += 1;
    },
    leave: () => {
      members -= 1;
      if (members > 0) return false;
      forget();
      grown.wake();
      return true;
    },
  };
}

interface Remembered {
  readonly made: Promise<PlacedEvent | null>;
  /** Undefined while it is being made. */
  kept: KeptEvent | undefined;
}

interface Batch {
  readonly scores: ScoredSample[];
  /** The place looked at so far. */
  seen: number;
}
