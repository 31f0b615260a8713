/** Blocks that come, go, and become rows again: nothing of them is lost, and whoever read their window hears of it. */
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSamples } from '../../../../src/core/samples/find-samples.ts';
import { createSampleMonths } from '../../../../src/core/samples/month-partitions.ts';
import { DamagedBlockError } from '../../../../src/core/samples/packed/bits.ts';
import {
  deleteBlocks,
  excludePacking,
  unpackBlocks,
} from '../../../../src/core/samples/packed/write-blocks.ts';
import { isScored, type StoredSample } from '../../../../src/core/samples/stored-sample.ts';
import { inTransaction } from '../../../../src/platform/postgres/transaction.ts';
import { type TestDatabase, withDatabase } from '../../../helpers/database.ts';
import { fc } from '../../../helpers/property.ts';
import { makeScoredSample } from '../../../helpers/scored-sample.ts';
import { until } from '../../../helpers/until.ts';
import {
  anyEnd,
  anySamples,
  FIRST_MS,
  LAST_MS,
  METRICS,
  storeSamples,
} from '../../../helpers/stored-samples.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
  await createSampleMonths(database.pool).ensure([FIRST_MS, LAST_MS]);
});
afterAll(() => database[Symbol.asyncDispose]());

async function readAll(): Promise<readonly StoredSample[]> {
  const ranges = METRICS.map((metricNumber) => ({ metricNumber, fromMs: null, toMs: null }));
  const order = { descending: false, limit: null };
  return (await findSamples(database.pool, ranges, {}, order)).flat();
}

/** Stores samples, all scored ones packed, in a window that was complete. */
async function pack(samples: readonly StoredSample[], blockSize: number): Promise<void> {
  await storeSamples(database.pool, samples, { blockSize, packed: [true] });
  await database.pool.query(
    'DELETE FROM log_window; INSERT INTO log_window (first, last, version, is_complete) VALUES (1, 1000, 5, true)',
  );
}

async function readWindow(): Promise<unknown> {
  const { rows } = await database.pool.query('SELECT version, is_complete FROM log_window');
  return rows[0];
}

async function listBlocks(metricNumber: number): Promise<readonly { lastMs: number; rows: number }[]> {
  const { rows } = await database.pool.query<{ lastMs: number; rows: number }>(
    `SELECT (extract(epoch FROM last_timestamp) * 1000)::float8 AS "lastMs", rows FROM sample_block
     WHERE metric_number = $1 ORDER BY first_timestamp`,
    [metricNumber],
  );
  return rows;
}

const change = (write: (client: pg.PoolClient) => Promise<void>) =>
  inTransaction(database.pool, async (client) => {
    await excludePacking(client);
    await write(client);
  });

describe('blocks of a metric', () => {
  it('become rows again from a time on, with all there was in them, and those before it stay', async () => {
    await fc.assert(
      fc.asyncProperty(
        anySamples,
        fc.integer({ min: 1, max: 12 }),
        anyEnd,
        async (samples, size, afterMs) => {
          await pack(samples, size);
          const before = await listBlocks(1);
          const others = await listBlocks(2);
          await change((client) => unpackBlocks(client, 1, afterMs));
          expect(await readAll()).toEqual(samples);
          const kept = before.filter(({ lastMs }) => afterMs !== null && lastMs <= afterMs);
          expect(await listBlocks(1)).toEqual(kept);
          expect(await listBlocks(2)).toEqual(others);
          const isChanged = kept.length < before.length;
          expect(await readWindow()).toEqual({ version: isChanged ? 6 : 5, is_complete: !isChanged });
        },
      ),
      { numRuns: 15 },
    );
  });

  it('become rows also where they are more than are read at once', async () => {
    const samples = Array.from({ length: 450 }, (_, index) => {
      return { ...makeScoredSample(index + 1), timestampMs: FIRST_MS + index * 60_000 };
    });
    await pack(samples, 1);
    await change((client) => unpackBlocks(client, 1, null));
    expect(await listBlocks(1)).toEqual([]);
    expect(await readAll()).toEqual(samples);
  });

  it('go with all that is in them, and nothing else goes', async () => {
    await fc.assert(
      fc.asyncProperty(anySamples, fc.integer({ min: 1, max: 12 }), async (samples, size) => {
        await pack(samples, size);
        await change((client) => deleteBlocks(client, 1));
        expect(await readAll()).toEqual(
          samples.filter((sample) => sample.metricNumber !== 1 || !isScored(sample)),
        );
      }),
      { numRuns: 10 },
    );
  });

  it('are not taken apart when one of them is damaged: what cannot be read is not lost', async () => {
    const samples = Array.from({ length: 20 }, (_, index) => {
      return { ...makeScoredSample(index + 1), timestampMs: FIRST_MS + index * 60_000 };
    });
    await pack(samples, 5);
    await database.pool.query(
      `UPDATE sample_block SET data = set_byte(data, 8, get_byte(data, 8) # 1) WHERE first_seq = 6`,
    );
    await expect(change((client) => unpackBlocks(client, 1, null))).rejects.toThrow(DamagedBlockError);
    expect((await listBlocks(1)).map(({ rows }) => rows)).toEqual([5, 5, 5, 5]);
    expect(await readWindow()).toEqual({ version: 5, is_complete: true });
    // The others are read, and those behind the damaged one can be taken apart.
    expect((await readAll()).map(({ rowId }) => rowId)).toEqual(
      samples.map(({ rowId }) => rowId).filter((rowId) => rowId < 6 || rowId > 10),
    );
    await change((client) => unpackBlocks(client, 1, samples[9]?.timestampMs ?? null));
    expect((await listBlocks(1)).map(({ rows }) => rows)).toEqual([5, 5]);
  });

  it('change for one at a time', async () => {
    const done: string[] = [];
    let second: Promise<void> | undefined;
    await change(async (client) => {
      second = change(() => Promise.resolve(void done.push('second')));
      await until(async () => {
        const { rows } = await client.query(
          `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        expect(rows).toHaveLength(1);
      });
      done.push('first');
    });
    await second;
    expect(done).toEqual(['first', 'second']);
  });
});
