/** What is monitored: the inventory of AWS, the quota, metrics and autostacks on request, and policies. */
import { AutostackDirectory } from '../core/inventory/autostack-directory.ts';
import { createConfirmResource } from '../core/inventory/confirm-resource.ts';
import { Inventory } from '../core/inventory/inventory.ts';
import { createQuota, smallerLimit, type Quota } from '../core/inventory/quota.ts';
import { listRegionsInUse } from '../core/inventory/regions-in-use.ts';
import { Autostacks } from '../core/monitoring/autostacks.ts';
import { Monitor } from '../core/monitoring/monitor.ts';
import { Policies } from '../core/monitoring/policies/policies.ts';
import { PolicyBook } from '../core/monitoring/policies/policy-book.ts';
import { PolicyRollout } from '../core/monitoring/policies/policy-rollout.ts';
import { checkStackMetric } from '../core/sources/autostack/autostack-metrics.ts';
import type { Aws } from '../core/sources/aws/aws.ts';
import { checkRegion } from '../core/sources/aws/spec.ts';
import type { Source } from '../core/sources/source.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Datasource } from '../model.ts';
import type { DataPath } from './open-data-path.ts';

export interface Monitoring {
  readonly quota: Quota;
  readonly inventory: Inventory;
  readonly monitor: Monitor;
  readonly autostacks: Autostacks;
  readonly policies: Policies;
  /** The policies by what they choose. */
  readonly book: PolicyBook;
}

/** @param options.licensedResources how many resources the licence allows; null for any number */
export async function openMonitoring(
  options: DataPath & {
    readonly prisma: PrismaClient;
    readonly directory: AutostackDirectory;
    readonly sources: ReadonlyMap<Datasource, Source>;
    readonly aws: Aws;
    readonly licensedResources: () => number | null;
  },
): Promise<Monitoring> {
  const { pool, prisma, registry, live, directory, aws, config, writeLock, log } = options;
  const quota = createQuota({
    registry,
    directory,
    limit: () => smallerLimit(config.quotaResources ?? null, options.licensedResources()),
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
  const confirmResource = createConfirmResource({ prisma, inventory });
  const parts = { ...options, quota };
  const monitor = new Monitor({ ...parts, confirmResource });
  const book = new PolicyBook(parts);
  await book.load();
  const rollout = new PolicyRollout({ ...parts, monitor, book });
  const policies = new Policies({ ...parts, book, rollout });
  const rules = { checkRegion, checkMetric: checkStackMetric };
  const autostacks = new Autostacks({ prisma, directory, inventory, monitor, quota, writeLock, rules });
  return { quota, inventory, monitor, autostacks, policies, book };
}
