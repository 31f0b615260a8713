/** Lists of resources: PostgreSQL chooses those the server would, and pages hold each of them once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  countResources,
  readResources,
  type ResourceSelection,
} from '../../../src/core/inventory/read-resources.ts';
import { saveResources } from '../../../src/core/inventory/save-resources.ts';
import {
  checkTagFilters,
  matchesTags,
  toCanonicalFilters,
  type TagFilter,
} from '../../../src/core/metrics/tag-filter.ts';
import { InvalidInputError } from '../../../src/errors.ts';
import type { FoundResource } from '../../../src/core/sources/source.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';
import { fc } from '../../helpers/property.ts';

const REGION = 'eu-west-1';
const EVERYTHING: ResourceSelection = {
  accountId: null,
  names: null,
  nameContains: null,
  namePattern: null,
  regions: null,
  types: null,
  keys: null,
  sources: null,
  states: null,
  tags: null,
  monitored: null,
};

/** Texts with what LIKE, JSON and the wildcards of EC2 take for something else. */
const word = fc.string({ unit: fc.constantFrom('a', 'B', '%', '_', '"', "'", 'ü', '😀', '.'), maxLength: 3 });
const KEYS = ['Env', 'tag', 'instance-type', 'instance-id', 'tag:x', "it's"];
const tag = fc.record({ key: fc.constantFrom(...KEYS), value: word });
const resource = fc.record({
  name: fc.option(word, { nil: null }),
  state: fc.constantFrom('running', 'stopped', null),
  tags: fc.uniqueArray(tag, { maxLength: 3, selector: ({ key }) => key }),
  types: fc.array(word, { maxLength: 2 }),
});
const FOUND: readonly FoundResource[] = fc
  .sample(resource, { numRuns: 150 })
  .map(({ name, state, tags, types }, i) => ({
    region: REGION,
    type: 'AWS::EC2::Instance',
    namespace: 'AWS/EC2',
    resourceId: `i-${String(i).padStart(3, '0')}`,
    name,
    state,
    tags,
    attributes: types.length === 0 ? {} : { 'instance-type': types },
    sizeRank: 0,
    startedMs: null,
  }));

let database: TestDatabase;
let idOf: ReadonlyMap<string, string>;
beforeAll(async () => {
  database = await withDatabase();
  await saveResources(database.pool, {
    region: REGION,
    resources: FOUND,
    wholeTypes: ['AWS::EC2::Instance'],
    atMs: Date.parse('2026-01-05T00:00:00Z'),
  });
  const rows = await database.prisma.resource.findMany();
  idOf = new Map(rows.map(({ id, resourceId }) => [id, resourceId]));
});
afterAll(() => database[Symbol.asyncDispose]());

const PAGE = { after: null, before: null, limit: 1_000, fromEnd: false };
async function list(selection: Partial<ResourceSelection>, order: 'NAME' | 'REGION' = 'REGION') {
  const rows = await readResources(database.pool, {
    selection: { ...EVERYTHING, ...selection },
    order,
    ...PAGE,
  });
  return rows.map(({ id }) => idOf.get(id) ?? '');
}

function isGood(filters: readonly TagFilter[]): boolean {
  try {
    checkTagFilters(filters, ['tags']);
    return true;
  } catch (error) {
    if (error instanceof InvalidInputError) return false;
    throw error;
  }
}

describe('A list of resources', () => {
  it('holds by tags what the server finds by them', async () => {
    const pattern = fc.oneof(
      word,
      fc.constantFrom(
        '*',
        '?',
        'a*',
        '*%',
        String.raw`\*`,
        String.raw`\?`,
        String.raw`\\`,
        'i-0?0',
        'running',
        'Env',
      ),
    );
    const key = fc.constantFrom(
      ...KEYS,
      'tag:Env',
      'tag:instance-type',
      'tag:tag:x',
      'instance-state-name',
      'tag-key',
    );
    const filter = fc.record({ key, values: fc.array(pattern, { minLength: 1, maxLength: 2 }) });
    const cases = fc
      .sample(fc.array(filter, { minLength: 1, maxLength: 2 }), { numRuns: 600 })
      .filter(isGood)
      .slice(0, 300);
    let matched = 0;
    for (const filters of cases) {
      const canonical = toCanonicalFilters(filters);
      const expected = FOUND.filter((one) => matchesTags(canonical, one)).map(({ resourceId }) => resourceId);
      expect(await list({ tags: filters }), JSON.stringify(filters)).toEqual(expected);
      matched += expected.length;
    }
    expect(matched).toBeGreaterThan(500);
  });

  it('is found by a part of the name or the id, in which every character stands for itself', async () => {
    for (const part of ['%', '_', 'a', 'A', 'Ü', '"', "'", 'i-00', '😀', '.', '\\']) {
      const low = part.toLowerCase();
      const expected = FOUND.filter(({ name, resourceId }) =>
        [name ?? '', resourceId].some((text) => text.toLowerCase().includes(low)),
      ).map(({ resourceId }) => resourceId);
      expect(await list({ nameContains: part }), part).toEqual(expected);
    }
  });

  it('is narrowed by each of its conditions, all of which have to hold', async () => {
    const running = FOUND.filter(({ state }) => state === 'running').map(({ resourceId }) => resourceId);
    expect(await list({ states: ['running'] })).toEqual(running);
    expect(await list({ states: ['running'], names: ['i-003', 'i-004'] })).toEqual(
      running.filter((id) => id === 'i-003' || id === 'i-004'),
    );
    const key = { accountId: 1, region: REGION, type: 'AWS::EC2::Instance', resourceId: 'i-007' };
    expect(await list({ keys: [key, { ...key, accountId: 2, resourceId: 'i-008' }] })).toEqual(['i-007']);
    expect(await list({ keys: [] })).toEqual([]);
    expect(await list({ names: [] })).toEqual([]);
    expect(await list({ regions: ['us-east-1'] })).toEqual([]);
    expect(await list({ types: ['AWS::EC2::Volume'] })).toEqual([]);
    expect(await list({ sources: ['HOST'] })).toEqual([]);
    expect(await list({ accountId: 2 })).toEqual([]);
    expect(await list({ monitored: true })).toEqual([]);
    expect(await list({ monitored: false })).toHaveLength(FOUND.length);
  });

  it.each(['NAME', 'REGION'] as const)(
    'by %s is the same whole, counted, and page by page from both ends',
    async (order) => {
      const whole = await list({}, order);
      expect(whole).toHaveLength(FOUND.length);
      expect(await countResources(database.pool, EVERYTHING)).toBe(FOUND.length);
      for (const fromEnd of [false, true]) {
        const pages: string[] = [];
        let place: readonly string[] | null = null;
        for (;;) {
          const page = await readResources(database.pool, {
            selection: EVERYTHING,
            order,
            limit: 40,
            fromEnd,
            after: fromEnd ? null : place,
            before: fromEnd ? place : null,
          });
          if (page.length === 0) break;
          pages.push(...page.map(({ id }) => idOf.get(id) ?? ''));
          place = page.at(-1)?.place ?? null;
        }
        expect(pages).toEqual(fromEnd ? whole.toReversed() : whole);
      }
    },
  );
});
