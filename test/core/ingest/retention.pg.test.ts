import { describe, expect, it } from 'vitest';
import { createRetain } from '../../../src/core/ingest/retention.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import { createLog } from '../../../src/log.ts';
import { WriteLock } from '../../../src/platform/runtime/write-lock.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';
import { until } from '../../helpers/until.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const at = (text: string) => Date.parse(text);

async function listPartitions(pool: import('pg').Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'sample'::regclass ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

describe('the months of samples', () => {
  it('are made once each, also by two servers at once', async () => {
    await using database = await withDatabase();
    const times = [at('2025-12-31T23:59:59.999Z'), at('2026-01-01T00:00:00Z'), at('1970-01-01T00:00:00Z')];
    await createSampleMonths(database.pool).ensure(times);
    await createSampleMonths(database.pool).ensure(times);
    expect(await listPartitions(database.pool)).toEqual([
      'sample_1970_01',
      'sample_2025_12',
      'sample_2026_01',
    ]);
  });

  it('are dropped only when samples and their arrival are both older than the retention (row 27)', async () => {
    await using database = await withDatabase();
    let now = at('2026-01-10T00:00:00Z');
    const months = createSampleMonths(database.pool, () => now);
    await months.ensure([at('2013-12-05T00:00:00Z'), at('2025-12-20T00:00:00Z'), now]);
    // History pushed today is kept for the whole retention from today on.
    expect(await months.dropBefore(now - 90 * DAY_MS)).toEqual({ dropped: [], inUse: [] });
    now = at('2026-04-15T00:00:00Z');
    await months.ensure([at('2025-12-25T00:00:00Z')]);
    expect(await months.dropBefore(now - 90 * DAY_MS)).toEqual({ dropped: ['sample_2013_12'], inUse: [] });
    now = at('2026-07-20T00:00:00Z');
    expect(await months.dropBefore(now - 90 * DAY_MS)).toEqual({
      dropped: ['sample_2025_12', 'sample_2026_01'],
      inUse: [],
    });
    expect(await listPartitions(database.pool)).toEqual([]);
  });

  it('are two hundred and forty at most, but for those of the last year: the point of one more costs itself', async () => {
    await using database = await withDatabase();
    // 1970-01 to 1989-12, as of a sender that makes up its times.
    await database.pool.query(
      `INSERT INTO sample_month (month, last_write) SELECT generate_series(date '1970-01-01', date '1989-12-01', '1 month'), now()`,
    );
    await using engine = await startEngine(database);
    const thisMs = Date.now();
    const points = [at('2013-12-05T00:00:00Z'), thisMs, thisMs - 300 * DAY_MS, at('2014-01-01T00:00:00Z')];
    const sent = points.map((timestampMs) => ({ metric: 'load', timestampMs, value: 1 }));
    expect(await engine.accept.acceptNamed(sent)).toMatchObject({
      accepted: 2,
      rejected: [
        { index: 0, reason: expect.stringMatching(/240 months .*2013-12-05/) as string },
        { index: 3, reason: expect.stringMatching(/240 months .*2014-01-01/) as string },
      ],
    });
    expect(await listPartitions(database.pool)).toHaveLength(2);
  });

  it('have room again for another month once one was dropped', async () => {
    await using database = await withDatabase();
    let now = at('2026-01-10T00:00:00Z');
    const months = createSampleMonths(database.pool, () => now);
    const old = at('2013-12-05T00:00:00Z');
    await months.ensure([old]);
    await database.pool.query(
      `INSERT INTO sample_month (month, last_write)
       SELECT generate_series(date '1970-01-01', date '1989-11-01', '1 month'), timestamptz '2026-06-01'`,
    );
    await months.load();
    const other = at('2014-01-01T00:00:00Z');
    expect([months.admit(old), months.admit(other)]).toEqual([true, false]);
    now = at('2026-05-01T00:00:00Z');
    expect(await months.dropBefore(now - 90 * DAY_MS)).toEqual({ dropped: ['sample_2013_12'], inUse: [] });
    expect([months.admit(other), months.admit(old), months.admit(now)]).toEqual([true, false, true]);
  });

  it('are kept no longer for having been written to by a clock that was years ahead', async () => {
    await using database = await withDatabase();
    let now = at('2038-01-19T03:14:08Z');
    const months = createSampleMonths(database.pool, () => now);
    await months.ensure([at('2025-12-20T00:00:00Z')]);
    now = at('2026-01-10T00:00:00Z');
    expect(await months.dropBefore(now - 90 * DAY_MS)).toEqual({ dropped: [], inUse: [] });
    now = at('2026-04-09T00:00:00Z');
    expect(await months.dropBefore(now - 90 * DAY_MS)).toEqual({ dropped: [], inUse: [] });
    now = at('2026-04-10T12:00:00Z');
    expect(await months.dropBefore(now - 90 * DAY_MS)).toEqual({ dropped: ['sample_2025_12'], inUse: [] });
  });

  it('leave a floor in the log: what was dropped cannot be resumed from', async () => {
    await using database = await withDatabase();
    let now = at('2026-01-10T00:00:00Z');
    const months = createSampleMonths(database.pool, () => now);
    await months.ensure([now]);
    await database.pool.query('UPDATE score_log SET last = 7');
    await database.pool.query(
      `INSERT INTO sample ("timestamp", value, metric_number, row_id, seq, score) VALUES ('2026-01-05Z', 1, 1, 1, 7, 0)`,
    );
    now += 200 * DAY_MS;
    await months.dropBefore(now - 90 * DAY_MS);
    expect((await database.prisma.scoreLog.findUniqueOrThrow({ where: { id: 1 } })).floor).toBe(7n);
  });
});

describe('retention', () => {
  const openRetention = (database: TestDatabase) => {
    const clock = { nowMs: at('2026-04-15T00:00:00Z'), steadyMs: 0 };
    const months = createSampleMonths(database.pool, () => clock.nowMs);
    const stats = createStats();
    const retain = createRetain({
      months,
      writeLock: new WriteLock(),
      live: { refreshBounds: () => Promise.resolve() },
      stats,
      log: createLog('silent'),
      retentionDays: 90,
      forgetMetrics: () => Promise.resolve(0),
      now: () => clock.nowMs,
      steadyMs: () => clock.steadyMs,
    });
    const pass = (ms: number) => {
      clock.nowMs += ms;
      clock.steadyMs += ms;
    };
    return { clock, months, retain, stats, pass };
  };

  it('does not believe a clock that has jumped ahead before it has gone steadily for an hour', async () => {
    await using database = await withDatabase();
    const { clock, months, retain, pass } = openRetention(database);
    await months.ensure([at('2026-04-10T00:00:00Z')]);
    await retain.run();
    clock.nowMs += 365 * DAY_MS;
    clock.steadyMs += HOUR_MS;
    await retain.run();
    expect(await listPartitions(database.pool)).toEqual(['sample_2026_04']);
    // Set right within the hour: nothing was lost.
    clock.nowMs -= 365 * DAY_MS;
    await retain.run();
    pass(HOUR_MS);
    await retain.run();
    expect(await listPartitions(database.pool)).toEqual(['sample_2026_04']);
  });

  it('does not believe a clock that jumps while it looks', async () => {
    await using database = await withDatabase();
    const { clock, months, retain } = openRetention(database);
    await months.ensure([at('2026-04-10T00:00:00Z')]);
    const looking = retain.run();
    clock.nowMs += 365 * DAY_MS;
    await looking;
    expect(await listPartitions(database.pool)).toEqual(['sample_2026_04']);
  });

  it('does not believe the clock a server finds that has not written for days, at once', async () => {
    await using database = await withDatabase();
    {
      const { months } = openRetention(database);
      await months.ensure([at('2026-04-10T00:00:00Z')]);
    }
    const { clock, retain, pass } = openRetention(database);
    clock.nowMs += 365 * DAY_MS;
    await retain.run();
    expect(await listPartitions(database.pool)).toEqual(['sample_2026_04']);
    pass(HOUR_MS);
    await retain.run();
    expect(await listPartitions(database.pool)).toEqual([]);
  });

  it('drops at the start what is due of a server that was away for a moment', async () => {
    await using database = await withDatabase();
    const { months, retain, stats } = openRetention(database);
    await months.ensure([at('2026-04-10T00:00:00Z')]);
    await database.pool.query(`INSERT INTO sample_month VALUES ('2013-12-01', '2025-12-01Z')`);
    await database.pool.query(
      `CREATE TABLE sample_2013_12 PARTITION OF sample FOR VALUES FROM ('2013-12-01Z') TO ('2014-01-01Z');
       CREATE TABLE sample_block_2013_12 PARTITION OF sample_block FOR VALUES FROM ('2013-12-01Z') TO ('2014-01-01Z');
       CREATE TABLE bar_2013_12 PARTITION OF bar FOR VALUES FROM ('2013-12-01Z') TO ('2014-01-01Z')`,
    );
    await retain.run();
    expect(stats.read('partitions_dropped')).toBe(1);
    expect(await listPartitions(database.pool)).toEqual(['sample_2026_04']);
  });

  it('drops what somebody reads once that has ended', async () => {
    await using database = await withDatabase();
    const { clock, months, retain, pass } = openRetention(database);
    await months.ensure([at('2026-04-10T00:00:00Z')]);
    await retain.run();
    pass(HOUR_MS);
    clock.nowMs += 365 * DAY_MS;
    await retain.run();
    pass(HOUR_MS);
    const reader = await database.pool.connect();
    await reader.query('BEGIN');
    await reader.query('SELECT count(*) FROM sample');
    const running = retain.run();
    await until(async () => {
      const { rows } = await database.pool.query(
        `SELECT FROM pg_locks WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND NOT granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      expect(rows.length).toBeGreaterThan(0);
    });
    await reader.query('COMMIT');
    reader.release();
    await running;
    expect(await listPartitions(database.pool)).toEqual([]);
  });
});
