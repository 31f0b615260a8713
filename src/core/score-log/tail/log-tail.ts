/**
 * The log of scores as another server writes it: what that commits is given to the feed of this one, once for all its
 * subscriptions. The database says how far the log goes; its rows are sent by the leader, and read from the database where
 * they do not come.
 */
import type pg from 'pg';
import type { Log } from '../../../log.ts';
import { createRetryPause } from '../../../platform/runtime/backoff.ts';
import { Signal } from '../../../platform/runtime/signal.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { WriteLock } from '../../../platform/runtime/write-lock.ts';
import type { Registry } from '../../metrics/registry.ts';
import type { ScoredSample } from '../../samples/stored-sample.ts';
import type { ScoreFeed } from '../score-feed.ts';
import { StoredLog } from '../stored-log.ts';
import { type LogHead, readLogHead } from './read-log-head.ts';
import type { ReceivedFrame, ScoredProgress } from './score-frame.ts';
import { noteScored } from './note-scored.ts';

interface LogTailOptions {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly live: Pick<ScoreFeed, 'bounds' | 'publish' | 'moveBounds' | 'subscriberCount'>;
  /** Metrics are read again under it, too: what is read of them is never older than the scores that are noted. */
  readonly writeLock: Pick<WriteLock, 'runExclusive'>;
  /** Of the follower that keeps the stored bars. */
  readonly barsFollower: string;
  readonly stats: Pick<Stats, 'set' | 'count'>;
  readonly log: Log;
  /** Another log begins (a restored database): nothing that is in memory means anything any more. */
  readonly onOtherLog: () => void;
}

/** Between two looks at the head of the log: what subscribers wait at most, and what nobody waits for. */
const WATCHED_MS = 50;
const QUIET_MS = 250;
/** As long after the last frame of the leader its rows are waited for: it sends one each second. */
const FED_MS = 2_000;
/** Committed rows that the leader has not sent within this are read. */
const FRAME_LIMIT_MS = 50;
/** Rows read at once. */
const PAGE_ROWS = 2_000;
/** What is further behind is left to those who ask for it: the newest part is all that memory holds. */
const MAX_BEHIND = 20_000;

export class LogTail implements AsyncDisposable {
  readonly #options: LogTailOptions;
  readonly #stored: StoredLog;
  readonly #called = new Signal();
  #working: Promise<void> | undefined;
  #isStopped = false;
  /** One look after the other. */
  #looking: Promise<void> = Promise.resolve();
  #barsOffset: number | null = null;
  #lookedMs = -Infinity;
  #fedMs = -Infinity;
  readonly #fed = new Signal();

  constructor(options: LogTailOptions) {
    this.#options = options;
    this.#stored = new StoredLog(options.pool);
  }

  start(): void {
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    const pause = createRetryPause((ms) => this.#called.wait(ms).done);
    while (!this.#isStopped) {
      try {
        await this.look();
        pause.reset();
        const isWatched = this.#options.live.subscriberCount() > 0 && !this.#isFed();
        await this.#called.wait(isWatched ? WATCHED_MS : QUIET_MS).done;
      } catch (error) {
        const { stats, log } = this.#options;
        stats.count('replica_reads_failed');
        log.warn({ err: error, pauseMs: pause.ms }, 'the log of scores could not be read; trying again');
        await pause.wait();
      }
    }
  }

  /** Reads all that was committed before. @throws what the database throws */
  look(): Promise<void> {
    const looking = this.#looking.catch(() => undefined).then(() => this.#catchUp());
    this.#looking = looking;
    return looking;
  }

  /** What the leader has committed, as it sends it. What is missing before it is read. @throws what the database throws */
  async take(frame: ReceivedFrame): Promise<void> {
    const { registry, writeLock, live } = this.#options;
    if (frame.after > live.bounds().last) {
      this.#fedMs = -Infinity;
      await this.look();
    }
    if (frame.rows > 0 && frame.upTo > live.bounds().last) {
      const isTaken = await writeLock.runExclusive(async () => {
        const progress = frame.readProgress();
        await loadUnknown(registry, progress);
        // failpoint: tail.before_publish
        return live.subscriberCount() > 0 ? this.#publishFrame(frame) : this.#passOver(progress, frame.upTo);
      });
      if (!isTaken) await this.look();
    }
    this.#fedMs = performance.now();
    if (live.bounds().last >= frame.upTo) this.#fed.wake();
  }

  /** Resolves once the log is known up to this offset. @throws what the database throws */
  async reach(offset: number): Promise<void> {
    await this.#awaitFrames(offset);
    if (this.#options.live.bounds().last < offset) await this.look();
  }

  #isFed(): boolean {
    return performance.now() - this.#fedMs < FED_MS;
  }

  /** Milliseconds since the log was last read to its end. */
  get ageMs(): number {
    return performance.now() - this.#lookedMs;
  }

  /** The stored bars hold the scores up to here, as `LogFollower.offset` of their follower; null before the first look. */
  offset(): number | null {
    return this.#barsOffset;
  }

  async #catchUp(): Promise<void> {
    const { pool, live, barsFollower, stats, onOtherLog } = this.#options;
    const startedMs = performance.now();
    const head = await readLogHead(pool, barsFollower);
    const known = live.bounds();
    if (head.epoch !== known.epoch) {
      onOtherLog();
      return;
    }
    await this.#awaitFrames(head.last);
    if (head.last - live.bounds().last > MAX_BEHIND) live.moveBounds(head);
    else await this.#readOn(head);
    // What was deleted before it was read leaves places without rows.
    if (head.floor > known.floor || head.last > live.bounds().last) live.moveBounds(head);
    this.#barsOffset = head.barsOffset;
    this.#lookedMs = startedMs;
    stats.set('replica_lag', 0);
  }

  /** Rows up to this offset are most likely on their way. */
  async #awaitFrames(last: number): Promise<void> {
    const untilMs = performance.now() + FRAME_LIMIT_MS;
    while (this.#isFed() && this.#options.live.bounds().last < last) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return;
      await this.#fed.wait(leftMs).done;
    }
  }

  async #readOn({ last }: LogHead): Promise<void> {
    const { writeLock, live, stats } = this.#options;
    for (let from = live.bounds().last; from < last;) {
      stats.set('replica_lag', last - from);
      from = await writeLock.runExclusive(() => this.#readPage(from, last));
    }
  }

  /** @returns up to which offset is known now */
  async #readPage(after: number, upTo: number): Promise<number> {
    const samples = await this.#stored.read({ after, upTo, limit: PAGE_ROWS });
    await loadUnknown(this.#options.registry, samples);
    // failpoint: tail.before_publish
    this.#publish(samples);
    return samples.length < PAGE_ROWS ? upTo : (samples.at(-1)?.seq ?? upTo);
  }

  /** Some may have come another way meanwhile. */
  #publish(samples: readonly ScoredSample[]): void {
    const { registry, live } = this.#options;
    const { last } = live.bounds();
    const fresh = samples.filter(({ seq }) => seq > last);
    noteScored(registry, fresh);
    live.publish(fresh);
  }

  /** @returns false where its scores have to be read: the leader does not know yet that somebody waits for them */
  #publishFrame(frame: ReceivedFrame): boolean {
    const samples = frame.readSamples();
    // Those that `look` asks about do not come.
    if (samples === null) this.#fedMs = -Infinity;
    else this.#publish(samples);
    return samples !== null;
  }

  /** Nobody waits for these scores: who comes later with a cursor before them reads them from the database. */
  #passOver(progress: readonly ScoredProgress[], upTo: number): true {
    const { registry, live } = this.#options;
    noteScored(registry, progress);
    live.moveBounds({ ...live.bounds(), last: upTo });
    return true;
  }

  /** Ends after the look in progress. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#called.wake();
    await this.#working;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** A metric may have been made a moment ago: its first scores are not to go by unseen. */
async function loadUnknown(registry: Registry, rows: readonly ScoredProgress[]): Promise<void> {
  const numbers = new Set(rows.map(({ metricNumber }) => metricNumber));
  const unknown = [...numbers].filter((number) => registry.byNumber(number) === undefined);
  if (unknown.length > 0) await registry.load(unknown);
}
