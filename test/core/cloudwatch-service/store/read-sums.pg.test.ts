import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BucketQuestion } from '../../../../src/core/cloudwatch-service/store/bucket.ts';
import { readSums } from '../../../../src/core/cloudwatch-service/store/read-sums.ts';
import { type TestDatabase, withDatabase } from '../../../helpers/database.ts';

const START_MS = Date.UTC(2026, 10, 1);
const MINUTES = 90;
const DAY_MS = 86_400_000;
const hash = (name: string) => createHash('sha256').update(name).digest();

/** What stands in the minute: two units beside each other in most, neither in some. */
const rows = Array.from({ length: MINUTES }, (_, minute) =>
  [3, 14].flatMap((unit) => {
    if (minute % 7 === 0 || (unit === 14 && minute % 4 === 0)) return [];
    return [{ minute, unit, sum: minute * 0.1 + unit, count: 2, minimum: -minute - unit, maximum: minute }];
  }),
).flat();

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
  const { pool } = database;
  await pool.query(`INSERT INTO cloudwatch_account (name) VALUES ('sums') ON CONFLICT DO NOTHING`);
  const { rows: series } = await pool.query<{ id: number }>(
    `INSERT INTO cloudwatch_series (account_id, hash, namespace, name)
     SELECT (SELECT min(id) FROM cloudwatch_account), hash, 'Sums', 'm'
     FROM unnest($1::bytea[]) WITH ORDINALITY AS given (hash, place) ORDER BY place RETURNING id`,
    [[hash('mixed'), hash('extreme')]],
  );
  const [mixed, extreme] = series.map(({ id }) => id);
  const insert = `INSERT INTO cloudwatch_aggregate
    (series_id, timestamp, unit, sum, sample_count, minimum, maximum) VALUES ($1, $2, $3, $4, $5, $6, $7)`;
  for (const { minute, unit, sum, count, minimum, maximum } of rows) {
    const time = new Date(START_MS + minute * 60_000);
    await pool.query(insert, [mixed, time, unit, sum, count, minimum, maximum]);
  }
  // Numbers a text might round, and a time before 2000.
  const early = new Date(-123_456_000);
  await pool.query(insert, [extreme, early, 0, 0.1 + 0.2, 1e-300, -Number.MAX_VALUE, Number.MIN_VALUE]);
});
afterAll(() => database[Symbol.asyncDispose]());

const ask = (periodSeconds: number, change: Partial<BucketQuestion> = {}): BucketQuestion => ({
  hash: hash('mixed'),
  startMs: START_MS,
  endMs: START_MS + MINUTES * 60_000,
  periodSeconds,
  unit: null,
  ...change,
});

/** The same, added up by hand, in no order of units. */
function addUp(periodSeconds: number, unit: number | null): ReadonlyMap<string, readonly number[]> {
  const sums = new Map<string, readonly number[]>();
  for (const row of rows) {
    if (unit !== null && row.unit !== unit) continue;
    const period = Math.floor((row.minute * 60) / periodSeconds);
    const key = `${period} ${row.unit}`;
    const [sum = 0, count = 0, minimum = Infinity, maximum = -Infinity] = sums.get(key) ?? [];
    sums.set(key, [
      sum + row.sum,
      count + row.count,
      Math.min(minimum, row.minimum),
      Math.max(maximum, row.maximum),
    ]);
  }
  return sums;
}

test.each([
  ['as they are stored', 60, null],
  ['in periods of a few minutes', 300, null],
  ['in long periods', 1_800, null],
  ['of one unit', 300, 14],
  ['of one unit, in long periods', 900, 14],
])('sums are read %s, each unit by itself, in time order', async (_how, periodSeconds, unit) => {
  const [buckets = []] = await readSums(database.pool, [ask(periodSeconds, { unit })]);
  const found = buckets.map(({ startMs, unit: own, aggregate }) => {
    const { sum, sampleCount, minimum, maximum } = aggregate;
    const period = (startMs - START_MS) / 1000 / periodSeconds;
    return [`${period} ${own}`, [Number(sum.toFixed(9)), sampleCount, minimum, maximum]] as const;
  });
  const wanted = [...addUp(periodSeconds, unit)].map(
    ([key, [sum = 0, ...others]]) => [key, [Number(sum.toFixed(9)), ...others]] as const,
  );
  expect(new Map(found)).toEqual(new Map(wanted));
  expect(found).toHaveLength(wanted.length);
  const starts = buckets.map(({ startMs }) => startMs);
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
});

test('each of many questions is answered in its place, whatever statements they are read by', async () => {
  // Ranges so long that each statement holds but a few, with strangers and both kinds of periods between.
  const long = { endMs: START_MS + 30 * DAY_MS };
  const questions = Array.from({ length: 12 }, (_, i) =>
    i % 3 === 2
      ? ask(60, { ...long, hash: hash('nobody') })
      : ask(i % 2 === 0 ? 60 : 3_600, { ...long, startMs: START_MS + i * 60_000 }),
  );
  const answers = await readSums(database.pool, questions);
  const counts = answers.map((buckets) =>
    buckets.reduce((sum, { aggregate }) => sum + aggregate.sampleCount, 0),
  );
  expect(counts).toEqual(
    questions.map((_, i) => (i % 3 === 2 ? 0 : 2 * rows.filter(({ minute }) => minute >= i).length)),
  );
});

test('numbers and times come as they were stored, to the last bit', async () => {
  const range = { hash: hash('extreme'), startMs: -200_000_000, endMs: 0 };
  const [buckets] = await readSums(database.pool, [ask(1, range)]);
  expect(buckets).toEqual([
    {
      startMs: -123_456_000,
      unit: 0,
      aggregate: {
        sum: 0.1 + 0.2,
        sampleCount: 1e-300,
        minimum: -Number.MAX_VALUE,
        maximum: Number.MIN_VALUE,
        pairs: null,
      },
    },
  ]);
});
