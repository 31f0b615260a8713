/**
 * The reorder window: pushed points are stored and acknowledged at once, but scored only when a window has passed, in
 * the order of their times. What came out of order within it is scored as if it had not. Nothing is held in memory but
 * which metrics wait: after a crash their samples are found again by having no score. Points ahead of the clock wait
 * here, too, until their time comes.
 */
import type pg from 'pg';
import { readUnscored } from '../samples/read-unscored.ts';
import type { Log } from '../../log.ts';
import { SCORED_AHEAD_MS } from '../../model.ts';
import { isOutage } from '../../platform/postgres/outage.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Commit } from './commit.ts';
import { isBehind } from './write-set.ts';
import { createDueWaves, type Wave } from '../../platform/runtime/delay-batches.ts';
import type { ModelCache } from '../models/model-cache.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import { createRetryPause } from '../../platform/runtime/backoff.ts';
import { failBacklog, type ScoreStored } from './score-backfill.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';
import { Signal } from '../../platform/runtime/signal.ts';

export interface Reorder {
  /** Whether points of the metric are to be stored without a score for now. */
  readonly isHeldBack: (entry: MetricEntry) => boolean;
  /** To be called when a metric got samples. */
  readonly check: (entry: MetricEntry) => void;
  /** Goes on with what an earlier run left without a score, even if there is no window any more. */
  readonly start: () => void;
  /** Goes on with the metrics whose samples were ahead of the clock; done by itself now and then. */
  readonly checkEarly: () => void;
  /** What still waits is scored at the next start. */
  readonly stop: () => Promise<void>;
}

/** Together some milliseconds of scoring and writing: live points wait no longer than this for their turn. */
const METRICS_PER_TURN = 100;
const ROWS_PER_METRIC = 20;
const EARLY_EVERY_MS = 30_000;

export function createReorder(options: {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly writeLock: WriteLock;
  readonly models: ModelCache;
  readonly commit: Commit;
  readonly scoreStored: ScoreStored;
  readonly stats: Stats;
  readonly log: Log;
  /** 0 for no window: points are scored with the batch that stores them. */
  readonly windowMs: number;
  readonly now?: () => number;
}): Reorder {
  const { pool, registry, writeLock, models, commit, stats, log, windowMs, now = Date.now } = options;
  const waves = createDueWaves(windowMs, () => performance.now());
  const stopping = new Signal();
  /** Keys of metrics with samples ahead of the clock. */
  const early = new Set<number>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let working: Promise<void> | null = null;

  const check = (entry: MetricEntry) => {
    if (stopped || entry.status !== 'ACTIVE' || entry.lastTimestampMs === null || !isBehind(entry)) return;
    waves.add(entry.number, entry.lastTimestampMs);
    stats.set('reorder_metrics_waiting', waves.size);
    working ??= work();
  };

  const work = async () => {
    // It is over in the very step that finds nothing left: whoever came between would be forgotten.
    await Promise.resolve();
    for (;;) {
      const waitMs = waves.waitMs();
      if (waitMs === null || stopped) break;
      if (waitMs > 0) await stopping.wait(waitMs).done;
      const wave = waves.take();
      if (wave !== null) await scoreWave(wave);
      stats.set('reorder_metrics_waiting', waves.size);
    }
    working = null;
  };

  const scoreWave = async (wave: Wave) => {
    const left = [...wave];
    const pause = createRetryPause((ms) => stopping.wait(ms).done);
    while (left.length > 0 && !stopped) {
      const portion = left.slice(0, METRICS_PER_TURN);
      try {
        const unfinished = await scoreApart(portion);
        left.splice(0, portion.length, ...unfinished);
        pause.reset();
      } catch (error) {
        log.warn(
          { err: error, metrics: portion.length, pauseMs: pause.ms },
          'stored points could not be scored; trying again',
        );
        await pause.wait();
      }
    }
  };

  const checkEarly = () => {
    const waiting = [...early];
    early.clear();
    for (const number of waiting) {
      const entry = registry.byNumber(number);
      if (entry !== undefined) check(entry);
    }
  };

  /** What fails for one of them is found half by half, and costs the others nothing. @returns the metrics that have more */
  const scoreApart = async (portion: readonly [number, number][]): Promise<[number, number][]> => {
    try {
      return await writeLock.runExclusive(() => scorePortion(new Map(portion)));
    } catch (error) {
      if (isOutage(error)) throw error;
      const [[number] = []] = portion;
      const entry = number === undefined ? undefined : registry.byNumber(number);
      if (portion.length === 1 && entry !== undefined) {
        await writeLock.runExclusive(() => failBacklog(entry, error, options));
        return [];
      }
      if (portion.length <= 1) return [];
      const middle = Math.ceil(portion.length / 2);
      const before = await scoreApart(portion.slice(0, middle));
      return [...before, ...(await scoreApart(portion.slice(middle)))];
    }
  };

  /** One turn's worth. @returns the metrics that have more */
  const scorePortion = async (portion: Wave): Promise<[number, number][]> => {
    const draft = await commit.begin();
    const entries = [...portion.keys()].flatMap((number) => {
      const entry = registry.byNumber(number);
      return entry?.status === 'ACTIVE' ? [entry] : [];
    });
    const latestMs = now() + SCORED_AHEAD_MS;
    const ranges = entries.map(({ number, scoredToMs }) => ({
      metricNumber: number,
      afterMs: scoredToMs,
      upToMs: Math.min(portion.get(number) ?? latestMs, latestMs),
    }));
    for (const { number, lastTimestampMs } of entries)
      if ((lastTimestampMs ?? 0) > latestMs) early.add(number);
    const waiting = await readUnscored(pool, ranges, ROWS_PER_METRIC);
    const behind = entries.filter(({ number }) => waiting.has(number));
    const loaded = await models.acquire(behind);
    for (const entry of behind) {
      const model = loaded.get(entry.number);
      if (model === undefined) throw new Error('acquire gives a model for every metric asked for');
      options.scoreStored(draft, entry, waiting.get(entry.number) ?? [], model);
    }
    if (draft.progress.size > 0) await commit.seal(draft)();
    return [...portion].filter(
      ([number]) =>
        waiting.get(number)?.length === ROWS_PER_METRIC && registry.byNumber(number)?.status === 'ACTIVE',
    );
  };

  return {
    isHeldBack: (entry) => (windowMs > 0 && entry.datasource === 'CUSTOM') || commit.isBehind(entry),
    check,
    start: () => {
      for (const entry of registry.all()) check(entry);
      timer = setInterval(checkEarly, EARLY_EVERY_MS);
      timer.unref();
    },
    checkEarly,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      stopping.wake();
      await working;
    },
  };
}
