/** Makes, previews and deletes autostacks, and writes their metrics' specs so that another server can read them. */
import { randomUUID } from 'node:crypto';
import {
  AlreadyMonitoredError,
  DuplicateNameError,
  InvalidInputError,
  NotFoundError,
  SourceUnavailableError,
  TooManyResourcesError,
} from '../../errors.ts';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import { MOST_STACK_MEMBERS, nameStackServer } from '../../model.ts';
import {
  findMembers,
  type AutostackDirectory,
  type Member,
  type StackEntry,
  type StackFilter,
} from '../inventory/autostack-directory.ts';
import type { Monitor } from './monitor.ts';
import type { Quota } from '../inventory/quota.ts';
import { REFRESH_MS, type Inventory } from '../inventory/inventory.ts';
import { checkTagFilters } from '../metrics/tag-filter.ts';
import type { Turns } from '../../platform/runtime/write-lock.ts';

export interface NamespaceMetric {
  readonly namespace: string;
  readonly metric: string;
}

export interface NewStack extends StackFilter {
  readonly name: string;
  /** Watched at once. */
  readonly metrics: readonly NamespaceMetric[];
}

export interface Autostacks {
  /** Who would be in it. @throws InvalidInputError, NotSupportedError, SourceUnavailableError */
  previewAutostack: (filter: StackFilter) => Promise<readonly Member[]>;
  /**
   * @returns the stack's id
   * @throws InvalidInputError, NotSupportedError, DuplicateNameError, TooManyResourcesError, QuotaExceededError,
   *   SourceUnavailableError
   */
  createAutostack: (stack: NewStack) => Promise<string>;
  /** Its metrics go with it, samples and all. @throws NotFoundError */
  deleteAutostack: (id: string) => Promise<string>;
  /** The stack of this name and region, made when there is none; AWS need not answer. @throws QuotaExceededError */
  ensureAutostack: (stack: Omit<NewStack, 'metrics'>) => Promise<string>;
}

/** What the sources know that core does not. */
export interface StackRules {
  /** @throws InvalidInputError for a region there is not */
  readonly checkRegion: (region: string, path: readonly string[]) => void;
  /** @throws NotSupportedError for a type that has no autostacks, or a metric they do not have */
  readonly checkMetric: (resourceType: string, metric: NamespaceMetric | null) => void;
}

const LONGEST_NAME = 255;
/** What people see before they make a stack should not be older. */
const PREVIEW_AGE_MS = 60_000;

export function createAutostacks(options: {
  readonly prisma: PrismaClient;
  readonly directory: AutostackDirectory;
  readonly inventory: Inventory;
  readonly monitor: Monitor;
  readonly quota: Quota;
  readonly turns: Turns;
  readonly rules: StackRules;
}): Autostacks {
  const { prisma, directory, inventory, monitor, quota, turns, rules } = options;

  const check = ({ region, resourceType, filters }: StackFilter, path: readonly string[]) => {
    rules.checkRegion(region, [...path, 'region']);
    rules.checkMetric(resourceType, null);
    checkTagFilters(filters, [...path, 'filters']);
  };

  /** An inventory that is old is better than none. */
  const refreshInventory = async (region: string, maxAgeMs: number) => {
    try {
      await inventory.ensure(region, maxAgeMs);
    } catch (error) {
      const isKnown = inventory.ageOf(region).refreshedMs !== null;
      if (!(error instanceof SourceUnavailableError) || !isKnown) throw error;
    }
  };

  const previewAutostack = async (filter: StackFilter) => {
    check(filter, []);
    await refreshInventory(filter.region, PREVIEW_AGE_MS);
    return findMembers(prisma, filter);
  };

  /** In a turn: nobody else takes the last place of the quota in between. */
  const insert = ({ filters, ...rest }: Omit<NewStack, 'metrics'>) =>
    turns.run(async () => {
      const id = randomUUID();
      quota.check(nameStackServer(id));
      const { name, region, resourceType, includeStopped } = rest;
      const written = filters.map(({ key, values }) => ({ key, values: [...values] }));
      const rows = await prisma.autostack.createManyAndReturn({
        data: [{ id, name, region, resourceType, includeStopped, filters: written }],
        skipDuplicates: true,
      });
      if (rows.length === 0) throw nameTaken(name, region);
      const stack: StackEntry = { id, ...rest, filters, memberIds: [], listedMs: null };
      directory.add(stack);
      return stack;
    });

  const createAutostack = async ({ metrics, ...stack }: NewStack) => {
    checkName(stack.name, ['input', 'name']);
    check(stack, ['input']);
    for (const metric of metrics) rules.checkMetric(stack.resourceType, metric);
    if (directory.byName(stack.name, stack.region) !== undefined) throw nameTaken(stack.name, stack.region);
    await refreshInventory(stack.region, PREVIEW_AGE_MS);
    const { length } = await findMembers(prisma, stack);
    if (length > MOST_STACK_MEMBERS) {
      throw new TooManyResourcesError(
        `input.filters: they match ${length} resources, an autostack may have ${MOST_STACK_MEMBERS}: narrow them`,
        MOST_STACK_MEMBERS,
        length,
      );
    }
    const made = await insert(stack);
    await directory.refresh(made);
    for (const metric of metrics) await monitorOnce(monitor, { autostackId: made.id, ...metric });
    return made.id;
  };

  const ensureAutostack = async (stack: Omit<NewStack, 'metrics'>) => {
    checkName(stack.name, ['models', 'name']);
    check(stack, ['models']);
    const known = directory.byName(stack.name, stack.region);
    if (known !== undefined) return known.id;
    const made = await insert(stack);
    try {
      await inventory.ensure(stack.region, REFRESH_MS);
      await directory.refresh(made);
    } catch (error) {
      // Its members are found when AWS answers again.
      if (!(error instanceof SourceUnavailableError)) throw error;
    }
    return made.id;
  };

  const deleteAutostack = async (id: string) => {
    if (directory.byId(id) === undefined) throw new NotFoundError(`no autostack has the id ${id}`);
    const metrics = await prisma.metric.findMany({ where: { autostackId: id }, select: { id: true } });
    for (const metric of metrics) await monitor.deleteMetric(metric.id);
    await prisma.autostack.deleteMany({ where: { id } });
    directory.forget(id);
    return id;
  };

  return { previewAutostack, createAutostack, deleteAutostack, ensureAutostack };
}

function checkName(name: string, path: readonly string[]): void {
  if (name.trim() === '')
    throw new InvalidInputError(`${path.join('.')}: expected a name, got an empty one`, path);
  if (name.length <= LONGEST_NAME) return;
  throw new InvalidInputError(`${path.join('.')}: expected at most ${LONGEST_NAME} characters`, path);
}

function nameTaken(name: string, region: string): DuplicateNameError {
  return new DuplicateNameError(
    `input.name: there is an autostack ${JSON.stringify(name)} in ${region} already; choose another name`,
  );
}

/** What was to be reached is so already when it is monitored. */
async function monitorOnce(monitor: Monitor, spec: unknown): Promise<void> {
  try {
    await monitor.monitorMetric({ datasource: 'AUTOSTACK', spec });
  } catch (error) {
    if (!(error instanceof AlreadyMonitoredError)) throw error;
  }
}
