/**
 * Everything but the listeners: the database, the data path, the models, monitoring and transfer. The server puts
 * its listeners in front of it; `lapwing import` and `lapwing export` use it as it is.
 */
import type pg from 'pg';
import type { Config } from '../platform/config/read-config.ts';
import { Ingest } from '../core/ingest/ingest.ts';
import { createAnnotations, type Annotations } from '../core/annotations/annotations.ts';
import { AutostackDirectory } from '../core/inventory/autostack-directory.ts';
import { Autostacks } from '../core/monitoring/autostacks.ts';
import { Backlog } from '../core/ingest/backfill.ts';
import { createBars } from '../core/bars/bar-rollup.ts';
import { createCollectorErrors } from '../core/polling/collector-errors.ts';
import { ClockFollower } from '../core/ingest/follow-clock.ts';
import { Commit } from '../core/ingest/commit.ts';
import { completePushedMetrics } from '../core/metrics/complete-pushed-metrics.ts';
import { createCustomMetrics } from '../core/metrics/custom-metrics.ts';
import { Labels } from '../core/annotations/labels.ts';
import { ScoreFeed } from '../core/score-log/score-feed.ts';
import type { LogFollower } from '../core/score-log/log-follower.ts';
import { ModelCache } from '../core/models/model-cache.ts';
import { Monitor } from '../core/monitoring/monitor.ts';
import type { Policies } from '../core/monitoring/policies/policies.ts';
import { openPacking } from './open-packing.ts';
import { openPolicies } from './open-policies.ts';
import { Poller } from '../core/polling/poller.ts';
import { createProgressRows } from '../core/ingest/progress-rows.ts';
import { createQuota, smallerLimit, type Quota } from '../core/inventory/quota.ts';
import { type MetricEntry, Registry } from '../core/metrics/registry.ts';
import { createConfirmResource } from '../core/inventory/confirm-resource.ts';
import { Inventory } from '../core/inventory/inventory.ts';
import { listRegionsInUse } from '../core/inventory/regions-in-use.ts';
import { createRetain } from '../core/ingest/retention.ts';
import { Changes } from '../core/changes/read-changes.ts';
import { createStatusFeed, type StatusFeed } from '../platform/runtime/change-feed.ts';
import { Transfer } from '../core/transfer/transfer.ts';
import { WriteLock } from '../platform/runtime/write-lock.ts';
import { Reorder } from '../core/ingest/reorder-window.ts';
import { createScoreStored } from '../core/ingest/score-backfill.ts';
import { createWarmUp } from '../core/ingest/preload-models.ts';
import { BatchScorer } from '../core/ingest/score-batch.ts';
import { saveCheckpoints } from '../core/models/save-checkpoints.ts';
import { createSaveProgress, type SaveProgress } from '../core/ingest/save-progress.ts';
import type { Database } from '../platform/postgres/client.ts';
import { createSampleMonths } from '../core/samples/month-partitions.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Log } from '../log.ts';
import type { Datasource } from '../model.ts';
import type { Stats } from '../platform/telemetry/metrics.ts';
import { checkStackMetric } from '../core/sources/autostack/autostack-metrics.ts';
import { createAutostackSource } from '../core/sources/autostack/autostack.ts';
import type { Aws } from '../core/sources/aws/aws.ts';
import { REGIONS } from '../core/sources/aws/regions.ts';
import { checkRegion } from '../core/sources/aws/spec.ts';
import { customSource } from '../core/sources/custom.ts';
import type { Source } from '../core/sources/source.ts';

export interface Engine {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly registry: Registry;
  readonly models: ModelCache;
  readonly accept: Ingest;
  readonly monitor: Monitor;
  readonly transfer: Transfer;
  readonly annotations: Annotations;
  readonly labels: Labels;
  readonly inventory: Inventory;
  readonly directory: AutostackDirectory;
  readonly autostacks: Autostacks;
  readonly policies: Policies;
  readonly awsRegions: Readonly<Record<string, string>>;
  readonly live: ScoreFeed;
  /** Keeps the stored bars. */
  readonly bars: LogFollower;
  readonly statusFeed: StatusFeed;
  readonly changes: Changes;
  readonly poll: Poller;
  readonly saveProgress: SaveProgress;
  readonly sources: ReadonlyMap<Datasource, Source>;
  readonly quota: Quota;
  readonly stats: Stats;
  /** Goes on with unfinished backlogs and begins retention; polling is begun apart, by `poll.start`. */
  start: () => void;
  /** Finishes what was taken, and saves every model. Subscriptions end. */
  stop: () => Promise<void>;
}

/**
 * Loads what is known and is ready to take points. The database is migrated and locked by the caller.
 * @param options.sources beside those for pushed metrics and AWS
 */
export async function createEngine(options: {
  readonly database: Pick<Database, 'pool' | 'prisma'>;
  readonly config: Config;
  readonly log: Log;
  readonly stats: Stats;
  readonly sources: readonly Source[];
  readonly aws: Aws;
  /** How many resources the licence allows; null for any number. */
  readonly licensedResources?: () => number | null;
}): Promise<Engine> {
  const { aws, config, log, stats } = options;
  const { pool, prisma } = options.database;
  const directory = new AutostackDirectory({ pool, prisma, log });
  await directory.load();
  const autostackSource = createAutostackSource({ ...aws, find: (id) => directory.byId(id) });
  const sources = new Map(
    [customSource, aws.cloudwatch, autostackSource, ...options.sources].map((one) => [one.datasource, one]),
  );
  await completePushedMetrics(pool, log);
  const registry = new Registry(pool);
  await registry.load();
  const live = await ScoreFeed.open({ pool, registry, stats });
  const bars = createBars({ pool, live, stats, log });
  const writeLock = new WriteLock();
  const statusFeed = createStatusFeed();
  const models = new ModelCache({ pool, log, stats, limit: config.modelCache });
  const months = createSampleMonths(pool);
  const progressRows = createProgressRows({ registry });
  const saveProgress = createSaveProgress({ pool, writeLock, progressRows });
  const commit = new Commit({ pool, registry, models, progressRows, months, stats, statusFeed, live, log });
  const scoreStored = createScoreStored({ commit, models, stats, log });
  const scoring = { pool, registry, writeLock, models, commit, scoreStored, stats, log };
  const backlog = new Backlog(scoring);
  const reorder = new Reorder({ ...scoring, windowMs: config.reorderSeconds * 1000 });
  const scoresStored = [backlog, reorder];
  const onStored = (entry: MetricEntry) => scoresStored.forEach((one) => one.check(entry));
  const clock = new ClockFollower({ ...scoring, live, onRewound: onStored });
  const quota = createQuota({
    registry,
    directory,
    limit: () => smallerLimit(config.quotaResources ?? null, options.licensedResources?.() ?? null),
  });
  const inventory = new Inventory({
    pool,
    discover: aws.discover,
    regionsInUse: () => listRegionsInUse(registry, directory),
    onListed: async (region, listing) => {
      live.forgetTags();
      await directory.followListing(region, listing);
      await rollout.monitorListed(region);
    },
    log,
  });
  const monitoring = { ...scoring, prisma, quota, statusFeed, sources, backlog, live };
  const confirmResource = createConfirmResource({ prisma, inventory });
  const monitor = new Monitor({ ...monitoring, confirmResource });
  const { policies, rollout, book } = await openPolicies({ ...monitoring, monitor });
  const customMetrics = createCustomMetrics({
    pool,
    registry,
    source: customSource,
    stats,
    log,
    limits: { maxMetrics: config.maxMetrics, perMinute: config.maxNewMetricsPerMinute },
    chooseForBatch: () => book.chooseForBatch(),
    onMade: (entries) => policies.noteMade(entries),
  });
  const accept = new Ingest({
    registry,
    writeLock,
    commit,
    scorer: new BatchScorer({
      pool,
      models,
      commit,
      isHeldBack: (entry) => reorder.isHeldBack(entry),
      stats,
      log,
    }),
    customMetrics,
    preload: createWarmUp({ models, commit, writeLock, log }),
    onStored,
    stats,
    log,
    queueLimit: config.ingestQueuePoints,
    futureToleranceMs: config.futureToleranceSeconds * 1000,
  });
  const autostacks = new Autostacks({
    prisma,
    directory,
    inventory,
    monitor,
    quota,
    writeLock,
    rules: { checkRegion, checkMetric: checkStackMetric },
  });
  const labels = new Labels({ pool, prisma, registry });
  await labels.load();
  const transfer = new Transfer({ pool, prisma, registry, monitor, accept, directory, autostacks, labels });
  const poll = new Poller({
    registry,
    sources,
    accept,
    collectorErrors: createCollectorErrors({ pool, registry, writeLock, statusFeed, log }),
    retry: (id) => monitor.retryMetric(id),
    stats,
    log,
  });
  const retain = createRetain({ months, writeLock, live, stats, log, retentionDays: config.retentionDays });
  const packing = openPacking({ pool, registry, saveProgress, config, stats, log });

  const stop = async () => {
    retain.stop();
    await Promise.all([packing.stop(), inventory.stop()]);
    await poll.stop();
    await accept.stop();
    await Promise.all([clock, ...scoresStored].map((one) => one.stop()));
    await bars.stop();
    live.close();
    statusFeed.close();
    await writeLock.runExclusive(() => saveCheckpoints({ pool, models, log }));
    await saveProgress().catch((error: unknown) => {
      log.warn({ err: error }, 'progress was not saved: the next start reads it from the samples');
    });
  };

  return {
    pool,
    prisma,
    registry,
    models,
    accept,
    monitor,
    transfer,
    annotations: createAnnotations({ prisma }),
    labels,
    inventory,
    directory,
    autostacks,
    policies,
    awsRegions: REGIONS,
    live,
    bars,
    statusFeed,
    changes: new Changes({ pool, epoch: () => live.bounds().epoch }),
    poll,
    saveProgress,
    sources,
    quota,
    stats,
    start: () => {
      for (const one of [clock, ...scoresStored, bars, retain, packing]) one.start();
    },
    stop,
  };
}
