/**
 * The reorder window: pushed points are stored and acknowledged at once, but scored only when a window has passed, in
 * the order of their times. What came out of order within it is scored as if it had not. Nothing is held in memory but
 * which metrics wait: after a crash their samples are found again by having no score. Points ahead of the clock wait
 * here, too, until their time comes.
 */
import { readUnscored } from '../samples/read-unscored.ts';
import { SCORED_AHEAD_MS } from '../../model.ts';
import { isOutage } from '../../platform/postgres/outage.ts';
import { isBehind } from './write-set.ts';
import { createDueWaves, type DueWaves, type Wave } from '../../platform/runtime/delay-batches.ts';
import type { MetricEntry } from '../metrics/registry.ts';
import { createRetryPause } from '../../platform/runtime/backoff.ts';
import { failBacklog } from './score-backfill.ts';
import { Signal } from '../../platform/runtime/signal.ts';
import type { BacklogOptions } from './backfill.ts';

/** Together some milliseconds of scoring and writing: live points wait no longer than this for their turn. */
const METRICS_PER_RUN = 100;
const ROWS_PER_METRIC = 20;
const EARLY_EVERY_MS = 30_000;

interface ReorderOptions extends BacklogOptions {
  /** 0 for no window: points are scored with the batch that stores them. */
  readonly windowMs: number;
}

export class Reorder {
  readonly #options: ReorderOptions;
  readonly #now: () => number;
  readonly #waves: DueWaves;
  readonly #stopping = new Signal();
  /** Keys of metrics with samples ahead of the clock. */
  readonly #early = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #working: Promise<void> | null = null;

  constructor(options: ReorderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#waves = createDueWaves(this.#options.windowMs, () => performance.now());
  }

  /** To be called when a metric got samples. */
  check(entry: MetricEntry): void {
    if (this.#stopped || entry.status !== 'ACTIVE' || entry.lastTimestampMs === null || !isBehind(entry))
      return;
    this.#waves.add(entry.number, entry.lastTimestampMs);
    this.#options.stats.set('reorder_metrics_waiting', this.#waves.size);
    this.#working ??= this.#work();
  }

  /** Goes on with the metrics whose samples were ahead of the clock; done by itself now and then. */
  checkEarly(): void {
    const waiting = [...this.#early];
    this.#early.clear();
    for (const number of waiting) {
      const entry = this.#options.registry.byNumber(number);
      if (entry !== undefined) this.check(entry);
    }
  }

  /** Whether points of the metric are to be stored without a score for now. */
  isHeldBack(entry: MetricEntry): boolean {
    return (
      (this.#options.windowMs > 0 && entry.datasource === 'CUSTOM') || this.#options.commit.isBehind(entry)
    );
  }

  /** Goes on with what an earlier run left without a score, even if there is no window any more. */
  start(): void {
    for (const entry of this.#options.registry.all()) this.check(entry);
    this.#timer = setInterval(() => this.checkEarly(), EARLY_EVERY_MS);
    this.#timer.unref();
  }

  /** What still waits is scored at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#stopping.wake();
    await this.#working;
  }

  async #work() {
    // It is over in the very step that finds nothing left: what came between would be forgotten.
    await Promise.resolve();
    for (;;) {
      const waitMs = this.#waves.waitMs();
      if (waitMs === null || this.#stopped) break;
      if (waitMs > 0) await this.#stopping.wait(waitMs).done;
      const wave = this.#waves.take();
      if (wave !== null) await this.#scoreWave(wave);
      this.#options.stats.set('reorder_metrics_waiting', this.#waves.size);
    }
    this.#working = null;
  }

  async #scoreWave(wave: Wave) {
    const left = [...wave];
    const pause = createRetryPause((ms) => this.#stopping.wait(ms).done);
    while (left.length > 0 && !this.#stopped) {
      const portion = left.slice(0, METRICS_PER_RUN);
      try {
        const unfinished = await this.#scoreApart(portion);
        left.splice(0, portion.length, ...unfinished);
        pause.reset();
      } catch (error) {
        this.#options.log.warn(
          { err: error, metrics: portion.length, pauseMs: pause.ms },
          'stored points could not be scored; trying again',
        );
        await pause.wait();
      }
    }
  }

  /** What fails for one of them is found half by half, and costs the others nothing. @returns the metrics that have more */
  async #scoreApart(portion: readonly [number, number][]): Promise<[number, number][]> {
    try {
      return await this.#options.writeLock.runExclusive(() => this.#scorePortion(new Map(portion)));
    } catch (error) {
      if (isOutage(error)) throw error;
      const [[number] = []] = portion;
      const entry = number === undefined ? undefined : this.#options.registry.byNumber(number);
      if (portion.length === 1 && entry !== undefined) {
        await this.#options.writeLock.runExclusive(() => failBacklog(entry, error, this.#options));
        return [];
      }
      if (portion.length <= 1) return [];
      const middle = Math.ceil(portion.length / 2);
      const before = await this.#scoreApart(portion.slice(0, middle));
      return [...before, ...(await this.#scoreApart(portion.slice(middle)))];
    }
  }

  /** One run of the write lock. @returns the metrics that have more */
  async #scorePortion(portion: Wave): Promise<[number, number][]> {
    const draft = await this.#options.commit.begin();
    const entries = [...portion.keys()].flatMap((number) => {
      const entry = this.#options.registry.byNumber(number);
      return entry?.status === 'ACTIVE' ? [entry] : [];
    });
    const latestMs = this.#now() + SCORED_AHEAD_MS;
    const ranges = entries.map(({ number, scoredToMs }) => ({
      metricNumber: number,
      afterMs: scoredToMs,
      upToMs: Math.min(portion.get(number) ?? latestMs, latestMs),
    }));
    for (const { number, lastTimestampMs } of entries)
      if ((lastTimestampMs ?? 0) > latestMs) this.#early.add(number);
    const waiting = await readUnscored(this.#options.pool, ranges, ROWS_PER_METRIC);
    const behind = entries.filter(({ number }) => waiting.has(number));
    const loaded = await this.#options.models.acquire(behind);
    for (const entry of behind) {
      const model = loaded.get(entry.number);
      if (model === undefined) throw new Error('acquire gives a model for every metric asked for');
      this.#options.scoreStored(draft, entry, waiting.get(entry.number) ?? [], model);
    }
    if (draft.progress.size > 0) await this.#options.commit.seal(draft)();
    return [...portion].filter(
      ([number]) =>
        waiting.get(number)?.length === ROWS_PER_METRIC &&
        this.#options.registry.byNumber(number)?.status === 'ACTIVE',
    );
  }
}
