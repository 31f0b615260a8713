import { describe, expect, it } from 'vitest';
import { Inventory } from '../../../src/core/inventory/inventory.ts';
import { createLog } from '../../../src/log.ts';
import { saveResources } from '../../../src/core/inventory/save-resources.ts';
import { suggestResources } from '../../../src/core/inventory/suggest.ts';
import type { FoundResource } from '../../../src/core/sources/source.ts';
import { withDatabase } from '../../helpers/database.ts';
import { createDeferred } from '../../helpers/deferred.ts';

const REGION = 'us-west-2';
const AT_MS = Date.parse('2026-01-05T00:00:00Z');

const found = (resourceId: string, state: string, sizeRank: number): FoundResource => ({
  type: 'AWS::RDS::DBInstance',
  namespace: 'AWS/RDS',
  resourceId,
  region: REGION,
  name: null,
  state,
  tags: [],
  attributes: {},
  sizeRank,
  startedMs: null,
});

describe('the inventory', () => {
  it('keeps one row for each state a resource came to (row 69)', async () => {
    await using database = await withDatabase();
    for (const [step, state] of ['running', 'running', 'stopped'].entries()) {
      await saveResources(database.pool, {
        region: REGION,
        resources: [found('orders', state, 64)],
        wholeTypes: [],
        atMs: AT_MS + step * 60_000,
      });
    }
    const states = await database.prisma.resourceState.findMany({ orderBy: { at: 'asc' } });
    expect(states.map(({ at, state }) => [at.getTime() - AT_MS, state])).toEqual([
      [0, 'running'],
      [120_000, 'stopped'],
    ]);
  });

  it('takes a resource that is listed twice as it was listed last, and its neighbours', async () => {
    await using database = await withDatabase();
    const resources = [found('a', 'stopping', 1), found('b', 'running', 1), found('a', 'stopped', 2)];
    await saveResources(database.pool, { region: REGION, resources, wholeTypes: [], atMs: AT_MS });
    const rows = await database.prisma.resource.findMany({ orderBy: { resourceId: 'asc' } });
    expect(rows.map(({ resourceId, state, sizeRank }) => [resourceId, state, sizeRank])).toEqual([
      ['a', 'stopped', 2],
      ['b', 'running', 1],
    ]);
  });

  it('marks as gone what is no longer listed, of types that are listed whole alone', async () => {
    await using database = await withDatabase();
    const listings: readonly (readonly [readonly string[], readonly string[]])[] = [
      [['a', 'b'], []],
      [['a'], []],
      [['a'], ['AWS::RDS::DBInstance']],
      [['a', 'b'], ['AWS::RDS::DBInstance']],
    ];
    const seen: string[] = [];
    for (const [step, [ids, wholeTypes]] of listings.entries()) {
      const resources = ids.map((id) => found(id, 'running', 1));
      const atMs = AT_MS + step * 60_000;
      await saveResources(database.pool, { region: REGION, resources, wholeTypes, atMs });
      const b = await database.prisma.resource.findFirst({ where: { resourceId: 'b' } });
      seen.push(b?.state ?? '');
    }
    expect(seen).toEqual(['running', 'running', 'terminated', 'running']);
  });

  it('keeps tags, states and names of a type of which the names alone are known now', async () => {
    await using database = await withDatabase();
    const whole = {
      ...found('a', 'running', 7),
      name: 'orders',
      tags: [{ key: 'Env', value: 'prod' }],
      attributes: { 'instance-type': ['db.large'] },
    };
    const bare = { ...found('a', 'running', 0), state: null };
    const save = (resource: FoundResource, atMs: number) =>
      saveResources(database.pool, { region: REGION, resources: [resource], wholeTypes: [], atMs });
    await saveResources(database.pool, {
      region: REGION,
      resources: [whole],
      wholeTypes: [whole.type],
      atMs: AT_MS,
    });
    await save(bare, AT_MS + 60_000);
    expect(await database.prisma.resource.findFirst()).toMatchObject({
      name: 'orders',
      state: 'running',
      tags: [{ key: 'Env', value: 'prod' }],
      attributes: { 'instance-type': ['db.large'] },
      sizeRank: 7,
    });
  });

  it('suggests the larger of two of a type first, and nothing that does not work (row 65)', async () => {
    await using database = await withDatabase();
    const resources = [
      found('a-small', 'available', 64),
      found('b-large', 'available', 65),
      found('c-stopped', 'stopped', 99),
    ];
    await saveResources(database.pool, { region: REGION, resources, wholeTypes: [], atMs: AT_MS });
    const suggested = await suggestResources(database.prisma, REGION);
    expect(suggested.map(({ resourceId }) => resourceId)).toEqual(['b-large', 'a-small']);
  });

  it('lists a region again when its resources are old, or the clock was put back since', async () => {
    await using database = await withDatabase();
    let nowMs = AT_MS;
    const listed: number[] = [];
    const inventory = new Inventory({
      pool: database.pool,
      discover: () => {
        listed.push(nowMs - AT_MS);
        return Promise.resolve({ resources: [found('a', 'running', 1)], wholeTypes: [], problems: [] });
      },
      regionsInUse: () => [REGION],
      onListed: () => Promise.resolve(),
      log: createLog('silent'),
      now: () => nowMs,
    });
    for (const ms of [0, 600_000, 600_001, 1_200_001, -3_600_000, -3_000_000]) {
      nowMs = AT_MS + ms;
      await inventory.ensure(REGION, 600_000);
    }
    expect(listed).toEqual([0, 600_001, -3_600_000]);
    // In the background, too, of what was listed before a restart.
    nowMs = AT_MS - 86_400_000;
    const told = createDeferred<string>();
    const restarted = new Inventory({
      pool: database.pool,
      discover: () => Promise.resolve({ resources: [], wholeTypes: [], problems: [] }),
      regionsInUse: () => [REGION],
      onListed: (region) => {
        told.resolve(region);
        return Promise.resolve();
      },
      log: createLog('silent'),
      now: () => nowMs,
    });
    await restarted.start();
    expect(await told.promise).toBe(REGION);
    await restarted.stop();
  });
});
