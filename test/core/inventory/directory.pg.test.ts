/** Who is in an autostack: followed from listing to listing, kept over a restart, and read page by page. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AutostackDirectory, type StackEntry } from '../../../src/core/inventory/autostack-directory.ts';
import { countMembersOf, readMembersOf } from '../../../src/core/inventory/read-members.ts';
import { saveResources } from '../../../src/core/inventory/save-resources.ts';
import type { FoundResource } from '../../../src/core/sources/source.ts';
import { createLog } from '../../../src/log.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';

const REGION = 'us-west-2';
const TYPE = 'AWS::EC2::Instance';
const AT_MS = Date.parse('2026-01-05T00:00:00Z');

let database: TestDatabase;
let nowMs = AT_MS;
beforeAll(async () => {
  database = await withDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

type Instance = readonly [id: string, state: string | null, env?: string];
const found = ([resourceId, state, env]: Instance, type = TYPE, region = REGION): FoundResource => ({
  type,
  namespace: 'AWS/EC2',
  resourceId,
  region,
  name: null,
  state,
  tags: env === undefined ? [] : [{ key: 'Env', value: env }],
  attributes: { 'instance-type': [resourceId.endsWith('l') ? 'm5.large' : 'm5.small'] },
  sizeRank: 1,
  startedMs: null,
});

/** What is listed of the region from now on; what is not among it is gone. */
async function list(...instances: readonly Instance[]): Promise<void> {
  nowMs += 60_000;
  await saveResources(database.pool, {
    region: REGION,
    resources: [...instances.map((one) => found(one)), found(['i-9', 'running', 'prod'], 'AWS::EC2::Volume')],
    wholeTypes: [TYPE],
    atMs: nowMs,
  });
}

const openDirectory = () =>
  new AutostackDirectory({
    pool: database.pool,
    prisma: database.prisma,
    log: createLog('silent'),
    now: () => nowMs,
  });

async function addStack(
  directory: AutostackDirectory,
  change: Partial<StackEntry> = {},
): Promise<StackEntry> {
  const filters = [{ key: 'tag:Env', values: ['prod'] }];
  const chosen = {
    name: `stack-${nowMs++}`,
    region: REGION,
    resourceType: TYPE,
    includeStopped: false,
    filters,
    ...change,
  };
  const data = { ...chosen, filters: JSON.parse(JSON.stringify(chosen.filters)) as [] };
  const { id } = await database.prisma.autostack.create({ data });
  const stack: StackEntry = { ...chosen, id, memberIds: [], listedMs: null, problem: null };
  directory.add(stack);
  await directory.refresh(stack);
  return stack;
}

describe('The members of an autostack', () => {
  it.each([
    ['those that work and fit', {}, ['i-1', 'i-3l', 'i-4']],
    [
      'those that are stopped, too, where these are asked for',
      { includeStopped: true },
      ['i-1', 'i-2', 'i-3l', 'i-4'],
    ],
    [
      'whatever state the filters choose',
      { filters: [{ key: 'instance-state-name', values: ['stopped'] }] },
      ['i-2'],
    ],
    [
      'those that fit every filter',
      {
        filters: [
          { key: 'tag:Env', values: ['dev', 'prod'] },
          { key: 'instance-type', values: ['m5.small'] },
        ],
      },
      ['i-1', 'i-4', 'i-5'],
    ],
    [
      'all that have some value',
      { filters: [{ key: 'tag:Env', values: ['*'] }] },
      ['i-1', 'i-3l', 'i-4', 'i-5'],
    ],
    ['none of another region', { region: 'eu-west-1' }, []],
  ])('are %s', async (_what, change, expected) => {
    await list(
      ['i-1', 'running', 'prod'],
      ['i-2', 'stopped', 'prod'],
      ['i-3l', 'running', 'prod'],
      // A state nobody knows says nothing against it.
      ['i-4', null, 'prod'],
      ['i-5', 'running', 'dev'],
      ['i-6', 'running'],
    );
    expect((await addStack(openDirectory(), change)).memberIds).toEqual(expected);
  });

  it('follow what is listed, and when each of them was one is kept', async () => {
    const directory = openDirectory();
    await list(['i-1', 'running', 'prod'], ['i-2', 'running', 'prod']);
    const stack = await addStack(directory);
    const joinedMs = nowMs;
    await list(['i-1', 'running', 'dev'], ['i-2', 'running', 'prod'], ['i-3', 'running', 'prod']);
    await directory.followListing(REGION, { wholeTypes: [TYPE], problem: null });
    expect(stack.memberIds).toEqual(['i-2', 'i-3']);
    const leftMs = nowMs;
    await list(['i-1', 'running', 'prod'], ['i-3', 'running', 'prod']);
    await directory.followListing(REGION, { wholeTypes: [TYPE], problem: null });
    expect(stack.memberIds).toEqual(['i-1', 'i-3']);
    const rows = await database.prisma.autostackMember.findMany({
      where: { autostackId: stack.id },
      include: { resource: true },
      orderBy: [{ joinedAt: 'asc' }, { resource: { resourceId: 'asc' } }],
    });
    expect(
      rows.map((row) => [row.resource.resourceId, row.joinedAt.getTime(), row.leftAt?.getTime() ?? null]),
    ).toEqual([
      ['i-1', joinedMs, leftMs],
      ['i-2', joinedMs, nowMs],
      ['i-3', leftMs, null],
      ['i-1', nowMs, null],
    ]);
  });

  it('stay as they were while they cannot be listed, and the stack says why', async () => {
    const directory = openDirectory();
    await list(['i-1', 'running', 'prod']);
    const stack = await addStack(directory);
    const listed = new Date(nowMs).toISOString();
    nowMs += 60_000;
    await directory.followListing('eu-west-1', { wholeTypes: [], problem: 'no credentials' });
    expect(stack.problem).toBeNull();
    await directory.followListing(REGION, { wholeTypes: [], problem: 'no credentials' });
    expect(stack).toMatchObject({
      memberIds: ['i-1'],
      problem: `no credentials: its members are those of ${listed}`,
    });
    await directory.followListing(REGION, { wholeTypes: [TYPE], problem: null });
    expect(stack).toMatchObject({ memberIds: ['i-1'], problem: null, listedMs: nowMs });
  });

  it('stay as they were where too many fit', async () => {
    const directory = openDirectory();
    await list(['i-1', 'running', 'prod']);
    const stack = await addStack(directory);
    await list(...Array.from({ length: 3_000 }, (_, i): Instance => [`i-many-${i}`, 'running', 'prod']));
    await directory.refresh(stack);
    expect(stack.memberIds).toEqual(['i-1']);
    expect(stack.problem).toMatch(
      /^its filters match 3000 resources, \d+ are the most: the members stay as they were$/,
    );
    await list();
  });

  it('are known again after a restart', async () => {
    const directory = openDirectory();
    await list(['i-1', 'running', 'prod'], ['i-2', 'running', 'prod']);
    const stack = await addStack(directory, { name: 'kept' });
    await directory.setProblem(stack, 'away');
    const other = openDirectory();
    await other.load();
    const { memberIds, ...kept } = stack;
    expect(other.byId(stack.id)).toMatchObject(kept);
    expect(other.byId(stack.id)?.memberIds.toSorted()).toEqual(memberIds);
    expect(['eu-west-1', REGION].map((region) => other.byName('kept', region)?.id)).toEqual([
      undefined,
      stack.id,
    ]);
  });

  it('of one that was deleted meanwhile are not kept', async () => {
    const directory = openDirectory();
    await list(['i-1', 'running', 'prod']);
    const stack = await addStack(directory, { filters: [{ key: 'tag:Env', values: ['none'] }] });
    directory.change(stack, {
      name: stack.name,
      filters: [{ key: 'tag:Env', values: ['*'] }],
      includeStopped: false,
    });
    await database.prisma.autostack.delete({ where: { id: stack.id } });
    await directory.refresh(stack);
    await directory.setProblem(stack, 'gone');
    expect(await database.prisma.autostackMember.count({ where: { autostackId: stack.id } })).toBe(0);
  });
});

describe('Members are listed', () => {
  it('of several stacks at once, page by page from either end', async () => {
    const directory = openDirectory();
    const instances = Array.from({ length: 7 }, (_, i): Instance => [
      `i-${i}`,
      'running',
      i % 2 === 0 ? 'prod' : 'dev',
    ]);
    await list(...instances);
    const stacks = [
      await addStack(directory),
      await addStack(directory, { filters: [{ key: 'tag:Env', values: ['*'] }] }),
    ];
    const none = await addStack(directory, { filters: [{ key: 'tag:Env', values: ['none'] }] });
    const ids = [...stacks, none].map(({ id }) => id);
    for (const order of ['asc', 'desc'] as const) {
      const seen = new Map<string, string[]>(stacks.map(({ id }) => [id, []]));
      for (const { id } of stacks) {
        let last: string | null = null;
        for (let page = 0; page < 5; page += 1) {
          const window = {
            order,
            limit: 2,
            after: order === 'asc' ? last : null,
            before: order === 'desc' ? last : null,
          };
          const members = await readMembersOf(database, ids, window);
          expect(members.has(none.id)).toBe(false);
          const some: readonly string[] = (members.get(id) ?? []).map(({ resourceId }) => resourceId);
          seen.get(id)?.push(...some);
          last = some.at(-1) ?? 'i-9';
          if (some.length === 0) break;
        }
      }
      for (const { id, memberIds } of stacks) {
        expect(seen.get(id)).toEqual(order === 'asc' ? memberIds : [...memberIds].reverse());
      }
    }
    expect([...(await countMembersOf(database.pool, ids))].toSorted()).toEqual(
      stacks.map(({ id, memberIds }) => [id, memberIds.length]).toSorted(),
    );
  });
});
