/** The ranking of metrics by their bars, held against one made in memory. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  readRankedMetrics,
  readRankedRows,
  type RankedPlace,
} from '../../../src/core/metric-lists/rank-metrics.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import { RED_SCORE, YELLOW_SCORE } from '../../../src/detector/likelihood.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { EVERY_METRIC } from './every-metric.ts';

const FROM_MS = Date.parse('2026-05-04T00:00:00Z');
const MINUTES = 60;
const SLOTS = 24;
const RANGE = { minutes: MINUTES, fromMs: FROM_MS, toMs: FROM_MS + SLOTS * MINUTES * 60_000 };
/** The scores of its bars, from the first slot on: the most anomalous first, by what people expect of the order. */
const RANKED: readonly (readonly [name: string, server: string, scores: readonly number[]])[] = [
  ['two-reds', 'a', [RED_SCORE, 1]],
  ['one-red', 'b', [0, 0, RED_SCORE]],
  // No number of lower bars reaches one of a higher class.
  ['yellow-all-day', 'a', Array.from({ length: SLOTS }, () => YELLOW_SCORE)],
  ['one-yellow', 'b', [0.5, YELLOW_SCORE]],
  ['restless-all-day', 'c', Array.from({ length: SLOTS }, () => 0.999)],
  ['restless-an-hour', 'c', [0.999]],
  // Equal ones by name.
  ['calm-1', 'd', [0.2]],
  ['calm-2', 'd', [0, 0.2]],
  ['nothing', 'd', []],
];
const NAMES = RANKED.map(([name]) => name);

let database: TestDatabase;

beforeAll(async () => {
  database = await withDatabase();
  await createSampleMonths(database.pool).ensure([RANGE.fromMs - 3_600_000, RANGE.toMs]);
  // Stored the other way round: the order is none of insertion.
  for (const [name, server, scores] of RANKED.toReversed()) {
    const { rows } = await database.pool.query<{ number: number }>(
      `INSERT INTO metric (datasource, identity, name, server, status) VALUES ('CUSTOM', $1, $1, $2, 'ACTIVE')
       RETURNING number`,
      [name, server],
    );
    await database.pool.query(
      `INSERT INTO bar (metric_number, minutes, start, score, count)
       SELECT $1, $2::int, to_timestamp($3::float8 / 1000) + (place - 1) * make_interval(mins => $2::int), score, 1
       FROM unnest($4::float8[]) WITH ORDINALITY AS bar (score, place)`,
      [rows[0]?.number, MINUTES, FROM_MS, scores],
    );
  }
  // Beside the window, of another width, and made while learning: none of them counts.
  await database.pool.query(
    `INSERT INTO bar (metric_number, minutes, start, score, provisional_score, count)
     SELECT number, minutes, start, score, provisional, 1 FROM metric,
       (VALUES (60, to_timestamp($1::float8 / 1000) - interval '1 hour', 1, NULL::float8),
               (60, to_timestamp($2::float8 / 1000), 1, NULL), (5, to_timestamp($1::float8 / 1000), 1, NULL),
               (60, to_timestamp($1::float8 / 1000), NULL, 1)) AS bar (minutes, start, score, provisional)
     WHERE name = 'nothing'`,
    [RANGE.fromMs, RANGE.toMs],
  );
});
afterAll(() => database[Symbol.asyncDispose]());

async function readPages(limit: number, fromEnd: boolean): Promise<readonly string[]> {
  const names: string[] = [];
  let [after, before]: [RankedPlace | null, RankedPlace | null] = [null, null];
  for (;;) {
    const question = { selection: EVERY_METRIC, range: RANGE, after, before, limit, fromEnd, counted: true };
    const { places, total } = await readRankedMetrics(database.pool, question);
    if (names.length === 0) expect(total).toBe(RANKED.length);
    const last = places.at(-1);
    if (last === undefined) return names;
    names.push(...places.map(({ name }) => name));
    if (fromEnd) before = last;
    else after = last;
  }
}

it.for([1, 2, 4, 100])(
  'gives every metric once, page by page, from both ends, %i at a time',
  async (limit) => {
    expect(await readPages(limit, false)).toEqual(NAMES);
    expect(await readPages(limit, true)).toEqual(NAMES.toReversed());
  },
);

it('makes a row of each resource by the sum of what is worst of it, and counts those beyond the limit', async () => {
  const ask = { selection: EVERY_METRIC, range: RANGE, by: 'RESOURCE', order: 'ANOMALY', limit: 3 } as const;
  const { rows, total } = await readRankedRows(database.pool, ask);
  expect(total).toBe(4);
  expect(rows.map(({ server }) => server)).toEqual(['a', 'b', 'c']);
  expect(rows[0]?.metrics).toHaveLength(2);
  const byName = await readRankedRows(database.pool, { ...ask, order: 'NAME', limit: 100 });
  expect(byName.rows.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
});

it('gives the bars of each metric beside it, those of the window alone', async () => {
  const ask = { selection: EVERY_METRIC, range: RANGE, by: 'METRIC', order: 'ANOMALY', limit: 100 } as const;
  const { rows } = await readRankedRows(database.pool, ask);
  expect(rows.map(({ name }) => name)).toEqual(NAMES);
  for (const [place, [name, , scores]] of RANKED.entries()) {
    const bars = rows[place]?.bars[0]?.toSorted((a, b) => a.startMs - b.startMs) ?? [];
    const expected = scores.map((score, slot) => ({
      startMs: FROM_MS + slot * MINUTES * 60_000,
      score,
      provisionalScore: null,
    }));
    expect(bars, name).toEqual(
      name === 'nothing' ? [{ startMs: FROM_MS, score: null, provisionalScore: 1 }] : expected,
    );
  }
});

it('lists no unmonitored metric as a row, and only what the selection lets through', async () => {
  const selection = { ...EVERY_METRIC, nameContains: 'RED' };
  const page = {
    selection,
    range: RANGE,
    after: null,
    before: null,
    limit: 10,
    fromEnd: false,
    counted: true,
  };
  const { places, total } = await readRankedMetrics(database.pool, page);
  expect([places.map(({ name }) => name), total]).toEqual([['two-reds', 'one-red'], 2]);
  await database.pool.query(`UPDATE metric SET status = 'UNMONITORED' WHERE name = 'one-red'`);
  const rows = { selection, range: RANGE, by: 'METRIC', order: 'ANOMALY', limit: 10 } as const;
  expect((await readRankedRows(database.pool, rows)).rows.map(({ name }) => name)).toEqual(['two-reds']);
  await database.pool.query(`UPDATE metric SET status = 'ACTIVE' WHERE name = 'one-red'`);
});
