import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import { EMPTY_BATCH, writeBatch } from '../../../src/core/samples/write-batch.ts';
import { readLogBounds } from '../../../src/core/score-log/read-log.ts';
import { lockUntilCommit } from '../../../src/platform/postgres/transaction-lock.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';
import { until } from '../../helpers/until.ts';

const at = (time: string) => Date.parse(`${time}Z`);
const NOW_MS = at('2026-06-15T12:00');

let database: TestDatabase;

beforeAll(async () => {
  database = await withDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

/** Names of the partitions of a table, `sample` for example. */
async function listPartitions(table: string): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = $1::regclass ORDER BY c.relname`,
    [table],
  );
  return rows.map(({ name }) => name);
}

const makeMonths = (nowMs = NOW_MS) => createSampleMonths(database.pool, () => nowMs);

beforeEach(async () => {
  await createSampleMonths(database.pool, () => at('2999-01-01T00:00')).dropBefore(at('2999-01-01T00:00'));
  await database.pool.query(
    `DO $$ DECLARE name text; BEGIN
       FOR name IN SELECT inhrelid::regclass FROM pg_inherits
         WHERE inhparent IN ('sample'::regclass, 'sample_block'::regclass, 'bar'::regclass)
       LOOP EXECUTE 'DROP TABLE ' || name; END LOOP;
     END $$; DELETE FROM sample_month; UPDATE score_log SET floor = 0, last = 0`,
  );
});

describe('the partitions of a month', () => {
  it('are made of all tables, by the month in UTC, once', async () => {
    const months = makeMonths();
    const times = [
      '2026-05-31T23:59:59.999',
      '2026-06-01T00:00',
      '2026-06-30T23:59',
      '1970-01-01T00:00',
      '2027-12-31T00:00',
    ];
    await months.ensure(times.map(at));
    await months.ensure(times.map(at));
    for (const table of ['sample', 'sample_block', 'bar']) {
      expect(await listPartitions(table)).toEqual(
        ['1970_01', '2026_05', '2026_06', '2027_12'].map((month) => `${table}_${month}`),
      );
    }
  });

  it('are made by one of those who find none at once, and noted by all', async () => {
    const writers = Array.from({ length: 8 }, () => makeMonths());
    await Promise.all(
      writers.map((months) => months.ensure([at('2026-06-01T00:00'), at('2026-07-01T00:00')])),
    );
    expect(await listPartitions('sample')).toEqual(['sample_2026_06', 'sample_2026_07']);
  });

  it('stay when somebody begins to write to them while they are being dropped', async () => {
    await makeMonths(at('2026-01-01T00:00')).ensure([at('2026-01-01T00:00')]);
    const writer = await database.pool.connect();
    await writer.query('BEGIN');
    await lockUntilCommit(writer, 'months');
    await writer.query('UPDATE sample_month SET last_write = $1', [new Date(NOW_MS)]);
    const dropping = makeMonths().dropBefore(at('2026-06-01T00:00'));
    await until(async () => {
      const { rows } = await database.pool.query(
        `SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
         WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()`,
      );
      expect(rows).toHaveLength(1);
    });
    await writer.query('COMMIT');
    writer.release();
    expect(await dropping).toEqual({ dropped: [], inUse: [] });
    expect(await listPartitions('sample')).toEqual(['sample_2026_01']);
    expect(await makeMonths().dropBefore(at('2026-07-01T00:00'))).toEqual({
      dropped: ['sample_2026_01'],
      inUse: [],
    });
  });

  it('take a sample of their first and of their last millisecond', async () => {
    const times = [at('2026-02-01T00:00'), at('2026-02-28T23:59:59.999'), at('2024-02-29T23:59:59.999')];
    await makeMonths().ensure(times);
    const unscored = times.map((timestampMs, index) => ({
      ...makeScoredSample(0),
      rowId: index + 1,
      timestampMs,
    }));
    await writeBatch(database.pool, { ...EMPTY_BATCH, unscored });
    const { rows } = await database.pool.query<{ name: string; count: number }>(
      'SELECT tableoid::regclass::text AS name, count(*)::int AS count FROM sample GROUP BY 1 ORDER BY 1',
    );
    expect(rows).toEqual([
      { name: 'sample_2024_02', count: 1 },
      { name: 'sample_2026_02', count: 2 },
    ]);
  });

  it('are made by one of many that need them at the same time', async () => {
    const times = [at('2026-03-01T00:00'), at('2026-04-01T00:00')];
    await Promise.all(Array.from({ length: 8 }, () => makeMonths().ensure(times)));
    expect(await listPartitions('sample')).toEqual(['sample_2026_03', 'sample_2026_04']);
  });
});

describe('what retention drops', () => {
  it('is months that end before and were not written to since', async () => {
    await makeMonths(at('2026-02-10T00:00')).ensure([at('2026-01-05T00:00'), at('2026-02-05T00:00')]);
    // Late points of January, written in June.
    await makeMonths(NOW_MS).ensure([at('2025-12-05T00:00')]);
    const months = makeMonths();
    expect(await months.dropBefore(at('2026-02-28T00:00'))).toEqual({
      dropped: ['sample_2026_01'],
      inUse: [],
    });
    expect(await listPartitions('bar')).toEqual(['bar_2025_12', 'bar_2026_02']);
    expect(await months.dropBefore(at('2026-03-01T00:00'))).toEqual({
      dropped: ['sample_2026_02'],
      inUse: [],
    });
    expect(await months.dropBefore(at('2026-03-01T00:00'))).toEqual({ dropped: [], inUse: [] });
  });

  it('takes the log with it: cursors into it expire, and no others', async () => {
    const [january, march] = [at('2026-01-05T00:00'), at('2026-03-05T00:00')];
    const months = makeMonths(at('2026-03-06T00:00'));
    await makeMonths(january).ensure([january]);
    await months.ensure([march]);
    const scored = [january, january + 1000, march].map((timestampMs, index) => ({
      ...makeScoredSample(0),
      rowId: index + 1,
      timestampMs,
    }));
    await writeBatch(database.pool, { ...EMPTY_BATCH, scored }, 0);
    await months.dropBefore(at('2026-02-15T00:00'));
    expect(await readLogBounds(database.pool)).toMatchObject({ floor: 2, last: 3 });
  });

  it('stays while a snapshot reads samples, and nobody waits for its end', async () => {
    const january = at('2026-01-05T00:00');
    await makeMonths(january).ensure([january]);
    const months = makeMonths();
    await months.ensure([NOW_MS]);
    const reader = await database.pool.connect();
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.query(`SELECT count(*) FROM sample WHERE "timestamp" > '2026-05-01Z'`);
    const beganMs = performance.now();
    const dropping = months.dropBefore(at('2026-05-01T00:00'));
    await until(async () => {
      const { rows } = await database.pool.query(
        `SELECT FROM pg_locks WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND NOT granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      expect(rows.length).toBeGreaterThan(0);
    });
    // Behind the one that waits to drop it.
    await database.pool.query('SELECT count(*) FROM sample');
    expect(await dropping).toEqual({ dropped: [], inUse: ['sample_2026_01'] });
    // PostgreSQL would have let it wait for as long as a statement may take, 15 s.
    expect(performance.now() - beganMs).toBeLessThan(5_000);
    await reader.query('COMMIT');
    reader.release();
    expect(await months.dropBefore(at('2026-05-01T00:00'))).toEqual({
      dropped: ['sample_2026_01'],
      inUse: [],
    });
  });

  it('can be written to again', async () => {
    const january = at('2026-01-05T00:00');
    await makeMonths(january).ensure([january]);
    const months = makeMonths();
    await months.ensure([NOW_MS]);
    await months.dropBefore(at('2026-05-01T00:00'));
    await months.ensure([january]);
    expect(await listPartitions('sample')).toEqual(['sample_2026_01', 'sample_2026_06']);
  });
});

it('when samples were last written is known to a day, and null where none were', async () => {
  expect(await makeMonths().lastWriteMs()).toBeNull();
  await makeMonths().ensure([at('2026-01-05T00:00')]);
  expect(await makeMonths().lastWriteMs()).toBe(NOW_MS);
});
