/** Makes, previews and deletes autostacks, and writes their metrics' specs so that another server can read them. */
import { randomUUID } from 'node:crypto';
import { AlreadyMonitoredError, NotFoundError, SourceUnavailableError } from '../../errors.ts';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import { nameStackServer, type ModelParams } from '../../model.ts';
import {
  findMembers,
  type AutostackDirectory,
  type Member,
  type StackEntry,
  type StackFilter,
} from '../inventory/autostack-directory.ts';
import { checkName, nameTaken, refuseOther, refuseTooMany } from './check-autostack.ts';
import { deleteStack } from './delete-stack.ts';
import type { Monitor } from './monitor.ts';
import { renameStackMetrics } from './rename-stack-metrics.ts';
import type { Quota } from '../inventory/quota.ts';
import { REFRESH_MS, type Inventory } from '../inventory/inventory.ts';
import { checkModelParams } from '../metrics/model-params.ts';
import { checkTagFilters, toCanonicalFilters } from '../metrics/tag-filter.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';

export interface NamespaceMetric {
  readonly namespace: string;
  readonly metric: string;
}

interface NewStackMetric extends NamespaceMetric {
  /** What is known of its values. */
  readonly model?: ModelParams;
}

interface NewStack extends StackFilter {
  readonly name: string;
  /** Monitored at once. */
  readonly metrics: readonly NewStackMetric[];
}

/** What is left out stays. */
interface StackChange {
  readonly name?: string;
  readonly filters?: StackFilter['filters'];
  readonly includeStopped?: boolean;
}

/** A stack as an export names it. */
interface NamedStack extends Omit<StackFilter, 'includeStopped'> {
  readonly name: string;
  /** Null where the export does not say: as the stack has it, or not. */
  readonly includeStopped: boolean | null;
}

/** What the sources know that core does not. */
interface StackRules {
  /** @throws InvalidInputError for a region there is not */
  readonly checkRegion: (region: string, path: readonly string[]) => void;
  /** @throws NotSupportedError for a type that has no autostacks, or a metric they do not have */
  readonly checkMetric: (resourceType: string, metric: NamespaceMetric | null) => void;
}

/** What people see before they make a stack should not be older. */
const PREVIEW_AGE_MS = 60_000;

interface AutostacksOptions {
  readonly prisma: PrismaClient;
  readonly directory: AutostackDirectory;
  readonly inventory: Inventory;
  readonly monitor: Monitor;
  readonly quota: Quota;
  readonly writeLock: WriteLock;
  readonly rules: StackRules;
}

export class Autostacks {
  readonly #options: AutostacksOptions;

  constructor(options: AutostacksOptions) {
    this.#options = options;
  }

  /** Who would be in it. @throws InvalidInputError, NotSupportedError, SourceUnavailableError */
  async previewAutostack(filter: StackFilter): Promise<readonly Member[]> {
    const checked = this.#check(filter, []);
    await this.#refreshInventory(checked);
    return findMembers(this.#options.prisma, checked);
  }

  /**
   * @returns the stack's id
   * @throws InvalidInputError, NotSupportedError, DuplicateNameError, TooManyResourcesError, QuotaExceededError,
   *   SourceUnavailableError
   */
  async createAutostack({ metrics, ...given }: NewStack): Promise<string> {
    checkName(given.name, ['input', 'name']);
    const stack = this.#check(given, ['input']);
    const models = metrics.map(({ model = {}, ...metric }, index) => {
      this.#options.rules.checkMetric(stack.resourceType, metric);
      return { metric, model: checkModelParams(model, ['input', 'metrics', String(index)]) };
    });
    if (this.#options.directory.byName(stack.name, stack.region) !== undefined)
      throw nameTaken(stack.name, stack.region);
    const problem = await this.#refreshInventory(stack);
    await refuseTooMany(this.#options.prisma, stack);
    const made = await this.#options.writeLock.runExclusive(() => this.#insert(stack));
    await this.#options.directory.refresh(made);
    if (problem !== null) await this.#options.directory.setProblem(made, problem);
    for (const { metric, model } of models)
      await monitorOnce(this.#options.monitor, { autostackId: made.id, ...metric }, model);
    return made.id;
  }

  /**
   * The stack of this name and region, made when there is none; AWS need not answer.
   * @param metric what is to be monitored of it
   * @throws InvalidInputError, NotSupportedError, QuotaExceededError; DuplicateNameError for one that chooses others
   */
  async ensureAutostack({ includeStopped, ...given }: NamedStack, metric: NamespaceMetric): Promise<string> {
    checkName(given.name, ['models', 'stackSpec', 'name']);
    const stack = this.#check({ ...given, includeStopped: includeStopped ?? false }, ['models', 'stackSpec']);
    this.#options.rules.checkMetric(stack.resourceType, metric);
    // Looked up in the lock: the metrics of one stack are imported at once, and the first of them makes it.
    const { known, made } = await this.#options.writeLock.runExclusive(async () => {
      const known = this.#options.directory.byName(stack.name, stack.region);
      return known === undefined ? { known, made: await this.#insert(stack) } : { known, made: null };
    });
    if (made === null) {
      refuseOther(
        known,
        includeStopped === null ? { ...stack, includeStopped: known.includeStopped } : stack,
      );
      return known.id;
    }
    try {
      const problem = await this.#refreshInventory(stack, REFRESH_MS);
      await this.#options.directory.refresh(made);
      if (problem !== null) await this.#options.directory.setProblem(made, problem);
    } catch (error) {
      if (!(error instanceof SourceUnavailableError)) throw error;
      // They are found when AWS answers again.
      await this.#options.directory.setProblem(made, `${error.message}: its members are not known yet`);
    }
    return made.id;
  }

  /**
   * Its members follow at once; what its metrics were stays.
   * @throws NotFoundError, and as `createAutostack`
   */
  async updateAutostack(id: string, change: StackChange): Promise<void> {
    const known = this.#options.directory.byId(id);
    if (known === undefined) throw new NotFoundError(`no autostack has the id ${id}`);
    if (change.name !== undefined) checkName(change.name, ['input', 'name']);
    const { region, resourceType } = known;
    const filters = change.filters ?? known.filters;
    const includeStopped = change.includeStopped ?? known.includeStopped;
    const wanted = this.#check({ region, resourceType, filters, includeStopped }, ['input']);
    const problem = await this.#refreshInventory(wanted);
    await refuseTooMany(this.#options.prisma, wanted);
    await this.#options.writeLock.runExclusive(async () => {
      const name = change.name ?? known.name;
      const other = this.#options.directory.byName(name, region);
      if (other !== undefined && other.id !== id) throw nameTaken(name, region);
      const written = wanted.filters.map(({ key, values }) => ({ key, values: [...values] }));
      await this.#options.prisma.autostack.updateMany({
        where: { id },
        data: { name, includeStopped, filters: written },
      });
      await renameStackMetrics(this.#options.prisma, known, name);
      this.#options.directory.change(known, { name, includeStopped, filters: wanted.filters });
    });
    await this.#options.directory.refresh(known);
    if (problem !== null) await this.#options.directory.setProblem(known, problem);
  }

  /** Its metrics go with it, samples and all. @throws NotFoundError, RetryLaterError */
  async deleteAutostack(id: string): Promise<string> {
    if (this.#options.directory.byId(id) === undefined)
      throw new NotFoundError(`no autostack has the id ${id}`);
    await deleteStack(id, this.#options);
    return id;
  }

  /** @returns the filter in the form it is stored in */
  #check<T extends StackFilter>(filter: T, path: readonly string[]): T {
    const { region, resourceType, filters } = filter;
    this.#options.rules.checkRegion(region, [...path, 'region']);
    this.#options.rules.checkMetric(resourceType, null);
    checkTagFilters(filters, [...path, 'filters'], resourceType);
    return { ...filter, filters: toCanonicalFilters(filters) };
  }

  /**
   * An inventory that is old is better than none.
   * @returns why it is old; null when it is not
   * @throws SourceUnavailableError where the type was never listed
   */
  async #refreshInventory(
    { region, resourceType }: StackFilter,
    maxAgeMs = PREVIEW_AGE_MS,
  ): Promise<string | null> {
    try {
      await this.#options.inventory.ensure(region, maxAgeMs);
    } catch (error) {
      const isKnown = this.#options.inventory.ageOf(region).typesListedMs[resourceType] !== undefined;
      if (!(error instanceof SourceUnavailableError) || !isKnown) throw error;
      return error.message;
    }
    const { problem, refreshedMs, typesListedMs } = this.#options.inventory.ageOf(region);
    const listedMs = typesListedMs[resourceType];
    if (listedMs === refreshedMs) return null;
    const message = `${resourceType} of ${region} could not be listed: ${problem ?? ''}`;
    if (listedMs === undefined) throw new SourceUnavailableError(message);
    return message;
  }

  /** Called in the write lock: nobody else takes the last place of the quota in between. */
  async #insert({ filters, ...rest }: Omit<NewStack, 'metrics'>): Promise<StackEntry> {
    const id = randomUUID();
    this.#options.quota.check(nameStackServer(id));
    const { name, region, resourceType, includeStopped } = rest;
    const written = filters.map(({ key, values }) => ({ key, values: [...values] }));
    const rows = await this.#options.prisma.autostack.createManyAndReturn({
      data: [{ id, name, region, resourceType, includeStopped, filters: written }],
      skipDuplicates: true,
    });
    if (rows.length === 0) throw nameTaken(name, region);
    const stack: StackEntry = { id, ...rest, filters, memberIds: [], listedMs: null, problem: null };
    this.#options.directory.add(stack);
    return stack;
  }
}

/** What was to be reached is so already when it is monitored. */
async function monitorOnce(monitor: Monitor, spec: unknown, model: ModelParams): Promise<void> {
  try {
    await monitor.monitorMetric({ datasource: 'AUTOSTACK', spec, model });
  } catch (error) {
    if (!(error instanceof AlreadyMonitoredError)) throw error;
  }
}
