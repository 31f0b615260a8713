/** Makes, changes, previews and deletes monitoring policies. */
import { DuplicateNameError, NotFoundError, QuotaExceededError } from '../../../errors.ts';
import { Prisma, type MonitoringPolicy } from '../../../generated/prisma/client.ts';
import { DEFAULT_ACCOUNT } from '../../../model.ts';
import { createLimit, type Limit } from '../../../platform/runtime/concurrency-limit.ts';
import type { MetricEntry } from '../../metrics/registry.ts';
import type { MonitorOptions } from '../monitor.ts';
import { checkMatch, checkPolicyChange, type PolicyChange } from './check-policy.ts';
import { listMatching } from './discovered-metrics.ts';
import { readPolicy, type PolicyMatch } from './policy.ts';
import type { PolicyBook } from './policy-book.ts';
import { NOTHING_APPLIED, type Applied, type PolicyRollout } from './policy-rollout.ts';
import { countMatching } from './read-matching.ts';
/** Every new name is held against all of an account's. */
const MAX_POLICIES = 100;

export interface PolicyPreview {
  readonly matched: number;
  readonly monitored: number;
  /** How many resources more would count for the quota. */
  readonly newResources: number;
  /** How many more may be monitored; null for any number. */
  readonly freeResources: number | null;
  /** Names of some that are not monitored yet. */
  readonly names: readonly string[];
}

export interface PoliciesOptions extends Pick<
  MonitorOptions,
  'pool' | 'prisma' | 'registry' | 'quota' | 'stats' | 'statusFeed' | 'sources'
> {
  readonly book: PolicyBook;
  readonly rollout: Pick<PolicyRollout, 'apply'>;
}

export type PolicyActions = Pick<Policies, 'create' | 'update' | 'delete' | 'preview'>;

const MAX_EXAMPLES = 10;
const UNIQUE_VIOLATION = 'P2002';

export class Policies {
  readonly #options: PoliciesOptions;
  /** One after the other: what was found is still there when it is changed. */
  readonly #changes: Limit = createLimit(1);

  constructor(options: PoliciesOptions) {
    this.#options = options;
  }

  /**
   * @param change.applyToExisting whether metrics that are known already and match are monitored, too
   * @throws InvalidInputError, NotSupportedError, DuplicateNameError, QuotaExceededError
   */
  async create(
    change: PolicyChange & Required<Pick<PolicyChange, 'name' | 'match'>>,
    { accountId = DEFAULT_ACCOUNT, applyToExisting }: { accountId?: number; applyToExisting: boolean },
  ): Promise<{ readonly id: string; readonly applied: Applied }> {
    const { prisma } = this.#options;
    const checked = checkPolicyChange(change, accountId);
    const row = await this.#changes.run(async () => {
      const count = await prisma.monitoringPolicy.count({ where: { accountId } });
      if (count >= MAX_POLICIES)
        throw new QuotaExceededError('there are too many monitoring policies', MAX_POLICIES, count);
      return orNameTaken(change.name, () =>
        prisma.monitoringPolicy.create({ data: { accountId, name: change.name, ...toColumns(checked) } }),
      );
    });
    return { id: row.id, applied: await this.#changed(row, applyToExisting) };
  }

  /**
   * What it says of metrics that begin from now on; those it began stay as they are.
   * @throws as `create`, and NotFoundError
   */
  async update(id: string, change: PolicyChange, applyToExisting: boolean): Promise<Applied> {
    const { prisma } = this.#options;
    const row = await this.#changes.run(async () => {
      const known = await this.#find(id);
      const data = { ...toColumns(checkPolicyChange(change, known.accountId)), updatedAt: new Date() };
      return orNameTaken(change.name ?? known.name, () =>
        prisma.monitoringPolicy.update({ where: { id }, data }),
      );
    });
    return this.#changed(row, applyToExisting);
  }

  /** The metrics it began go on. @throws NotFoundError */
  async delete(id: string): Promise<void> {
    await this.#changes.run(async () => {
      await this.#find(id);
      await this.#options.prisma.monitoringPolicy.deleteMany({ where: { id } });
    });
    await this.#options.book.load();
  }

  /** What would match now. @throws InvalidInputError, NotSupportedError */
  async preview(given: PolicyMatch, accountId = DEFAULT_ACCOUNT): Promise<PolicyPreview> {
    const { pool, registry, quota } = this.#options;
    const match = checkMatch(given, accountId, ['match']);
    const pushed = await countMatching(pool, accountId, match);
    const servers = new Set(pushed.servers);
    const names = [...pushed.names];
    let { matched, monitored } = pushed;
    for await (const { description, known } of listMatching(this.#options, { match, accountId }, null)) {
      matched += 1;
      if (known !== undefined && known.status !== 'UNMONITORED') monitored += 1;
      else {
        servers.add(description.server);
        names.push(description.name);
      }
    }
    for (const { status, server } of registry.all()) if (status !== 'UNMONITORED') servers.delete(server);
    const limit = quota.limit();
    const freeResources = limit === null ? null : Math.max(0, limit - quota.count());
    return {
      matched,
      monitored,
      newResources: servers.size,
      freeResources,
      names: names.slice(0, MAX_EXAMPLES),
    };
  }

  /** Counts and logs metrics that were made with what `PolicyBook.chooseForBatch` said. */
  noteMade(entries: readonly MetricEntry[]): void {
    const { stats, statusFeed } = this.#options;
    for (const { id, status, message } of entries) {
      if (status === 'ACTIVE') {
        stats.count('policy_metrics_monitored');
        statusFeed.publish(id);
      } else if (message !== null) stats.count('policy_metrics_refused');
    }
  }

  async #find(id: string): Promise<MonitoringPolicy> {
    const row = await this.#options.prisma.monitoringPolicy.findUnique({ where: { id } });
    if (row === null) throw new NotFoundError(`input.id: no monitoring policy has the id ${id}`);
    return row;
  }

  async #changed(row: MonitoringPolicy, applyToExisting: boolean): Promise<Applied> {
    await this.#options.book.load();
    const policy = readPolicy(row);
    return applyToExisting && policy.enabled ? this.#options.rollout.apply(policy) : NOTHING_APPLIED;
  }
}

function toColumns({ name, enabled, match, model, alertPolicy }: PolicyChange) {
  return {
    ...(name === undefined ? {} : { name }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(match === undefined
      ? {}
      : {
          namePattern: match.namePattern,
          sources: [...match.sources],
          tags: match.tags.map(({ key, values }) => ({ key, values: [...values] })),
        }),
    ...(model === undefined ? {} : { modelParams: { ...model } }),
    ...alertPolicy,
  };
}

async function orNameTaken<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === UNIQUE_VIOLATION))
      throw error;
    throw new DuplicateNameError(
      `input.name: there is a monitoring policy named ${JSON.stringify(name)} already`,
    );
  }
}
