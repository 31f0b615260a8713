/** What a backup has of months that retention drops meanwhile. */
import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSampleMonths } from '../../../../src/core/samples/month-partitions.ts';
import { EMPTY_BATCH, writeBatch } from '../../../../src/core/samples/write-batch.ts';
import { createBackup } from '../../../../src/core/transfer/backup/create-backup.ts';
import { inTransaction } from '../../../../src/platform/postgres/transaction.ts';
import { type TestDatabase, withDatabase } from '../../../helpers/database.ts';
import { makeScoredSample } from '../../../helpers/scored-sample.ts';
import { until } from '../../../helpers/until.ts';

const [JANUARY, JUNE] = [Date.parse('2026-01-05T00:00Z'), Date.parse('2026-06-05T00:00Z')];
const MONTH = 'sample_2026_01';

let database: TestDatabase;

beforeAll(async () => {
  database = await withDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

beforeEach(async () => {
  await createSampleMonths(database.pool, () => JANUARY).ensure([JANUARY]);
  await createSampleMonths(database.pool, () => JUNE).ensure([JUNE]);
  const samples = [JANUARY, JUNE].map((timestampMs, row) => {
    return { ...makeScoredSample(0), rowId: row + 1, timestampMs };
  });
  await database.pool.query('DELETE FROM sample');
  await writeBatch(database.pool, { ...EMPTY_BATCH, unscored: samples });
});

/** The months its header names, and those of its samples. */
function readMonths(backup: string): { readonly named: readonly string[]; readonly held: readonly string[] } {
  const [head = '', ...lines] = backup.split('\n');
  const { months } = JSON.parse(head) as { readonly months: readonly string[] };
  const from = lines.indexOf('{"table":"sample"}');
  const rows = lines.slice(from + 1, lines.indexOf('\\.', from));
  expect(from).toBeGreaterThan(0);
  return { named: months, held: rows.map((row) => /2026-\d\d/.exec(row)?.[0] ?? row) };
}

const backUp = (client: pg.PoolClient) => createBackup(client, '0.0.0', () => undefined);
const readAll = () => inTransaction(database.pool, (client) => text(Readable.from(backUp(client))));

describe('a backup, while retention drops a month', () => {
  it('has none of a month that was being dropped as it began', async () => {
    const dropper = await database.pool.connect();
    await dropper.query('BEGIN');
    await dropper.query(`DELETE FROM sample_month WHERE month = '2026-01-01'`);
    await dropper.query(`DROP TABLE ${MONTH}, sample_block_2026_01, bar_2026_01`);
    const reading = readAll();
    await until(async () => {
      const { rows } = await database.pool.query(
        `SELECT FROM pg_locks WHERE locktype = 'relation' AND mode = 'AccessShareLock' AND NOT granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      expect(rows.length).toBeGreaterThan(0);
    });
    await dropper.query('COMMIT');
    dropper.release();
    expect(readMonths(await reading)).toEqual({ named: ['2026-06'], held: ['2026-06'] });
  });

  it('has all of a month that is to be dropped when it has begun', async () => {
    const months = createSampleMonths(database.pool, () => JUNE);
    const parts: Buffer[] = [];
    await inTransaction(database.pool, async (client) => {
      for await (const part of backUp(client)) {
        if (parts.push(part) > 1) continue;
        // Only its head is read so far.
        expect(await months.dropBefore(JUNE)).toEqual({ dropped: [], inUse: [MONTH] });
      }
    });
    expect(readMonths(Buffer.concat(parts).toString())).toEqual({
      named: ['2026-01', '2026-06'],
      held: ['2026-01', '2026-06'],
    });
    expect((await months.dropBefore(JUNE)).dropped).toEqual([MONTH]);
  });
});
