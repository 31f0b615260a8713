/**
 * Equal subscriptions go through the log of scores together: those at the same offset are given the same
 * event, the very object, made once. What is made of an event further on can therefore be made once, too.
 */
import type { ScoredSample } from '../samples/stored-sample.ts';
import type { KeptEvent, ScoreMemory } from './event-cache.ts';
import type { LogCommit } from './ring-buffer.ts';
import { Signal } from '../../platform/runtime/signal.ts';

export interface ScoreEvent {
  /** Cursor before this event: equal to the cursor of the one before, so that a client can see a gap itself. */
  readonly prev: string;
  /** To be kept once the event has been processed. */
  readonly cursor: string;
  readonly scores: readonly ScoredSample[];
  /** Scored points of the log not yet looked at when the event was made. */
  readonly lag: number;
  /** What its scores were committed with, oldest first; none of what was read back from the database. */
  readonly commits: readonly LogCommit[];
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

/** Whether a sample is one of those a subscription is for. */
export type SampleTest = (sample: ScoredSample) => boolean;

export interface GroupOptions {
  /** Makes the test of the samples of one page. */
  readonly chooseTest: (samples: readonly ScoredSample[]) => SampleTest | Promise<SampleTest>;
  readonly maxBatch: number;
  readonly lingerMs: number;
  /** @param most rows that are enough; there may be more */
  readonly readLogPage: (after: number, most: number) => Promise<LogPage>;
  /** The log's last place. */
  readonly last: () => number;
  readonly cursorOf: (seq: number) => string;
  readonly commitsOf: (scores: readonly ScoredSample[]) => readonly LogCommit[];
  /** Bounds what all groups remember together. */
  readonly memory: ScoreMemory;
}

/** How long the cursor may stand still while the log moves on past scores the filter holds back. */
const HEARTBEAT_MS = 10_000;
/** Rows looked at before other work gets the event loop. */
const PAGE_ROWS = 2000;

export class ScoreGroup {
  readonly #options: GroupOptions;
  readonly #maxBatch: GroupOptions['maxBatch'];
  readonly #lingerMs: GroupOptions['lingerMs'];
  readonly #last: GroupOptions['last'];
  readonly #cursorOf: GroupOptions['cursorOf'];
  readonly #memory: GroupOptions['memory'];
  /** By the place they follow; those being made, too. */
  readonly #remembered = new Map<number, Remembered>();
  readonly #grown = new Signal();
  #members = 0;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#maxBatch = options.maxBatch;
    this.#lingerMs = options.lingerMs;
    this.#last = options.last;
    this.#cursorOf = options.cursorOf;
    this.#memory = options.memory;
  }

  /**
   * The event that follows a place. Null when nothing came for a while, or the group has ended: ask again, or go.
   * @throws whatever reading the log throws; the next call tries anew
   */
  read(after: number): Promise<PlacedEvent | null> {
    const known = this.#remembered.get(after);
    if (known !== undefined) {
      if (known.kept !== undefined) this.#memory.use(known.kept);
      return known.made;
    }
    // Nobody else would ask for what a sole member has been given.
    if (this.#members <= 1) this.forget();
    const made = this.#make(after);
    const entry: Remembered = { made, kept: undefined };
    this.#remembered.set(after, entry);
    const drop = () => {
      if (this.#remembered.get(after) === entry) this.#remembered.delete(after);
    };
    made.then((placed) => {
      if (placed === null) drop();
      else if (this.#remembered.get(after) === entry) this.#keep(entry, placed.event.scores.length, drop);
    }, drop);
    return made;
  }

  /** Events made so far are not given out any more: a metric in them is shown no longer. */
  forget(): void {
    for (const { kept } of this.#remembered.values()) if (kept !== undefined) this.#memory.release(kept);
    this.#remembered.clear();
  }

  /** To be called when the log grew. */
  wake(): void {
    this.#grown.wake();
  }

  join(): void {
    this.#members += 1;
  }

  /** Returns whether it was the last member; a group without members reads no more. */
  leave(): boolean {
    this.#members -= 1;
    if (this.#members > 0) return false;
    this.forget();
    this.#grown.wake();
    return true;
  }

  #keep(entry: Remembered, scores: number, drop: () => void) {
    entry.kept = { scores, drop };
    this.#memory.use(entry.kept);
  }

  async #make(after: number): Promise<PlacedEvent | null> {
    const batch: Batch = { scores: [], seen: after };
    const giveUpAt = performance.now() + HEARTBEAT_MS;
    while (this.#members > 0) {
      const isReplay = this.#last() - batch.seen > this.#maxBatch;
      await this.#fill(batch);
      if (batch.scores.length > 0 && !isReplay) await this.#linger(batch);
      const leftMs = giveUpAt - performance.now();
      if (batch.scores.length > 0 || (leftMs <= 0 && batch.seen > after)) return this.#place(after, batch);
      if (leftMs <= 0) return null;
      await this.#waitForMore(batch, leftMs);
    }
    return null;
  }

  /** Looks once more before it sleeps: a wake-up between the last look and the sleep would be missed. */
  async #waitForMore(batch: Batch, limitMs: number): Promise<void> {
    if (this.#members > 0 && batch.seen >= this.#last()) await this.#grown.wait(limitMs).done;
  }

  /** Takes matching scores until the event is full or the log is read to its end. */
  async #fill(batch: Batch): Promise<void> {
    // Where the filter lets all through, that many rows are enough.
    let most = this.#maxBatch - batch.scores.length;
    while (this.#members > 0 && batch.scores.length < this.#maxBatch && batch.seen < this.#last()) {
      const { samples, upTo } = await this.#options.readLogPage(batch.seen, most);
      const matches = await this.#options.chooseTest(samples);
      most = PAGE_ROWS;
      for (const sample of samples) {
        if (batch.scores.length === this.#maxBatch) return;
        batch.seen = sample.seq;
        if (matches(sample)) batch.scores.push(sample);
      }
      if (batch.scores.length < this.#maxBatch) batch.seen = upTo;
    }
  }

  async #linger(batch: Batch): Promise<void> {
    const deadline = performance.now() + this.#lingerMs;
    while (this.#members > 0 && batch.scores.length < this.#maxBatch) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return;
      await this.#waitForMore(batch, leftMs);
      await this.#fill(batch);
    }
  }

  #place(after: number, { scores, seen }: Batch): PlacedEvent {
    const commits = this.#options.commitsOf(scores);
    const [prev, cursor] = [this.#cursorOf(after), this.#cursorOf(seen)];
    return { event: { prev, cursor, scores, lag: this.#last() - seen, commits }, upTo: seen };
  }
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
