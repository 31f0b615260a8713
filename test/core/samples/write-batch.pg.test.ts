import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import type { NewScore } from '../../../src/core/samples/new-sample.ts';
import {
  type Batch,
  type Checkpoint,
  EMPTY_BATCH,
  LogMovedError,
  writeBatch,
} from '../../../src/core/samples/write-batch.ts';
import { readLogBounds } from '../../../src/core/score-log/read-log.ts';
import { openClient } from '../../../src/platform/postgres/connection.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';

const DAY_MS = Date.parse('2026-01-05T00:00:00Z');

let database: TestDatabase;
let metricNumber: number;
let rowId = 0;

beforeAll(async () => {
  database = await withDatabase();
  await createSampleMonths(database.pool).ensure([DAY_MS]);
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  const identity = `m${rowId}`;
  const metric = await database.prisma.metric.create({
    data: { datasource: 'CUSTOM', identity, name: identity, server: identity, progress: { create: {} } },
  });
  metricNumber = metric.number;
});

function makeScore(): NewScore {
  rowId += 1;
  return { ...makeScoredSample(0), metricNumber, rowId, timestampMs: DAY_MS + rowId * 1000 };
}

function makeCheckpoint(version: number, scoredRows: number): Checkpoint {
  return { metricNumber, detector: 'd', version, scoredRows, timestampMs: 0, state: new Uint8Array(1) };
}

async function readEnd(): Promise<number> {
  return (await readLogBounds(database.pool)).last;
}

async function write(batch: Partial<Batch>, before?: number): Promise<void> {
  await writeBatch(database.pool, { ...EMPTY_BATCH, ...batch }, before ?? (await readEnd()));
}

async function readOffsets(): Promise<readonly (number | null)[]> {
  const { rows } = await database.pool.query<{ seq: number | null }>(
    'SELECT seq::int AS seq FROM sample WHERE metric_number = $1 ORDER BY "timestamp"',
    [metricNumber],
  );
  return rows.map(({ seq }) => seq);
}

describe('the log of scores', () => {
  it('gets new scores first, then those of the backlog, without a hole behind what was there', async () => {
    const [first, second] = [makeScore(), makeScore()];
    await write({ unscored: [first, second] });
    expect(await readOffsets()).toEqual([null, null]);
    const before = await readEnd();
    await write({ backlog: [first, second], scored: [makeScore(), makeScore(), makeScore()] });
    expect(await readOffsets()).toEqual([4, 5, 1, 2, 3].map((place) => before + place));
    expect(await readEnd()).toBe(before + 5);
  });

  it('stays where it is for a batch without scores', async () => {
    const before = await readEnd();
    await write({ unscored: [makeScore()], checkpoints: [makeCheckpoint(1, 1)] }, 0);
    expect(await readEnd()).toBe(before);
  });

  it.each([-1, 1, 1000])('that ends %d from where the writer knows it to is left alone', async (off) => {
    await write({ scored: [makeScore(), makeScore()] });
    const [end, stored] = [await readEnd(), await readOffsets()];
    await expect(write({ scored: [makeScore()], unscored: [makeScore()] }, end + off)).rejects.toThrow(
      LogMovedError,
    );
    expect([await readEnd(), await readOffsets()]).toEqual([end, stored]);
  });

  it('can be taken by others while the samples are written', async () => {
    const before = await readEnd();
    const holder = await openClient(database.connection, 'lapwing test');
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM metric_progress WHERE metric_number = $1 FOR UPDATE', [metricNumber]);
      const progress = {
        metricNumber,
        lastRowId: 1,
        lastTimestampMs: null,
        scoredRows: 1,
        scoredToMs: null,
        readToMs: null,
      };
      const written = write({ scored: [makeScore()], progress: [progress] }, before);
      const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      while ((await holder.query(waiting)).rowCount === 0);
      await database.pool.query('SELECT FROM score_log FOR UPDATE NOWAIT');
      await holder.query('COMMIT');
      await written;
    } finally {
      await holder.end();
    }
    expect(await readOffsets()).toEqual([before + 1]);
  });
});

it('a batch is stored whole or not at all', async () => {
  const before = await readEnd();
  const score = makeScore();
  await expect(
    write({ unscored: [score], scored: [score], checkpoints: [makeCheckpoint(1, 1)] }),
  ).rejects.toMatchObject({ code: '23505' });
  expect([await readEnd(), await readOffsets()]).toEqual([before, []]);
  expect(await database.prisma.modelCheckpoint.count({ where: { metricNumber } })).toBe(0);
});

it('a checkpoint takes the place of one with fewer rows, or of one that cannot be continued', async () => {
  const stored = () => database.prisma.modelCheckpoint.findUnique({ where: { metricNumber } });
  await write({ checkpoints: [makeCheckpoint(1, 100_000)] });
  await write({ checkpoints: [makeCheckpoint(1, 99_999)] });
  expect(await stored()).toMatchObject({ version: 1, scoredRows: 100_000 });
  await write({ checkpoints: [makeCheckpoint(2, 20_000)] });
  expect(await stored()).toMatchObject({ version: 2, scoredRows: 20_000 });
});
