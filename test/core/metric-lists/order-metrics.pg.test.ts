/** Lists of any metrics, by any choice and in any order, page by page from either end, against a list in memory. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type OrderedPlace,
  type PlainOrder,
  readOrderedMetrics,
} from '../../../src/core/metric-lists/order-metrics.ts';
import { countMetrics, type MetricSelection } from '../../../src/core/metric-lists/select-metrics.ts';
import type { MetricEntry } from '../../../src/core/metrics/registry.ts';
import { compileMetricTest } from '../../../src/core/score-log/score-filter.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { fc } from '../../helpers/property.ts';
import { EVERY_METRIC } from './every-metric.ts';

const RANGE = { minutes: 60, fromMs: 0, toMs: 3_600_000 };
const FIRST_MS = Date.parse('2026-01-01T00:00:00Z');

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
  await database.pool.query(`INSERT INTO account (name) VALUES ('team')`);
});
afterAll(() => database[Symbol.asyncDispose]());

/** What LIKE, arrays and orders stumble over; names of more than 200 letters are alike in an index. */
const piece = fc.constantFrom(
  'a',
  'A',
  'b',
  'B',
  '%',
  '_',
  '\\',
  '*',
  '?',
  'é',
  'É',
  '💥',
  '\ufffd',
  '{',
  '"',
  ',',
  'NULL',
  'x'.repeat(200),
);
const text = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
const anyMetric = fc.record({
  name: text,
  server: fc.constantFrom('s', 'S', 's%', 's\\'),
  accountId: fc.constantFrom(1, 2),
  datasource: fc.constantFrom('CUSTOM' as const, 'HOST' as const),
  status: fc.constantFrom('ACTIVE' as const, 'UNMONITORED' as const, 'ERROR' as const),
  createdMs: fc.constantFrom(0, 1, 2, 1000).map((ms) => FIRST_MS + ms),
  lastTimestampMs: fc.constantFrom(null, 0, 1, 5).map((ms) => (ms === null ? null : FIRST_MS + ms)),
});
type Given = ReturnType<typeof toGiven>;
const toGiven = (metric: Parameters<Parameters<typeof anyMetric.map>[0]>[0]) => ({
  ...metric,
  id: randomUUID(),
});
const anyMetrics = fc.array(anyMetric, { maxLength: 25, size: 'max' });

async function store(metrics: readonly Given[]): Promise<void> {
  await database.pool.query('DELETE FROM metric_progress; DELETE FROM metric');
  await database.pool.query(
    `INSERT INTO metric (id, account_id, datasource, identity, name, server, status, created_at)
     SELECT (m->>'id')::uuid, (m->>'accountId')::int, (m->>'datasource')::datasource, m->>'id', m->>'name', m->>'server',
       (m->>'status')::metric_status, to_timestamp((m->>'createdMs')::float8 / 1000) FROM json_array_elements($1) AS m`,
    [JSON.stringify(metrics)],
  );
  await database.pool.query(
    `INSERT INTO metric_progress (metric_number, last_timestamp)
     SELECT number, to_timestamp((m->>'lastTimestampMs')::float8 / 1000)
     FROM json_array_elements($1) AS m JOIN metric ON metric.id = (m->>'id')::uuid`,
    [JSON.stringify(metrics)],
  );
}

const someOf = <T>(values: readonly T[]) => fc.option(fc.subarray([...values]), { freq: 3 });
/** Wildcards are escaped by a backslash, or none of them. */
const pattern = fc
  .array(
    fc.oneof(
      piece.filter((one) => one !== '\\'),
      fc.constantFrom('\\\\', '\\*', '\\?'),
    ),
    { maxLength: 4 },
  )
  .map((pieces) => pieces.join(''));
const selection: fc.Arbitrary<MetricSelection> = fc.record({
  ...{ ids: fc.constant(null), locations: fc.constant(null), autostackIds: fc.constant(null) },
  ...{ memberOfAutostackIds: fc.constant(null), tags: fc.constant([]), leastScore: fc.constant(null) },
  accountId: fc.option(fc.constantFrom(1, 2, 3), { freq: 2 }),
  names: fc.option(fc.array(text, { maxLength: 4 }), { freq: 5 }),
  nameContains: fc.option(text, { freq: 3 }),
  namePattern: fc.option(pattern, { freq: 3 }),
  datasources: someOf(['CUSTOM', 'HOST', 'CLOUDWATCH'] as const),
  statuses: someOf(['ACTIVE', 'UNMONITORED', 'ERROR'] as const),
  servers: someOf(['s', 'S', 's%', 's\\', '%']),
});

/** As subscriptions choose metrics, in memory. */
function choose(metrics: readonly Given[], asked: MetricSelection): readonly Given[] {
  const { accountId, names, nameContains, namePattern, datasources, statuses, servers } = asked;
  const test = compileMetricTest({
    ...(accountId === null ? {} : { accountId }),
    ...(names === null ? {} : { names }),
    ...(nameContains === null ? {} : { nameContains }),
    ...(namePattern === null ? {} : { namePattern }),
    ...(datasources === null ? {} : { datasources }),
    ...(servers === null ? {} : { servers }),
  });
  // What of an entry the test looks at.
  return metrics.filter(
    (metric) => test(metric as unknown as MetricEntry) && statuses?.includes(metric.status) !== false,
  );
}

/** By code points, as the database has it. */
function compareTexts(a: string, b: string): number {
  const [left, right] = [a, b].map((one) => Array.from(one, (character) => character.codePointAt(0) ?? 0));
  for (const [index, code] of (left ?? []).entries()) {
    const other = right?.[index];
    if (other === undefined) return 1;
    if (code !== other) return code - other;
  }
  return (left?.length ?? 0) - (right?.length ?? 0);
}

const COMPARE: Readonly<Record<PlainOrder, (a: Given, b: Given) => number>> = {
  NAME: (a, b) => compareTexts(a.name, b.name) || compareTexts(a.id, b.id),
  // The newest first.
  CREATED: (a, b) => b.createdMs - a.createdMs || compareTexts(b.id, a.id),
  LAST_TIMESTAMP: (a, b) =>
    (b.lastTimestampMs ?? -Infinity) - (a.lastTimestampMs ?? -Infinity) || compareTexts(b.id, a.id) || 0,
};

async function readPages(
  order: PlainOrder,
  asked: MetricSelection,
  { limit, fromEnd }: { readonly limit: number; readonly fromEnd: boolean },
): Promise<{ readonly ids: readonly string[]; readonly totals: ReadonlySet<number | null> }> {
  const ids: string[] = [];
  const totals = new Set<number | null>();
  let place: OrderedPlace | null = null;
  for (;;) {
    const side: Pick<Parameters<typeof readOrderedMetrics>[1], 'after' | 'before'> = fromEnd
      ? { after: null, before: place }
      : { after: place, before: null };
    const question = { order, selection: asked, range: RANGE, ...side, limit, fromEnd, counted: true };
    const { places, total } = await readOrderedMetrics(database.pool, question);
    if (places.length > 0 || place === null) totals.add(total);
    ids.push(...places.map(({ id }) => id));
    const last = places.at(-1);
    if (last === undefined || places.length < limit) return { ids, totals };
    // As a cursor carries it.
    place = JSON.parse(JSON.stringify(last)) as OrderedPlace;
  }
}

it.each(['NAME', 'CREATED', 'LAST_TIMESTAMP'] as const)(
  'a list by %s has every chosen metric once',
  async (order) => {
    const walk = fc.record({ limit: fc.integer({ min: 1, max: 12 }), fromEnd: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(anyMetrics, selection, walk, async (list, asked, pages) => {
        const metrics = list.map(toGiven);
        await store(metrics);
        const wanted = choose(metrics, asked)
          .toSorted(COMPARE[order])
          .map(({ id }) => id);
        const { ids, totals } = await readPages(order, asked, pages);
        expect(ids).toEqual(pages.fromEnd ? wanted.toReversed() : wanted);
        expect([...totals]).toEqual([wanted.length]);
        expect(await countMetrics(database.pool, asked, RANGE)).toBe(wanted.length);
      }),
      { numRuns: 25, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
    );
  },
);

it('between two places lie those that are there, whatever came or went', async () => {
  await fc.assert(
    fc.asyncProperty(anyMetrics, fc.nat(25), fc.nat(25), async (list, from, to) => {
      const metrics = list.map(toGiven).toSorted(COMPARE.NAME);
      await store(metrics);
      const placeOf = (index: number) => {
        const metric = metrics[index];
        return metric === undefined ? null : { value: metric.name, id: metric.id };
      };
      const between = { after: placeOf(from), before: placeOf(to) };
      const question = {
        order: 'NAME',
        selection: EVERY_METRIC,
        range: RANGE,
        ...between,
        limit: 30,
      } as const;
      const { places } = await readOrderedMetrics(database.pool, {
        ...question,
        fromEnd: false,
        counted: false,
      });
      const [first, end] = [from < metrics.length ? from + 1 : 0, Math.min(to, metrics.length)];
      expect(places.map(({ id }) => id)).toEqual(
        metrics.slice(first, Math.max(first, end)).map(({ id }) => id),
      );
    }),
    { numRuns: 15 },
  );
});
