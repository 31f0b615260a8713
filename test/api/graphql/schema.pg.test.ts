import { readFile } from 'node:fs/promises';
import { beforeAll, afterAll, expect, test } from 'vitest';
import { readSchema } from '../../../prisma/read-schema.ts';
import { diffMigrations } from '../../../prisma/schema-engine.ts';
import { MIGRATIONS_FOLDER, readMigrations } from '../../../src/platform/postgres/migration-files.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await withDatabase();
  await database.pool.query(
    `CREATE TABLE sample_2026_03 PARTITION OF sample FOR VALUES FROM ('2026-03-01Z') TO ('2026-04-01Z')`,
  );
});
afterAll(() => database[Symbol.asyncDispose]());

const diff = async (change: (schema: string) => string) =>
  diffMigrations(
    database.connection,
    change(await readSchema()),
    await readMigrations(),
    await readFile(`${MIGRATIONS_FOLDER}/migration_lock.toml`, 'utf8'),
  );

test('the migrations make what the data model says', async () => {
  expect(await diff((schema) => schema)).toBeNull();
});

test('a field that no migration makes is found, with the SQL that would make it', async () => {
  const sql = await diff((schema) => schema.replace('model Metric {', 'model Metric {\n  shoeSize Int?'));
  expect(sql).toContain('ALTER TABLE "metric" ADD COLUMN     "shoeSize" INTEGER');
});

interface Row {
  readonly value?: number;
  readonly rowId?: number;
  readonly score?: number | null;
  readonly seq?: number | null;
  readonly low?: number;
  readonly high?: number;
}

const insert = ({ value = 1, rowId = 1, score = null, seq = null, low = 0, high = 1 }: Row) =>
  database.pool.query(
    `INSERT INTO sample (metric_number, timestamp, row_id, value, score, seq, low, high)
     VALUES (1, $1, $2, $3, $4, $5, $6, $7)`,
    [new Date(Date.UTC(2026, 2, 1, 0, 0, rowId)), rowId, value, score, seq, low, high],
  );

test.each([
  ['a value that is no number', { value: Number.NaN }, 'sample_value_finite'],
  ['an infinite value', { value: Infinity }, 'sample_value_finite'],
  ['a value below all numbers', { value: -Infinity }, 'sample_value_finite'],
  ['a score above one', { score: 1.1 }, 'sample_score_range'],
  ['a score that is no number', { score: Number.NaN }, 'sample_score_range'],
  ['a band upside down', { low: 2, high: 1 }, 'sample_band_order'],
  ['a place in the log without a score', { seq: 1 }, 'sample_logged_is_scored'],
  ['a row id of zero', { rowId: 0 }, 'sample_row_id_positive'],
])('a sample with %s is refused', async (_, row: Row, constraint) => {
  await expect(insert(row)).rejects.toMatchObject({ constraint });
});

test('a scored and an unscored sample are stored, and the same time only once', async () => {
  await insert({ rowId: 1, value: -1.5e300 });
  await insert({ rowId: 2, score: 1, seq: 1 });
  await expect(insert({ rowId: 2 })).rejects.toMatchObject({ code: '23505' });
});

test('the log of scores has one row', async () => {
  const second = database.pool.query(`INSERT INTO score_log (id, epoch) VALUES (2, 'x')`);
  await expect(second).rejects.toMatchObject({ constraint: 'score_log_single' });
});
