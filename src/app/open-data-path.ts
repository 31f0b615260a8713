/** The data path behind ingest: models, the commit of a batch, and what scores samples that were stored without. */
import type pg from 'pg';
import type { Config } from '../platform/config/read-config.ts';
import { Backlog } from '../core/ingest/backfill.ts';
import { Commit } from '../core/ingest/commit.ts';
import { ClockFollower } from '../core/ingest/follow-clock.ts';
import { Ingest } from '../core/ingest/ingest.ts';
import { createWarmUp } from '../core/ingest/preload-models.ts';
import { createProgressRows } from '../core/ingest/progress-rows.ts';
import { Reorder } from '../core/ingest/reorder-window.ts';
import { createSaveProgress, type SaveProgress } from '../core/ingest/save-progress.ts';
import { createScoreStored, type ScoreStored } from '../core/ingest/score-backfill.ts';
import { BatchScorer } from '../core/ingest/score-batch.ts';
import type { CustomMetrics } from '../core/metrics/custom-metrics.ts';
import type { MetricEntry, Registry } from '../core/metrics/registry.ts';
import { ModelCache } from '../core/models/model-cache.ts';
import { createSampleMonths, type SampleMonths } from '../core/samples/month-partitions.ts';
import type { ScoreFeed } from '../core/score-log/score-feed.ts';
import { createStatusFeed, type StatusFeed } from '../platform/runtime/change-feed.ts';
import { WriteLock } from '../platform/runtime/write-lock.ts';
import type { Stats } from '../platform/telemetry/metrics.ts';
import type { Tracing } from '../platform/tracing/tracing.ts';
import type { Log } from '../log.ts';

interface Environment {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly live: ScoreFeed;
  readonly config: Config;
  readonly stats: Stats;
  readonly tracing: Tracing | null;
  readonly log: Log;
}

export interface DataPath extends Environment {
  readonly writeLock: WriteLock;
  readonly statusFeed: StatusFeed;
  readonly models: ModelCache;
  readonly months: SampleMonths;
  readonly saveProgress: SaveProgress;
  readonly commit: Commit;
  readonly scoreStored: ScoreStored;
  /** Scores what a backfill stored. */
  readonly backlog: Backlog;
  /** Scores what waited for late points. */
  readonly reorder: Reorder;
  readonly clock: ClockFollower;
  /** Has the samples of a metric scored that are stored without a score. */
  readonly scoreUnscored: (entry: MetricEntry) => void;
}

export function openDataPath(environment: Environment): DataPath {
  const { pool, registry, live, config, stats, log } = environment;
  const writeLock = new WriteLock();
  const statusFeed = createStatusFeed();
  const models = new ModelCache({ pool, log, stats, limit: config.modelCache });
  const months = createSampleMonths(pool);
  const progressRows = createProgressRows({ registry });
  const saveProgress = createSaveProgress({ pool, writeLock, progressRows });
  const commit = new Commit({ pool, registry, models, progressRows, months, stats, statusFeed, live, log });
  const scoreStored = createScoreStored({ commit, models, stats, log });
  const scoring = { ...environment, writeLock, models, commit, scoreStored };
  const backlog = new Backlog(scoring);
  const reorder = new Reorder({ ...scoring, windowMs: config.reorderSeconds * 1000 });
  const scoreUnscored = (entry: MetricEntry) => {
    backlog.check(entry);
    reorder.check(entry);
  };
  const clock = new ClockFollower({ ...scoring, onRewound: scoreUnscored });
  return { ...scoring, statusFeed, months, saveProgress, backlog, reorder, clock, scoreUnscored };
}

/** Where every point enters. */
export function openIngest(path: DataPath, customMetrics: CustomMetrics): Ingest {
  const { pool, models, commit, writeLock, reorder, config, stats, log } = path;
  const isHeldBack = (entry: MetricEntry) => reorder.isHeldBack(entry);
  return new Ingest({
    ...path,
    scorer: new BatchScorer({ pool, models, commit, isHeldBack, stats, log }),
    customMetrics,
    preload: createWarmUp({ models, commit, writeLock, log }),
    onStored: path.scoreUnscored,
    queueLimit: config.ingestQueuePoints,
    futureToleranceMs: config.futureToleranceSeconds * 1000,
  });
}
