import { describe, expect, it } from 'vitest';
import { saveResources } from '../../../src/core/inventory/save-resources.ts';
import { suggestResources } from '../../../src/core/inventory/suggest.ts';
import type { FoundResource } from '../../../src/core/sources/source.ts';
import { withDatabase } from '../../helpers/database.ts';

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
});
