/**
 * Scores what was stored before its metric had a model: once a metric's range is known, its samples are judged from
 * the first on, some at a time and alternating with live points; when none is left the metric is ACTIVE.
 */
import type pg from 'pg';
import { readFirstTimes, readUnscored } from '../samples/read-unscored.ts';
import type { Log } from '../../log.ts';
import { SCORED_AHEAD_MS } from '../../model.ts';
import { isOutage } from '../../platform/postgres/outage.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Commit } from './commit.ts';
import type { Draft } from './write-set.ts';
import {
  FEWEST_ROWS_TO_LEARN_FROM,
  hasBounds,
  hasRowsToLearnFrom,
  learnBounds,
  ROWS_TO_LEARN_FROM,
} from '../metrics/model-params.ts';
import type { ModelCache } from '../models/model-cache.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import { createRetryPause } from '../../platform/runtime/backoff.ts';
import { failBacklog, type ScoreStored } from './score-backfill.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';
import { Signal } from '../../platform/runtime/signal.ts';

/** Some milliseconds of scoring and writing: live points wait no longer than this for their turn. */
const ROWS_PER_RUN = 1440;
/** Metrics whose first times are read at once: after a start it may be all that wait. */
const FIRST_TIMES_PER_RUN = 1000;
/** They are read again each time a metric has so many times as many samples. */
const GROWTH = 1.25;

/** What it takes to score what is stored. */
export interface BacklogOptions {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly writeLock: WriteLock;
  readonly models: ModelCache;
  readonly commit: Commit;
  readonly scoreStored: ScoreStored;
  readonly stats: Stats;
  readonly log: Log;
  readonly now?: () => number;
}

export class Backlog {
  readonly #options: BacklogOptions;
  readonly #now: () => number;
  /** Numbers of the metrics with something to do; each at most once. */
  readonly #waiting = new Set<number>();
  /** Those of which it takes the time of the first sample to know whether they have something to do. */
  readonly #unknown = new Set<number>();
  /** When the samples begin of metrics that wait for more of them, by number, and how many there were when that was read. */
  readonly #first = new Map<number, { readonly ms: number; readonly rows: number }>();
  readonly #stopping = new Signal();
  #stopped = false;
  #working: Promise<void> | null = null;

  constructor(options: BacklogOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** To be called when a metric got samples or a new status: it goes on from there if it can. */
  check(entry: MetricEntry): void {
    if (this.#stopped) return;
    if (this.#isReady(entry)) this.#waiting.add(entry.number);
    else if (this.#isUnknown(entry)) this.#unknown.add(entry.number);
    else return;
    this.#working ??= this.#work();
  }

  /** Goes on with every metric an earlier run left unfinished. */
  start(): void {
    for (const entry of this.#options.registry.all()) this.check(entry);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopping.wake();
    await this.#working;
  }

  async #work() {
    // It is over in the very step that finds nothing left: what came between would be forgotten.
    await Promise.resolve();
    const pause = createRetryPause((ms) => this.#stopping.wait(ms).done);
    for (;;) {
      while (this.#unknown.size > 0 && !this.#stopped) await this.#readFirstTimes();
      const [number] = this.#waiting;
      if (number === undefined || this.#stopped) break;
      try {
        const isDone = await this.#options.writeLock.runExclusive(() => this.#advance(number));
        // One that is not done goes to the end: a long history does not keep the others waiting.
        this.#waiting.delete(number);
        if (!isDone) this.#waiting.add(number);
        pause.reset();
      } catch (error) {
        if (!isOutage(error) && (await this.#giveUp(number, error))) continue;
        this.#options.log.warn(
          { err: error, metricNumber: number, pauseMs: pause.ms },
          'backlog could not be scored; trying again',
        );
        await pause.wait();
      }
    }
    this.#working = null;
  }

  /** Another try would fail as this one did, and keep all other metrics waiting. @returns whether that is noted */
  async #giveUp(number: number, error: unknown): Promise<boolean> {
    const entry = this.#options.registry.byNumber(number);
    try {
      if (entry !== undefined)
        await this.#options.writeLock.runExclusive(() => failBacklog(entry, error, this.#options));
    } catch (again) {
      if (isOutage(again)) return false;
      this.#options.log.error({ err: again, metricNumber: number }, 'metric could not be put in ERROR');
    }
    this.#waiting.delete(number);
    return true;
  }

  /** One run of the write lock; true when there is nothing more to do for this metric. */
  async #advance(number: number): Promise<boolean> {
    const draft = await this.#options.commit.begin();
    const entry = this.#options.registry.byNumber(number);
    if (entry === undefined || !this.#isReady(entry)) return true;
    if (!hasBounds(entry.modelParams)) await this.#learn(entry);
    return this.#scoreSome(entry, draft);
  }

  async #learn(entry: MetricEntry) {
    const bounds = await learnBounds(this.#options.pool, entry.number);
    if (bounds === null) throw new Error(`metric ${entry.id} has rows to learn from but none is stored`);
    await this.#options.pool.query(
      `UPDATE metric SET model_params = $2, status = 'CREATE_PENDING', message = NULL WHERE number = $1`,
      [entry.number, { ...entry.modelParams, ...bounds }],
    );
    this.#first.delete(entry.number);
    await this.#options.registry.load([entry.number]);
  }

  async #scoreSome(entry: MetricEntry, draft: Draft): Promise<boolean> {
    const upToMs = this.#now() + SCORED_AHEAD_MS;
    const range = { metricNumber: entry.number, afterMs: entry.scoredToMs, upToMs };
    const rows = (await readUnscored(this.#options.pool, [range], ROWS_PER_RUN)).get(entry.number) ?? [];
    const model = (await this.#options.models.acquire([entry])).get(entry.number);
    if (model === undefined) throw new Error('acquire gives a model for every metric asked for');
    const isScored = this.#options.scoreStored(draft, entry, rows, model);
    const isDone = rows.length < ROWS_PER_RUN;
    if (isScored && isDone) draft.statuses.set(entry, { status: 'ACTIVE', message: null });
    const refused = await this.#options.commit.seal(draft)();
    // One that is in ERROR by now goes on when somebody takes it out of it.
    return isDone || !isScored || refused.has(entry) || !this.#isReady(entry);
  }

  #isReady({ number, status, lastRowId, lastTimestampMs }: MetricEntry): boolean {
    if (status !== 'PENDING_DATA') return status === 'CREATE_PENDING';
    const last = lastTimestampMs ?? 0;
    return hasRowsToLearnFrom(lastRowId, last - (this.#first.get(number)?.ms ?? last));
  }

  /** It waits for samples, and has as many as are enough where they are some time apart. Older ones may have come since it was read. */
  #isUnknown({ number, status, lastRowId }: MetricEntry): boolean {
    const mayBeEnough = lastRowId >= FEWEST_ROWS_TO_LEARN_FROM && lastRowId < ROWS_TO_LEARN_FROM;
    const readAt = (this.#first.get(number)?.rows ?? 0) * GROWTH;
    return status === 'PENDING_DATA' && mayBeEnough && lastRowId >= readAt;
  }

  /** Never rejects: what cannot be read is asked for again with the next sample. */
  async #readFirstTimes(): Promise<void> {
    const { pool, registry, log } = this.#options;
    const numbers = [...this.#unknown].slice(0, FIRST_TIMES_PER_RUN);
    for (const number of numbers) this.#unknown.delete(number);
    try {
      for (const [number, firstMs] of await readFirstTimes(pool, numbers)) {
        const entry = registry.byNumber(number);
        if (entry === undefined) continue;
        this.#first.set(number, { ms: firstMs, rows: entry.lastRowId });
        if (this.#isReady(entry)) this.#waiting.add(number);
      }
    } catch (error) {
      log.warn({ err: error, metrics: numbers.length }, 'the first times of metrics could not be read');
    }
  }
}
