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
import { MAX_STACK_MEMBERS, nameStackServer, type ModelParams } from '../../model.ts';
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
import { checkModelParams } from '../metrics/model-params.ts';
import { checkTagFilters, toCanonicalFilters } from '../metrics/tag-filter.ts';
import type { WriteLock } from '../../platform/runtime/write-lock.ts';

export interface NamespaceMetric {
  readonly namespace: string;
  readonly metric: string;
}

export interface NewStackMetric extends NamespaceMetric {
  /** What is known of its values. */
  readonly model?: ModelParams;
}

export interface NewStack extends StackFilter {
  readonly name: string;
  /** Watched at once. */
  readonly metrics: readonly NewStackMetric[];
}

/** A stack as an export names it. */
export interface NamedStack extends Omit<StackFilter, 'includeStopped'> {
  readonly name: string;
  /** Null where the export does not say: as the stack has it, or not. */
  readonly includeStopped: boolean | null;
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
  /**
   * The stack of this name and region, made when there is none; AWS need not answer.
   * @param metric what is to be watched of it
   * @throws InvalidInputError, NotSupportedError, QuotaExceededError; DuplicateNameError for one that chooses others
   */
  ensureAutostack: (stack: NamedStack, metric: NamespaceMetric) => Promise<string>;
}

/** What the sources know that core does not. */
export interface StackRules {
  /** @throws InvalidInputError for a region there is not */
  readonly checkRegion: (region: string, path: readonly string[]) => void;
  /** @throws NotSupportedError for a type that has no autostacks, or a metric they do not have */
  readonly checkMetric: (resourceType: string, metric: NamespaceMetric | null) => void;
}

const MAX_NAME_LENGTH = 255;
/** What people see before they make a stack should not be older. */
const PREVIEW_AGE_MS = 60_000;

export function createAutostacks(options: {
  readonly prisma: PrismaClient;
  readonly directory: AutostackDirectory;
  readonly inventory: Inventory;
  readonly monitor: Monitor;
  readonly quota: Quota;
  readonly writeLock: WriteLock;
  readonly rules: StackRules;
}): Autostacks {
  const { prisma, directory, inventory, monitor, quota, writeLock, rules } = options;

  /** @returns the filter in the form it is stored in */
  const check = <T extends StackFilter>(filter: T, path: readonly string[]): T => {
    const { region, resourceType, filters } = filter;
    rules.checkRegion(region, [...path, 'region']);
    rules.checkMetric(resourceType, null);
    checkTagFilters(filters, [...path, 'filters'], resourceType);
    return { ...filter, filters: toCanonicalFilters(filters) };
  };

  /**
   * An inventory that is old is better than none.
   * @returns why it is old; null when it is not
   * @throws SourceUnavailableError where the type was never listed
   */
  const refreshInventory = async (
    { region, resourceType }: StackFilter,
    maxAgeMs = PREVIEW_AGE_MS,
  ): Promise<string | null> => {
    try {
      await inventory.ensure(region, maxAgeMs);
    } catch (error) {
      const isKnown = inventory.ageOf(region).typesListedMs[resourceType] !== undefined;
      if (!(error instanceof SourceUnavailableError) || !isKnown) throw error;
      return error.message;
    }
    const { problem, refreshedMs, typesListedMs } = inventory.ageOf(region);
    const listedMs = typesListedMs[resourceType];
    if (listedMs === refreshedMs) return null;
    const message = `${resourceType} of ${region} could not be listed: ${problem ?? ''}`;
    if (listedMs === undefined) throw new SourceUnavailableError(message);
    return message;
  };

  const previewAutostack = async (filter: StackFilter) => {
    const checked = check(filter, []);
    await refreshInventory(checked);
    return findMembers(prisma, checked);
  };

  /** In the write lock: nobody else takes the last place of the quota in between. */
  const insert = ({ filters, ...rest }: Omit<NewStack, 'metrics'>) =>
    writeLock.runExclusive(async () => {
      const id = randomUUID();
      quota.check(nameStackServer(id));
      const { name, region, resourceType, includeStopped } = rest;
      const written = filters.map(({ key, values }) => ({ key, values: [...values] }));
      const rows = await prisma.autostack.createManyAndReturn({
        data: [{ id, name, region, resourceType, includeStopped, filters: written }],
        skipDuplicates: true,
      });
      if (rows.length === 0) throw nameTaken(name, region);
      const stack: StackEntry = { id, ...rest, filters, memberIds: [], listedMs: null, problem: null };
      directory.add(stack);
      return stack;
    });

  const createAutostack = async ({ metrics, ...given }: NewStack) => {
    checkName(given.name, ['input', 'name']);
    const stack = check(given, ['input']);
    const models = metrics.map(({ model = {}, ...metric }, index) => {
      rules.checkMetric(stack.resourceType, metric);
      return { metric, model: checkModelParams(model, ['input', 'metrics', String(index)]) };
    });
    if (directory.byName(stack.name, stack.region) !== undefined) throw nameTaken(stack.name, stack.region);
    const problem = await refreshInventory(stack);
    const { length } = await findMembers(prisma, stack);
    if (length > MAX_STACK_MEMBERS) {
      throw new TooManyResourcesError(
        `input.filters: they match ${length} resources, an autostack may have ${MAX_STACK_MEMBERS}: narrow them`,
        MAX_STACK_MEMBERS,
        length,
      );
    }
    const made = await insert(stack);
    await directory.refresh(made);
    if (problem !== null) await directory.setProblem(made, problem);
    for (const { metric, model } of models)
      await monitorOnce(monitor, { autostackId: made.id, ...metric }, model);
    return made.id;
  };

  const ensureAutostack = async ({ includeStopped, ...given }: NamedStack, metric: NamespaceMetric) => {
    checkName(given.name, ['models', 'stackSpec', 'name']);
    const stack = check({ ...given, includeStopped: includeStopped ?? false }, ['models', 'stackSpec']);
    rules.checkMetric(stack.resourceType, metric);
    const known = directory.byName(stack.name, stack.region);
    if (known !== undefined) {
      refuseOther(
        known,
        includeStopped === null ? { ...stack, includeStopped: known.includeStopped } : stack,
      );
      return known.id;
    }
    const made = await insert(stack);
    try {
      const problem = await refreshInventory(stack, REFRESH_MS);
      await directory.refresh(made);
      if (problem !== null) await directory.setProblem(made, problem);
    } catch (error) {
      if (!(error instanceof SourceUnavailableError)) throw error;
      // They are found when AWS answers again.
      await directory.setProblem(made, `${error.message}: its members are not known yet`);
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
  if (name.length <= MAX_NAME_LENGTH) return;
  throw new InvalidInputError(`${path.join('.')}: expected at most ${MAX_NAME_LENGTH} characters`, path);
}

function nameTaken(name: string, region: string): DuplicateNameError {
  return new DuplicateNameError(
    `input.name: there is an autostack ${JSON.stringify(name)} in ${region} already; choose another name`,
  );
}

/** One of the same name is another stack when it chooses others. */
function refuseOther(known: StackEntry, wanted: StackFilter): void {
  const [there, asked] = [describeFilter(known), describeFilter(wanted)];
  if (there === asked) return;
  throw new DuplicateNameError(
    `models.stackSpec: autostack ${JSON.stringify(known.name)} in ${known.region} chooses ${there}, not ${asked}; give one of them another name`,
  );
}

/** The same text for filters that choose the same. */
function describeFilter({ resourceType, filters, includeStopped }: StackFilter): string {
  const conditions = filters.map(({ key, values }) => `${key}=${[...new Set(values)].toSorted().join(',')}`);
  return `${resourceType} with ${conditions.toSorted().join(' and ')}${includeStopped ? ', stopped ones too' : ''}`;
}

/** What was to be reached is so already when it is monitored. */
async function monitorOnce(monitor: Monitor, spec: unknown, model: ModelParams): Promise<void> {
  try {
    await monitor.monitorMetric({ datasource: 'AUTOSTACK', spec, model });
  } catch (error) {
    if (!(error instanceof AlreadyMonitoredError)) throw error;
  }
}
