/** Every autostack and who is in it, in memory: sources and the API ask here. Members follow the inventory. */
import type pg from 'pg';
import { toStorable } from '../../platform/bounded-input/storable-text.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type { Log } from '../../log.ts';
import { MAX_STACK_MEMBERS } from '../../model.ts';
import { readAttributes, readTagFilters, readTags } from '../metrics/stored-tags.ts';
import { chooseStates, matchesTags, type TagFilter } from '../metrics/tag-filter.ts';
import type { Listing } from './inventory.ts';

/** States in which a resource works; null is that of a source that knows none. */
const AT_WORK: ReadonlySet<string | null> = new Set([null, 'running', 'in-use', 'available']);

/** What chooses the members. */
export interface StackFilter {
  readonly region: string;
  readonly resourceType: string;
  readonly filters: readonly TagFilter[];
  readonly includeStopped: boolean;
}

export interface StackEntry extends StackFilter {
  readonly id: string;
  readonly name: string;
  memberIds: readonly string[];
  listedMs: number | null;
  /** Why its members are not what its filters say; null while they are. */
  problem: string | null;
}

export interface Member {
  /** Uuid of the resource's row. */
  readonly id: string;
  readonly resourceId: string;
}

interface AutostackDirectoryOptions {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly log: Log;
  readonly now?: () => number;
}

export class AutostackDirectory {
  readonly #pool: pg.Pool;
  readonly #prisma: PrismaClient;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #stacks = new Map<string, StackEntry>();

  constructor(options: AutostackDirectoryOptions) {
    this.#pool = options.pool;
    this.#prisma = options.prisma;
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
  }

  /** Reads all of them, again where they are known. */
  async load(): Promise<void> {
    const rows = await this.#prisma.autostack.findMany({
      include: {
        members: { where: { leftAt: null }, select: { resource: { select: { resourceId: true } } } },
      },
    });
    const ids = new Set(rows.map(({ id }) => id));
    for (const id of this.#stacks.keys()) if (!ids.has(id)) this.#stacks.delete(id);
    for (const {
      id,
      name,
      region,
      resourceType,
      filters,
      includeStopped,
      listedAt,
      problem,
      members,
    } of rows) {
      this.#stacks.set(id, {
        id,
        name,
        region,
        resourceType,
        filters: readTagFilters(filters),
        includeStopped,
        memberIds: members.map(({ resource }) => resource.resourceId),
        listedMs: listedAt?.getTime() ?? null,
        problem,
      });
    }
  }

  /** Its members could not be listed: they stay as they were. */
  async setProblem(stack: StackEntry, said: string): Promise<void> {
    const problem = toStorable(said);
    if (stack.problem === problem) return;
    // One that was deleted meanwhile has none.
    await this.#prisma.autostack.updateMany({ where: { id: stack.id }, data: { problem } });
    stack.problem = problem;
  }

  /** Looks the members of one stack up in the inventory. */
  async refresh(stack: StackEntry): Promise<void> {
    const members = await findMembers(this.#prisma, stack);
    if (members.length > MAX_STACK_MEMBERS) {
      const problem = `its filters match ${members.length} resources, ${MAX_STACK_MEMBERS} are the most: the members stay as they were`;
      this.#log.warn({ autostack: stack.id, matching: members.length }, 'autostack has too many members');
      await this.setProblem(stack, problem);
      return;
    }
    const atMs = this.#now();
    await saveMembers(this.#pool, stack.id, members, atMs);
    stack.memberIds = members.map(({ resourceId }) => resourceId);
    stack.listedMs = atMs;
    stack.problem = null;
  }

  byId(id: string): StackEntry | undefined {
    return this.#stacks.get(id);
  }

  byName(name: string, region: string): StackEntry | undefined {
    return [...this.#stacks.values()].find((stack) => stack.name === name && stack.region === region);
  }

  all(): Iterable<StackEntry> {
    return this.#stacks.values();
  }

  /** Brings the stacks of a region up to what was listed of it. */
  async followListing(region: string, { wholeTypes, problem }: Listing): Promise<void> {
    for (const stack of this.#stacks.values()) {
      if (stack.region !== region) continue;
      if (wholeTypes.includes(stack.resourceType)) await this.refresh(stack);
      else await this.setProblem(stack, describeProblem(stack, problem));
    }
  }

  /** It is another from now on; its members are to be refreshed. */
  change(stack: StackEntry, change: Pick<StackEntry, 'name' | 'filters' | 'includeStopped'>): void {
    Object.assign(stack, change);
  }

  add(stack: StackEntry): void {
    this.#stacks.set(stack.id, stack);
  }

  forget(id: string): void {
    this.#stacks.delete(id);
  }
}

function describeProblem({ listedMs }: StackEntry, problem: string | null): string {
  const known = listedMs === null ? 'not known yet' : `those of ${new Date(listedMs).toISOString()}`;
  return `${problem ?? 'its region was not listed'}: its members are ${known}`;
}

/** Who is in it by what the inventory knows now, by id. */
export async function findMembers(prisma: PrismaClient, filter: StackFilter): Promise<readonly Member[]> {
  const rows = await prisma.resource.findMany({
    where: { datasource: 'CLOUDWATCH', region: filter.region, type: filter.resourceType },
    select: { id: true, resourceId: true, state: true, tags: true, attributes: true },
    orderBy: { resourceId: 'asc' },
  });
  const takesAll = filter.includeStopped || chooseStates(filter.filters);
  return rows.filter(
    ({ resourceId, state, tags, attributes }) =>
      (takesAll || AT_WORK.has(state)) &&
      matchesTags(filter.filters, {
        resourceId,
        state,
        tags: readTags(tags),
        attributes: readAttributes(attributes),
      }),
  );
}

async function saveMembers(
  pool: pg.Pool,
  id: string,
  members: readonly Member[],
  atMs: number,
): Promise<void> {
  const ids = members.map((member) => member.id);
  await inTransaction(pool, async (client) => {
    // Nobody deletes it in between, and one that was deleted meanwhile has no members to save.
    const { rowCount } = await client.query('SELECT FROM autostack WHERE id = $1 FOR KEY SHARE', [id]);
    if (rowCount === 0) return;
    await client.query(
      `UPDATE autostack_member SET left_at = greatest(joined_at, to_timestamp($3::float8 / 1000))
       WHERE autostack_id = $1 AND left_at IS NULL AND resource_id <> ALL($2::uuid[])`,
      [id, ids, atMs],
    );
    await client.query(
      `INSERT INTO autostack_member (autostack_id, resource_id, joined_at)
       SELECT $1, new.id, to_timestamp($3::float8 / 1000) FROM unnest($2::uuid[]) AS new(id)
       WHERE NOT EXISTS (SELECT FROM autostack_member WHERE autostack_id = $1 AND resource_id = new.id AND left_at IS NULL)`,
      [id, ids, atMs],
    );
    await client.query(
      'UPDATE autostack SET listed_at = to_timestamp($2::float8 / 1000), problem = NULL WHERE id = $1',
      [id, atMs],
    );
  });
}
