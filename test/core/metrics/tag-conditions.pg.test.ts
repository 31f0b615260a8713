/** The database and the rules choose the same metrics. */
import { fc } from '../../helpers/property.ts';
import { expect, it } from 'vitest';
import { listTagConditions } from '../../../src/core/metrics/tag-conditions.ts';
import { joinTags } from '../../../src/core/metrics/stored-tags.ts';
import { findPatternFlaw, matchesTags } from '../../../src/core/metrics/tag-filter.ts';
import { withDatabase } from '../../helpers/database.ts';

const text = fc.string({
  unit: fc.constantFrom('a', 'B', '%', '_', '\\', '*', '?', '.', '漢'),
  maxLength: 4,
});
const tags = fc.uniqueArray(fc.record({ key: fc.constantFrom('a', 'env', 'instance-type'), value: text }), {
  selector: ({ key }) => key,
});
const filter = fc.record({
  key: fc.constantFrom(
    'a',
    'env',
    'tag:env',
    'tag:instance-type',
    'instance-type',
    'tag-key',
    'instance-id',
    'instance-state-name',
  ),
  values: fc.array(
    text.filter((pattern) => findPatternFlaw(pattern) === null),
    { minLength: 1, maxLength: 3 },
  ),
});
const resource = fc.record({
  resourceId: text.filter((id) => id !== ''),
  state: fc.option(fc.constantFrom('running', 'a')),
  tags,
  attributes: fc.oneof(fc.constant({}), fc.record({ 'instance-type': fc.array(text, { maxLength: 2 }) })),
});

it('a tag filter lets the same metrics through as a condition of SQL and in memory, for 200 random ones', async () => {
  await using database = await withDatabase();
  const { pool, prisma } = database;
  const property = fc.asyncProperty(
    tags,
    fc.option(resource),
    fc.array(filter, { minLength: 1, maxLength: 2 }),
    async (own, ofResource, filters) => {
      await prisma.resource.deleteMany();
      await prisma.metric.deleteMany();
      await prisma.metric.create({
        data: {
          datasource: 'CUSTOM',
          identity: 'm',
          name: 'm',
          server: 'm',
          tags: own,
          ...(ofResource === null
            ? {}
            : {
                resource: {
                  create: { ...ofResource, datasource: 'CLOUDWATCH', region: 'r', type: 't', namespace: 'n' },
                },
              }),
        },
      });
      const values: unknown[] = [];
      const conditions = listTagConditions(filters, (value) => `$${values.push(value)}`);
      const { rows } = await pool.query(`SELECT FROM metric m WHERE ${conditions.join(' AND ')}`, values);
      const seen = ofResource ?? { resourceId: null, state: null, tags: [], attributes: {} };
      const passes = matchesTags(filters, { ...seen, tags: joinTags(own, seen.tags) });
      expect(rows.length === 1).toBe(passes);
    },
  );
  await fc.assert(property, { numRuns: 200 });
});
