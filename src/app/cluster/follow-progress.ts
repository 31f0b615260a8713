/**
 * How far metrics have come whose points are stored and not scored: no score shows it, so the rows that say so are read now
 * and then.
 */
import type pg from 'pg';
import type { Registry } from '../../core/metrics/registry.ts';
import type { Log } from '../../log.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';
import { readUnscoredProgress } from '../../core/metrics/read-progress.ts';

const REST_MS = 2_000;
/** At most so much of the time is spent reading. */
const REST_FACTOR = 20;
/** What takes less is also read for a client that has just written, so that it finds what it wrote. */
const CHEAP_MS = 100;

interface FollowProgressOptions {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly writeLock: Pick<WriteLock, 'runExclusive'>;
  readonly log: Log;
}

export class FollowProgress {
  readonly #options: FollowProgressOptions;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isStopped = false;
  #tookMs = 0;

  constructor(options: FollowProgressOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule(REST_MS);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#reading;
  }

  /** Reads what was committed before, unless there is so much of it that it has to wait. */
  async catchUp(): Promise<void> {
    if (this.#tookMs < CHEAP_MS) await this.#read();
  }

  #schedule(restMs: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#reading = this.#read().then(() => this.#schedule(Math.max(REST_MS, REST_FACTOR * this.#tookMs)));
    }, restMs).unref();
  }

  async #read(): Promise<void> {
    const { pool, registry, writeLock, log } = this.#options;
    const startedMs = performance.now();
    try {
      await writeLock.runExclusive(async () => {
        for (const { number, lastRowId, lastTimestampMs } of await readUnscoredProgress(pool)) {
          const entry = registry.byNumber(number);
          if (entry === undefined) continue;
          entry.lastRowId = Math.max(entry.lastRowId, lastRowId);
          entry.lastTimestampMs = Math.max(entry.lastTimestampMs ?? lastTimestampMs, lastTimestampMs);
        }
      });
    } catch (error) {
      log.debug({ err: error }, 'the progress of metrics could not be read; tried again later');
    }
    this.#tookMs = performance.now() - startedMs;
  }
}
