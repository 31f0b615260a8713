/**
 * A follower derives something from the log of scores (bars, incidents) beside the data path: it reads on from its
 * offset, gathers a batch, and stores the new offset in the transaction that stores what it made of the batch. So every
 * row counts once, through crashes too, and a slow or failing follower costs pushers nothing.
 */
import type pg from 'pg';
import {
  findMonitored,
  type FollowerOffset,
  keepScores,
  moveFollower,
  openFollowerOffset,
} from './follow-log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import type { Log } from '../../log.ts';
import type { Gauge, Stats } from '../../platform/telemetry/metrics.ts';
import type { Gathered } from './row-buffer.ts';
import type { ScoreFeed } from './score-feed.ts';
import { createRetryPause } from '../../platform/runtime/backoff.ts';
import { Signal } from '../../platform/runtime/signal.ts';

export interface LogFollowerOptions {
  /** What its offset is stored under; never to be given to another follower. */
  readonly name: string;
  /** Where a follower begins that has no offset yet: with all there is, or with what comes from now on. */
  readonly beginAt: 'OLDEST' | 'NEWEST';
  /**
   * Makes the buffer of a batch. When its `write` throws, the same rows come again, in another one, after a pause that
   * doubles up to 30 s.
   */
  readonly gather: () => Gathered;
  /** Called once a batch is committed. It must not throw. */
  readonly onApplied?: () => void;
  /** Takes back everything made so far, because another log begins (a restored database). Nothing when left out. */
  readonly reset?: (client: pg.PoolClient) => Promise<void>;
  /** Where the number of scores not dealt with yet is shown. */
  readonly lagGauge: Gauge;
  /** How long a score waits for more of them, in milliseconds, so that a transaction is worth it. */
  readonly lingerMs?: number;
  /**
   * How many times as long as the last transaction took the next one is waited for, a minute at most: the more there
   * is to write, the more rows share it. 1 when left out.
   */
  readonly restFactor?: number;
  readonly pool: pg.Pool;
  readonly live: Pick<ScoreFeed, 'readAfter' | 'bounds' | 'sleepUntilGrown' | 'onForget'>;
  readonly stats: Stats;
  readonly log: Log;
}

const LINGER_MS = 250;
/** Growth is announced; this is for an announcement that never came. */
const MAX_SLEEP_MS = 30_000;
/** What is gathered meanwhile is read now and then, before it leaves memory. */
const READ_EVERY_MS = 200;
const MAX_REST_MS = 60_000;

/** A batch in progress: rows that have been read and not been stored. */
interface Batch {
  readonly gathered: Gathered;
  /** The log has been read up to this offset. */
  readTo: number;
  /** When it is to be written; null while nothing has been read. */
  dueMs: number | null;
}

export class LogFollower implements AsyncDisposable {
  readonly #options: LogFollowerOptions;
  /** Raised when it has to stop or to hurry. */
  readonly #called = new Signal();
  /** Raised when the offset has advanced. */
  readonly #advanced = new Signal();
  readonly #stopListening: () => void;
  #isStopped = false;
  #working: Promise<void> | undefined;
  /** What is committed; null when it has to be read from the database. */
  #offset: FollowerOffset | null = null;
  #batch: Batch;
  #restUntilMs = 0;
  /** A caller of `catchUp` waits for this offset. */
  #wantedTo = 0;
  /** How often scores of a metric were taken back. */
  #forgotten = 0;

  constructor(options: LogFollowerOptions) {
    this.#options = options;
    this.#batch = this.#startBatch(0);
    this.#stopListening = options.live.onForget((metricNumber) => this.#forget(metricNumber));
  }

  #startBatch(readTo: number): Batch {
    return { gathered: this.#options.gather(), readTo, dueMs: null };
  }

  #forget(metricNumber: number): void {
    this.#forgotten += 1;
    this.#batch.gathered.forget(metricNumber);
  }

  /** Begins, or goes on from the stored offset. Waits for the database as long as it takes. */
  start(): void {
    if (!this.#isStopped) this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    const pause = createRetryPause((ms) => this.#rest(ms));
    while (!this.#isStopped) {
      try {
        await this.#step();
        pause.reset();
      } catch (error) {
        const { name, stats, log } = this.#options;
        stats.count('follower_failures');
        const facts = { err: error, follower: name, pauseMs: pause.ms };
        log.warn(facts, 'scores could not be followed; trying again');
        // Only the database knows whether a commit that failed happened after all.
        this.#offset = null;
        await pause.wait();
      }
    }
  }

  async #step(): Promise<void> {
    const from = this.#offset;
    if (from === null) this.#advanceOffset(await this.#openOffset());
    else if (this.#isDue(from)) await this.#write(from);
    else if (this.#batch.readTo < this.#options.live.bounds().last) await this.#readOn(from);
    else await this.#waitForMore();
  }

  async #openOffset(): Promise<FollowerOffset> {
    const { name, beginAt, pool, live, log } = this.#options;
    const { epoch, floor, last } = live.bounds();
    const first = { epoch, floor, offset: beginAt === 'OLDEST' ? 0 : last };
    const stored = await openFollowerOffset(pool, name, first);
    if (stored.epoch === epoch && stored.offset <= last) return stored;
    const facts = { follower: name, stored, epoch, last };
    log.warn(facts, 'another log begins: it is followed from its beginning');
    return this.#startOver(stored, { epoch, floor, offset: 0 });
  }

  /** Takes back everything made of another log. */
  #startOver(from: FollowerOffset, to: FollowerOffset): Promise<FollowerOffset> {
    return inTransaction(this.#options.pool, async (client) => {
      await moveFollower(client, this.#options.name, from, to);
      await this.#options.reset?.(client);
      return to;
    });
  }

  async #readOn({ floor, offset }: FollowerOffset): Promise<void> {
    const { live, lingerMs = LINGER_MS } = this.#options;
    const startedMs = performance.now();
    const { floor: floorNow } = live.bounds();
    const isFirst = this.#batch.dueMs === null;
    if (isFirst && floorNow > floor && offset < floorNow) this.#reportGap(offset, floorNow);
    const before = this.#forgotten;
    const { samples, upTo, isStored } = await live.readAfter(this.#batch.readTo);
    // Scores taken back while they were being read may be among them.
    if (this.#forgotten !== before) return;
    this.#batch.gathered.add(samples);
    this.#batch.readTo = upTo;
    this.#batch.dueMs ??= Math.max(startedMs + lingerMs, this.#restUntilMs);
    // A long history is read half of the time, so that the database has the other half for the data path.
    if (isStored) await this.#rest(performance.now() - startedMs);
  }

  #reportGap(offset: number, floor: number): void {
    const { name, stats, log } = this.#options;
    stats.count('follower_gaps');
    log.warn({ follower: name, offset, floor }, 'retention dropped scores before they were followed');
  }

  #isDue({ offset }: FollowerOffset): boolean {
    const { gathered, readTo, dueMs } = this.#batch;
    if (dueMs === null) return false;
    const isWanted = offset < this.#wantedTo && readTo >= this.#wantedTo;
    return isWanted || gathered.isFull() || performance.now() >= dueMs;
  }

  async #write(from: FollowerOffset): Promise<void> {
    const { name, pool, live, restFactor = 1, onApplied } = this.#options;
    const startedMs = performance.now();
    const { gathered, readTo } = this.#batch;
    const to = { epoch: from.epoch, offset: readTo, floor: live.bounds().floor };
    await inTransaction(pool, async (client) => {
      await moveFollower(client, name, from, to);
      await keepScores(client);
      const numbers = gathered.metricNumbers();
      if (numbers.size > 0) await gathered.write(client, await findMonitored(client, [...numbers]));
    });
    const nowMs = performance.now();
    this.#restUntilMs = nowMs + Math.min(restFactor * (nowMs - startedMs), MAX_REST_MS);
    this.#advanceOffset(to);
    onApplied?.();
  }

  #advanceOffset(to: FollowerOffset): void {
    const { live, stats, lagGauge } = this.#options;
    this.#offset = to;
    this.#batch = this.#startBatch(to.offset);
    stats.set(lagGauge, Math.max(0, live.bounds().last - to.offset));
    this.#advanced.wake();
  }

  async #waitForMore(): Promise<void> {
    const { live, stats, lagGauge } = this.#options;
    const { dueMs } = this.#batch;
    if (dueMs !== null) return this.#rest(Math.min(dueMs - performance.now(), READ_EVERY_MS));
    stats.set(lagGauge, 0);
    const growth = live.sleepUntilGrown(MAX_SLEEP_MS);
    const call = this.#called.wait();
    await Promise.race([growth.done, call.done]);
    growth.cancel();
    call.cancel();
  }

  async #rest(restMs: number): Promise<void> {
    if (!this.#isStopped) await this.#called.wait(restMs).done;
  }

  /** The log is followed and committed up to here; null before the stored offset has been read. */
  offset(): number | null {
    return this.#offset?.offset ?? null;
  }

  /** Resolves once the log is followed up to its end of now, without lingering; never, when stopped before. */
  async catchUp(): Promise<void> {
    const goal = this.#options.live.bounds().last;
    this.#wantedTo = Math.max(this.#wantedTo, goal);
    this.#called.wake();
    while (this.#offset === null || this.#offset.offset < goal) await this.#advanced.wait().done;
  }

  /** Ends after the step in progress. A follower that was stopped cannot be started again. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#called.wake();
    await this.#working;
    this.#stopListening();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
