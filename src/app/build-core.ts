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
import { createBars } from '../core/bars/bar-rollup.ts';
import { createCollectorErrors } from '../core/polling/collector-errors.ts';
import { completePushedMetrics } from '../core/metrics/complete-pushed-metrics.ts';
import { createCustomMetrics } from '../core/metrics/custom-metrics.ts';
import { Labels } from '../core/annotations/labels.ts';
import { ScoreFeed } from '../core/score-log/score-feed.ts';
import type { LogFollower } from '../core/score-log/log-follower.ts';
import { ModelCache } from '../core/models/model-cache.ts';
import { Monitor } from '../core/monitoring/monitor.ts';
import type { Policies } from '../core/monitoring/policies/policies.ts';
import type { PolicyBook } from '../core/monitoring/policies/policy-book.ts';
import { type DataPath, openDataPath, openIngest } from './open-data-path.ts';
import { openMonitoring } from './open-monitoring.ts';
import { openPacking } from './open-packing.ts';
import { Poller } from '../core/polling/poller.ts';
import { type Quota } from '../core/inventory/quota.ts';
import { Registry } from '../core/metrics/registry.ts';
import { Inventory } from '../core/inventory/inventory.ts';
import { deleteForgotten } from '../core/monitoring/write-forgotten.ts';
import { createRetain } from '../core/ingest/retention.ts';
import { Changes } from '../core/changes/read-changes.ts';
import { type StatusFeed } from '../platform/runtime/change-feed.ts';
import { Transfer } from '../core/transfer/transfer.ts';
import { saveCheckpoints } from '../core/models/save-checkpoints.ts';
import { type SaveProgress } from '../core/ingest/save-progress.ts';
import type { Database } from '../platform/postgres/client.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Log } from '../log.ts';
import type { Datasource } from '../model.ts';
import type { WriteLock } from '../platform/runtime/write-lock.ts';
import type { Stats } from '../platform/telemetry/metrics.ts';
import type { Tracing } from '../platform/tracing/tracing.ts';
import { createAutostackSource } from '../core/sources/autostack/autostack.ts';
import type { Aws } from '../core/sources/aws/aws.ts';
import { REGIONS } from '../core/sources/aws/regions.ts';
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
  /** Them in memory. */
  readonly book: PolicyBook;
  readonly awsRegions: Readonly<Record<string, string>>;
  readonly live: ScoreFeed;
  /** Keeps the stored bars. */
  readonly bars: LogFollower;
  readonly statusFeed: StatusFeed;
  readonly changes: Changes;
  readonly poll: Poller;
  readonly saveProgress: SaveProgress;
  readonly writeLock: WriteLock;
  readonly sources: ReadonlyMap<Datasource, Source>;
  readonly quota: Quota;
  readonly stats: Stats;
  /** Null where no traces are sent. */
  readonly tracing: Tracing | null;
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
  readonly tracing?: Tracing | null;
  /** Of a replica, whose database takes no writes: it is not to be started, nor to be stopped. */
  readonly isReplica?: boolean;
}): Promise<Engine> {
  const {
    aws,
    config,
    log,
    stats,
    licensedResources = () => null,
    tracing = null,
    isReplica = false,
  } = options;
  const { pool, prisma } = options.database;
  const directory = new AutostackDirectory({ pool, prisma, log });
  await directory.load();
  const autostackSource = createAutostackSource({ ...aws, find: (id) => directory.byId(id) });
  const sources = new Map(
    [customSource, aws.cloudwatch, autostackSource, ...options.sources].map((one) => [one.datasource, one]),
  );
  if (!isReplica) await completePushedMetrics(pool, log);
  const registry = new Registry(pool);
  await registry.load();
  const live = await ScoreFeed.open({ pool, registry, stats, tracing });
  const path = openDataPath({ pool, registry, live, config, stats, tracing, log });
  await path.months.load();
  const monitoring = await openMonitoring({ ...path, prisma, directory, sources, aws, licensedResources });
  const customMetrics = createCustomMetrics({
    ...path,
    source: customSource,
    limits: { maxMetrics: config.maxMetrics, perMinute: config.maxNewMetricsPerMinute },
    chooseForBatch: () => monitoring.book.chooseForBatch(),
    onMade: (entries) => monitoring.policies.noteMade(entries),
  });
  const accept = openIngest(path, customMetrics);
  const labels = new Labels({ pool, prisma, registry });
  await labels.load();
  const poll = new Poller({
    ...path,
    sources,
    accept,
    collectorErrors: createCollectorErrors(path),
    retry: (id) => monitoring.monitor.retryMetric(id),
  });
  const parts = { ...path, ...monitoring, prisma, directory, labels, accept };
  return {
    ...parts,
    transfer: new Transfer(parts),
    annotations: createAnnotations({ prisma }),
    changes: new Changes({ pool, epoch: () => live.bounds().epoch }),
    awsRegions: REGIONS,
    sources,
    poll,
    ...runInBackground({ ...parts, poll }),
  };
}

/** What runs by itself between start and stop. */
function runInBackground(
  parts: DataPath & Pick<Engine, 'inventory' | 'accept' | 'poll' | 'monitor' | 'book'>,
): Pick<Engine, 'bars' | 'start' | 'stop'> {
  const { pool, models, live, statusFeed, writeLock, backlog, reorder, clock, config, log } = parts;
  const bars = createBars(parts);
  const { retentionDays } = config;
  const retain = createRetain({
    ...parts,
    retentionDays,
    forgetMetrics: (beforeMs) => deleteForgotten(parts, beforeMs),
  });
  const packing = openPacking(parts);
  const stop = async () => {
    retain.stop();
    await Promise.all([packing.stop(), parts.inventory.stop()]);
    await parts.poll.stop();
    await parts.accept.stop();
    await Promise.all([clock, backlog, reorder].map((one) => one.stop()));
    await bars.stop();
    live.close();
    statusFeed.close();
    await writeLock.runExclusive(() => saveCheckpoints({ pool, models, log }));
    await parts.saveProgress().catch((error: unknown) => {
      log.warn({ err: error }, 'progress was not saved: the next start reads it from the samples');
    });
  };
  const start = () => {
    for (const one of [clock, backlog, reorder, bars, retain, packing]) one.start();
  };
  return { bars, start, stop };
}
