/**
 * Live scores. The log of scores is the only source: the newest part of it lies in one ring in memory, the rest in
 * the database, and a subscriber owns nothing but its offset. Replay and live are the same loop, so there is no seam
 * between them; a subscriber that does not read costs nothing and resumes by its cursor. Equal subscriptions form a
 * group that reads the log once.
 */
import type pg from 'pg';
import { readLogBounds } from './read-log.ts';
import { StoredLog } from './stored-log.ts';
import { type PageOptions, readOldest, type ScorePage } from './score-pages.ts';
import type { ScoredSample } from '../samples/stored-sample.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Tracing } from '../../platform/tracing/tracing.ts';
import { CursorWait } from './await-cursor.ts';
import { formatCursor, parseCursor, type LogBounds } from './cursor.ts';
import type { Registry } from '../metrics/registry.ts';
import { compileFilter, type ScoreFilter } from './score-filter.ts';
import { type GroupOptions, ScoreGroup, type LogPage, type ScoreEvent } from './shared-subscription.ts';
import { createReplayPace } from './catch-up-limiter.ts';
import { createScoreMemory } from './event-cache.ts';
import { createScoreRing, readRing, type ScoreRing } from './ring-buffer.ts';
import { streamScores, type SubscribeOptions } from './subscription.ts';
import { createLogPageCache } from './log-page-cache.ts';
import { TaggedMetrics } from './tagged-metrics.ts';
import { readTagged } from '../metrics/read-tagged.ts';
import { fitHeap } from '../../platform/runtime/heap-share.ts';
import { Signal, type Wait } from '../../platform/runtime/signal.ts';

export type { PageOptions } from './score-pages.ts';
export type { ScoreEvent } from './shared-subscription.ts';
export type { ScoreFilter } from './score-filter.ts';

/** About half a minute of 1,000 scores a second; 10 MB. */
const RING_CAPACITY = fitHeap(32_768, 300);
/** Rows looked at before other work gets the event loop. */
const PAGE_ROWS = 2000;
/** 4 MB of rows read from the database. */
const MAX_PAGES = 8;
/** Of events made for several subscribers, together with what they are sent as: 20 MB. */
const MAX_EVENT_SCORES = fitHeap(40_000, 500);

interface ScoreFeedOptions {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly stats: Stats;
  readonly tracing?: Pick<Tracing, 'active'> | null;
}

export class ScoreFeed {
  /** To be called before a cursor is used: it may be of scores that memory does not know yet. */
  readonly awaitCursor: CursorWait['wait'];
  readonly #options: ScoreFeedOptions;
  readonly #epoch: string;
  readonly #ring: ScoreRing;
  readonly #stored: StoredLog;
  readonly #groups = new Map<string, ScoreGroup>();
  /** Of those groups whose filter asks for tags, by the same keys. */
  readonly #tagged = new Map<string, TaggedMetrics>();
  readonly #streams = new Set<AsyncIterableIterator<ScoreEvent>>();
  readonly #events = createScoreMemory(MAX_EVENT_SCORES);
  readonly #pages = createLogPageCache((after) => this.readAfter(after), MAX_PAGES);
  readonly #pace = createReplayPace();
  readonly #grown = new Signal();
  readonly #forgetListeners = new Set<(metricNumber: number) => void>();
  /** Streams of clients; those within the server are not counted. */
  #subscribers = 0;
  #floor: number;

  private constructor(options: ScoreFeedOptions, { epoch, floor, last }: LogBounds) {
    this.#options = options;
    this.#epoch = epoch;
    this.#floor = floor;
    this.#ring = createScoreRing(RING_CAPACITY, last);
    this.#stored = new StoredLog(options.pool);
    const cursors = new CursorWait(this, () => readLogBounds(options.pool));
    this.awaitCursor = (after) => cursors.wait(after);
    // A series that comes to a resource may change the tags of all its metrics.
    options.registry.onLoaded(() => this.forgetTags());
  }

  /** Reads how far the log goes, then is ready. */
  static async open(options: ScoreFeedOptions): Promise<ScoreFeed> {
    return new ScoreFeed(options, await readLogBounds(options.pool));
  }

  /** Appends what a transaction just committed, and wakes all subscriptions. */
  publish(scores: readonly ScoredSample[]): void {
    const span = this.#options.tracing?.active()?.spanContext() ?? null;
    this.#ring.append(scores, { atMs: performance.now(), span });
    this.#wakeAll();
  }

  /**
   * Everything after the cursor, then live, without a gap or a repeat. `return()` ends it at once. Subscriptions with
   * equal options but `after` are given the same event objects once they stand at the same offset.
   * @throws CursorInvalidError, CursorExpiredError at once, not at the first event
   */
  subscribe(options: SubscribeOptions): AsyncIterableIterator<ScoreEvent> {
    const { filter, after, maxBatch, lingerMs, isInternal = false } = options;
    const { stats } = this.#options;
    const start = after === null ? this.#ring.last : parseCursor(after, this.bounds());
    const key = JSON.stringify([filter, maxBatch, lingerMs]);
    const group = this.#findGroup(key, options);
    group.join();
    const stream = streamScores({
      group,
      start,
      pace: this.#pace,
      onEvent: (event) => {
        stats.count('score_events_sent');
        stats.count('scores_sent', event.scores.length);
      },
      onEnd: () => {
        if (group.leave()) {
          this.#groups.delete(key);
          this.#tagged.delete(key);
        }
        this.#streams.delete(stream);
        if (!isInternal) stats.set('subscribers', (this.#subscribers -= 1));
      },
    });
    this.#streams.add(stream);
    if (!isInternal) stats.set('subscribers', (this.#subscribers += 1));
    return stream;
  }

  #findGroup(key: string, { filter, maxBatch, lingerMs }: SubscribeOptions): ScoreGroup {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = new ScoreGroup({
      chooseTest: this.#createTest(key, filter),
      maxBatch,
      lingerMs,
      readLogPage: (after, most) => this.#readForGroup(after, most),
      last: () => this.#ring.last,
      cursorOf: (seq) => this.cursorOf(seq),
      commitsOf: this.#ring.commitsOf,
      memory: this.#events,
    });
    this.#groups.set(key, group);
    return group;
  }

  /** Tags are asked for beside the log: metrics get and lose them while subscriptions last. */
  #createTest(key: string, filter: ScoreFilter): GroupOptions['chooseTest'] {
    const { pool, registry } = this.#options;
    const matches = compileFilter(filter, registry);
    const { tags } = filter;
    if (tags === undefined) return () => matches;
    const tagged = new TaggedMetrics((numbers) => readTagged(pool, tags, numbers));
    this.#tagged.set(key, tagged);
    return (samples) => tagged.narrow(matches, samples);
  }

  async #readForGroup(after: number, most: number): Promise<LogPage> {
    if (after + 1 >= this.#ring.first) return readRing(this.#ring, after, most);
    const page = await this.#pages.read(after);
    // failpoint: tail.after_read
    this.#options.stats.count('subscribers_caught_up');
    return page;
  }

  /**
   * For those who follow the whole log by its offsets: the next rows after one, at most so many. Some may be of
   * metrics whose scores were taken back meanwhile: `onForget` reports these.
   */
  async readAfter(after: number, most = PAGE_ROWS): Promise<LogPage & { readonly isStored: boolean }> {
    const ring = this.#ring;
    if (after + 1 >= ring.first) return { ...readRing(ring, after, most), isStored: false };
    // By the count of rows, not of offsets: what retention and deletions emptied is passed over in one step.
    const end = ring.first - 1;
    const samples = await this.#stored.read({ after, upTo: end, limit: most });
    const isFull = samples.length === most;
    return { samples, upTo: isFull ? (samples.at(-1)?.seq ?? end) : end, isStored: true };
  }

  /** The same log by pages, oldest first. @throws CursorInvalidError, CursorExpiredError */
  async readPage({ after, ...options }: PageOptions): Promise<ScorePage> {
    await this.awaitCursor(after);
    const start = after === null ? 0 : parseCursor(after, this.bounds());
    return readOldest(this.#options, { ...options, after: start });
  }

  cursorOf(seq: number): string {
    return formatCursor(this.#epoch, seq);
  }

  /** Cursor of the newest score. */
  head(): string {
    return this.cursorOf(this.#ring.last);
  }

  /** How far the log goes. */
  bounds(): LogBounds {
    return { epoch: this.#epoch, floor: this.#floor, last: this.#ring.last };
  }

  /** Sleeps until the log grows, `limitMs` at most. */
  sleepUntilGrown(limitMs: number): Wait {
    return this.#grown.wait(limitMs);
  }

  /** Number of subscriptions of clients. */
  subscriberCount(): number {
    return this.#subscribers;
  }

  /** Calls the listener with each metric whose scores are taken back from now on. @returns what ends it */
  onForget(listener: (metricNumber: number) => void): () => void {
    this.#forgetListeners.add(listener);
    return () => void this.#forgetListeners.delete(listener);
  }

  /** Scores of a metric that was deleted or unmonitored are shown no more. */
  forget(metricNumber: number): void {
    for (const listener of this.#forgetListeners) listener(metricNumber);
    this.#ring.forget(metricNumber);
    this.#pages.forget();
    for (const group of this.#groups.values()) group.forget();
  }

  /** To be called when tags of resources may have changed; metrics that are read again say so themselves. */
  forgetTags(): void {
    for (const tagged of this.#tagged.values()) tagged.forget();
  }

  /** To be called after retention, and after a commit whose outcome was unclear: reads how far the log goes. */
  async refreshBounds(): Promise<void> {
    this.moveBounds(await readLogBounds(this.#options.pool));
  }

  /** Scores between memory's last and that of the database are read from there. */
  moveBounds({ floor, last }: LogBounds): void {
    this.#floor = Math.max(this.#floor, floor);
    this.#ring.skipTo(last);
    this.#pages.forget();
    this.#wakeAll();
  }

  #wakeAll(): void {
    this.#grown.wake();
    for (const group of this.#groups.values()) group.wake();
  }

  /** Ends every subscription, as if the client had ended it. */
  close(): void {
    for (const stream of [...this.#streams]) void stream.return?.();
  }
}
