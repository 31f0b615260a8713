/** What packing does to samples that change, come late, or are dropped, and what disturbs it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import { DAMAGED_BLOCKS } from '../../../src/core/samples/packed/open-block.ts';
import { readSeries } from '../../../src/core/samples/read-series.ts';
import { readSamples } from '../../../src/core/samples/read-samples.ts';
import { excludePacking, unpackBlocks } from '../../../src/core/samples/packed/write-blocks.ts';
import { rewindScores } from '../../../src/core/ingest/write-rewind.ts';
import { clearScores, deleteRows } from '../../../src/core/monitoring/write-status.ts';
import { Packer } from '../../../src/core/packing/packer.ts';
import { createLog } from '../../../src/log.ts';
import { inTransaction } from '../../../src/platform/postgres/transaction.ts';
import { createStats, type Stats } from '../../../src/platform/telemetry/metrics.ts';
import { createNoise } from '../../detector/series.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { startEngine, type TestEngine, untilStatus } from '../../helpers/start-engine.ts';

const FIRST_MS = Date.parse('2026-01-30T00:00:00Z');
const STEP_MS = 300_000;
const ROWS = 900;

let database: TestDatabase;
let engine: TestEngine;
let stats: Stats;

beforeEach(async () => {
  database = await withDatabase();
  engine = await startEngine(database, { settings: { LAPWING_PACK_AFTER_HOURS: '0' } });
  stats = createStats();
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function createPacker(
  options: {
    readonly saveProgress?: () => Promise<void>;
    readonly windowSize?: number;
    readonly packAfterHours?: number;
    readonly partSize?: number;
    readonly isBusy?: () => boolean;
  } = {},
) {
  return new Packer({
    pool: database.pool,
    stats,
    log: createLog('silent'),
    packAfterHours: 0.0001,
    countMetrics: () => 1,
    saveProgress: () => engine.saveProgress(),
    isBusy: () => false,
    windowSize: 200,
    ...options,
  });
}

async function monitor(name: string, rows = ROWS): Promise<{ readonly id: string; readonly number: number }> {
  const noise = createNoise(name.length);
  await engine.accept.acceptNamed(
    Array.from({ length: rows }, (_, row) => ({
      metric: name,
      timestampMs: FIRST_MS + row * STEP_MS,
      value: 50 + noise() + (row % 300 === 299 ? 500 : 0),
    })),
  );
  const model = { min: 0, max: 1000 };
  const id = await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model });
  await untilStatus(engine, id, 'ACTIVE');
  return { id, number: engine.registry.byId(id)?.number ?? 0 };
}

const EVERYTHING = {
  fromMs: null,
  toMs: null,
  afterMs: null,
  beforeMs: null,
  minScore: null,
  descending: false,
  limit: 100_000,
};

async function read(number: number) {
  return (await readSamples(database.pool, [number], EVERYTHING)).get(number) ?? [];
}

async function count(sql: string): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${sql}`);
  return rows[0]?.count ?? -1;
}

/** For what keeps them from replacing rows. */
const WAITING_PACKERS = `pg_locks WHERE locktype = 'advisory' AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

describe('packing', () => {
  it('leaves what is younger than asked for, and the rest of a window that is not full', async () => {
    const { number } = await monitor('m');
    const before = await read(number);
    await createPacker().packDue();
    expect(await count('sample')).toBe(100);
    expect(await count('log_window WHERE is_complete')).toBe(4);
    expect(stats.read('samples_packed')).toBe(800);
    expect(await read(number)).toEqual(before);
    const young = createPacker({ windowSize: 101, packAfterHours: 1 });
    await engine.accept.acceptNamed([{ metric: 'm', timestampMs: Date.now(), value: 50 }]);
    await young.packDue();
    expect(await count('sample')).toBe(101);
  });

  it('keeps late points of a packed time, finds those stored already, and counts each once', async () => {
    const { number } = await monitor('m');
    await createPacker().packDue();
    const late = { metric: 'm', timestampMs: FIRST_MS + 10 * STEP_MS + 1000, value: 7 };
    const again = { metric: 'm', timestampMs: FIRST_MS + 10 * STEP_MS };
    const [stored] = (await read(number)).filter(({ timestampMs }) => timestampMs === again.timestampMs);
    const result = await engine.accept.acceptNamed([
      late,
      { ...again, value: stored?.value ?? 0 },
      { metric: 'm', timestampMs: again.timestampMs + STEP_MS, value: -1 },
    ]);
    expect(result).toMatchObject({ late: 1 });
    expect(await read(number)).toHaveLength(ROWS + 1);
    expect(engine.stats.read('points_conflicting')).toBe(1);
    expect(engine.stats.read('points_duplicate')).toBe(1);
    await createPacker().packDue();
    expect((await read(number)).filter(({ score }) => score === null)).toMatchObject([{ value: 7 }]);
  });

  it('waits for metrics whose progress is not stored, and packs them when it is', async () => {
    await monitor('m', 300);
    await engine.accept.acceptNamed(
      Array.from({ length: 300 }, (_, row) => ({
        metric: 'm',
        timestampMs: FIRST_MS + (300 + row) * STEP_MS,
        value: 50,
      })),
    );
    await createPacker({ saveProgress: () => Promise.resolve() }).packDue();
    expect(await count('log_window WHERE NOT is_complete')).toBeGreaterThan(0);
    const uncovered = await count('sample');
    expect(uncovered).toBeGreaterThanOrEqual(300);
    await createPacker().packDue();
    expect(await count('sample')).toBe(0);
    expect(await count('log_window WHERE NOT is_complete')).toBe(0);
  });

  it('gives up the scores of an unmonitored metric with those of its blocks, and scores all of them anew', async () => {
    const { id, number } = await monitor('m');
    const other = await monitor('other');
    const [before, ofOther] = [await read(number), await read(other.number)];
    await createPacker().packDue();
    await engine.monitor.unmonitorMetric(id);
    const values = before.map(({ timestampMs, value, rowId }) => ({
      timestampMs,
      value,
      rowId,
      score: null,
      seq: null,
    }));
    expect(await read(number)).toMatchObject(values);
    expect(await read(other.number)).toEqual(ofOther);
    await createPacker().packDue();
    const again = await monitor('m', 0);
    expect(again.number).toBe(number);
    await createPacker().packDue();
    const unnumbered = (samples: Awaited<ReturnType<typeof read>>) =>
      samples.map((sample) => ({ ...sample, seq: 0 }));
    expect(unnumbered(await read(number))).toEqual(unnumbered(before));
    expect(await read(other.number)).toEqual(ofOther);
  });

  it('gives up what was scored ahead of the clock with the blocks it is in', async () => {
    const { number } = await monitor('m');
    const before = await read(number);
    await createPacker().packDue();
    const atMs = FIRST_MS + 500 * STEP_MS;
    await rewindScores(database.pool, number, atMs - 900_000);
    const after = await read(number);
    expect(after.slice(0, 501)).toEqual(before.slice(0, 501));
    expect(after.slice(501).every(({ score, seq }) => score === null && seq === null)).toBe(true);
    const { rows } = await database.pool.query<{ scored_rows: number; last_row_id: number }>(
      'SELECT scored_rows, last_row_id FROM metric_progress WHERE metric_number = $1',
      [number],
    );
    expect(rows).toEqual([{ scored_rows: 501, last_row_id: ROWS }]);
    await createPacker().packDue();
    expect((await read(number)).slice(0, 501)).toEqual(before.slice(0, 501));
  });

  it('lets a deleted metric go with its blocks, and the log goes on without it', async () => {
    const { id } = await monitor('m');
    const other = await monitor('other');
    await createPacker().packDue();
    await engine.monitor.deleteMetric(id);
    expect(await count('sample_block')).toBe(
      await count(`sample_block WHERE metric_number = ${other.number}`),
    );
    await using restarted = await startEngine(database, { settings: { LAPWING_PACK_AFTER_HOURS: '0' } });
    const { samples } = await restarted.live.readAfter(0, 10_000);
    expect(samples).toEqual((await read(other.number)).toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0)));
  });

  it('drops blocks by month as rows, and moves the floor of the log over them', async () => {
    const { number } = await monitor('m');
    await createPacker().packDue();
    const february = Date.parse('2026-02-01T00:00:00Z');
    const kept = (await read(number)).filter(({ timestampMs }) => timestampMs >= february);
    const months = createSampleMonths(database.pool, () => Date.now() + 100 * 86_400_000);
    await months.dropBefore(Date.now() + 1000);
    expect(kept.length).toBeGreaterThan(200);
    expect(await read(number)).toEqual([]);
    const { rows } = await database.pool.query<{ floor: number }>(
      'SELECT floor::int AS floor FROM score_log',
    );
    expect(rows).toEqual([{ floor: ROWS }]);
  });

  it('leaves rows alone that were changed while it read them', async () => {
    const { number } = await monitor('m', 400);
    const { pool } = database;
    await pool.query(`CREATE FUNCTION interfere() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RETURN CASE WHEN OLD.row_id = 5 THEN NULL ELSE OLD END; END $$`);
    await pool.query(
      'CREATE TRIGGER interfere BEFORE DELETE ON sample FOR EACH ROW EXECUTE FUNCTION interfere()',
    );
    const before = await read(number);
    await createPacker().packDue();
    expect(await read(number)).toEqual(before);
    expect(await count('sample')).toBe(200);
    expect(await count('log_window WHERE is_complete')).toBe(1);
    await pool.query('DROP TRIGGER interfere ON sample');
    await createPacker().packDue();
    expect(await count('sample')).toBe(0);
    expect(await read(number)).toEqual(before);
  });

  it('leaves a window alone of which something was unpacked while it was read, and packs it later', async () => {
    const { number } = await monitor('m', 400);
    const before = await read(number);
    const unpack = async () => {
      await database.pool.query('UPDATE log_window SET version = version + 1 WHERE NOT is_complete');
    };
    await createPacker({
      saveProgress: () => engine.saveProgress().then(unpack),
    }).packDue();
    expect(await count('sample_block')).toBe(0);
    expect(await read(number)).toEqual(before);
    await createPacker().packDue();
    expect(await count('sample')).toBe(0);
    expect(await read(number)).toEqual(before);
  });

  it.each<
    [string, (client: pg.PoolClient, ids: { m: number; other: number }) => Promise<void>, number, number]
  >([
    ['are given up', (client, { m }) => clearScores(client, m), 300, 0],
    ['are deleted', (client, { m }) => deleteRows(client, m), 0, 0],
    ['come out of blocks', (client, { other }) => unpackBlocks(client, other, null), 300, 300],
  ])(
    'replaces nothing of a window of which rows %s after it was read',
    async (_, interfere, rows, packed) => {
      const [m, other] = [(await monitor('m', 300)).number, (await monitor('other', 300)).number];
      const ofOther = await read(other);
      await engine.saveProgress();
      const moveProgress = (by: string) =>
        database.pool.query(
          'UPDATE metric_progress SET scored_to = scored_to + $2::interval WHERE metric_number = $1',
          [m, by],
        );
      // Of the one window only the rows of `other` are packed at first.
      const options = { windowSize: 600, saveProgress: () => Promise.resolve() };
      await moveProgress('-1 hour');
      await createPacker(options).packDue();
      await moveProgress('1 hour');
      expect(await count('sample')).toBe(300);
      let packing: Promise<void> | undefined;
      await inTransaction(database.pool, async (client) => {
        await excludePacking(client);
        packing = createPacker(options).packDue();
        await expect.poll(() => count(WAITING_PACKERS)).toBe(1);
        await interfere(client, { m, other });
      });
      await packing;
      expect(stats.read('samples_packed')).toBe(300);
      expect(await count('log_window WHERE is_complete')).toBe(0);
      expect(await count('sample WHERE metric_number = ' + String(m))).toBe(rows);
      expect(await count('sample WHERE metric_number = ' + String(other))).toBe(packed);
      expect(await read(other)).toEqual(ofOther);
      const ofM = await read(m);
      await createPacker(options).packDue();
      expect(await count('log_window WHERE NOT is_complete')).toBe(0);
      expect(await count('sample WHERE seq IS NOT NULL')).toBe(0);
      expect(await read(m)).toEqual(ofM);
      expect(await read(other)).toEqual(ofOther);
    },
  );

  it('replaces the rows of a window in parts, and those of a part that failed another time', async () => {
    const numbers: number[] = [];
    for (const name of ['a', 'bb', 'ccc', 'dddd']) numbers.push((await monitor(name, 100)).number);
    const readAll = () => Promise.all(numbers.map(read));
    const before = await readAll();
    const { pool } = database;
    await pool.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.metric_number = ${numbers[2]} THEN RAISE 'refused'; END IF; RETURN NEW; END $$`);
    await pool.query(
      'CREATE TRIGGER refuse BEFORE INSERT ON sample_block FOR EACH ROW EXECUTE FUNCTION refuse()',
    );
    const options = { windowSize: 400, partSize: 50 };
    await expect(createPacker(options).packDue()).rejects.toThrow('refused');
    // What is over is over, and counted.
    expect(await count('sample')).toBe(200);
    expect(stats.read('samples_packed')).toBe(200);
    expect(await readAll()).toEqual(before);
    await pool.query('DROP TRIGGER refuse ON sample_block');
    await createPacker(options).packDue();
    expect(await count('sample')).toBe(0);
    expect(await count('log_window WHERE is_complete')).toBe(1);
    expect(stats.read('samples_packed')).toBe(400);
    expect(stats.read('windows_packed')).toBe(1);
    expect(await readAll()).toEqual(before);
  });

  it('gives charts of more metrics than are read together', async () => {
    const numbers: number[] = [];
    // Each has values of its own.
    for (let length = 1; length <= 19; length++) numbers.push((await monitor('m'.repeat(length), 40)).number);
    const readCharts = (maxPoints: number) =>
      readSeries(database.pool, numbers, { fromMs: null, toMs: null, anomalyScore: 0.9999, maxPoints });
    const [all, few] = [await readCharts(10_000), await readCharts(12)];
    expect([...all.keys()].toSorted((a, b) => a - b)).toEqual(numbers);
    expect(new Set([...all.values()].map(({ values }) => String(values))).size).toBe(numbers.length);
    // The second window ends within a metric, and what follows stays rows.
    await createPacker({ windowSize: 260 }).packDue();
    expect(await count('sample')).toBe(19 * 40 - 2 * 260);
    expect([await readCharts(10_000), await readCharts(12)]).toEqual([all, few]);
    await createPacker({ windowSize: 240 }).packDue();
    expect(await count('sample')).toBe(0);
    expect([await readCharts(10_000), await readCharts(12)]).toEqual([all, few]);
  });

  it('stops between two pieces of a window, changes nothing of it, and packs it another time', async () => {
    const { number } = await monitor('m', 400);
    const before = await read(number);
    let stopped: Promise<void> | undefined;
    const packer = createPacker({
      isBusy: () => {
        stopped ??= packer.stop();
        return false;
      },
    });
    await packer.packDue();
    await stopped;
    expect(await count('log_window WHERE NOT is_complete')).toBe(1);
    expect(await count('sample')).toBe(400);
    await createPacker().packDue();
    expect(await count('sample')).toBe(0);
    expect(await read(number)).toEqual(before);
  });

  it('gives the scores that were delivered live, to the last bit, from rows and from blocks', async () => {
    const { number } = await monitor('m');
    const { samples } = await engine.live.readAfter(0, ROWS);
    expect(new Set(samples.map(({ rawScore }) => rawScore)).size).toBeGreaterThan(1);
    expect(await read(number)).toEqual(samples);
    await createPacker({ windowSize: 300 }).packDue();
    expect(await count('sample')).toBe(0);
    expect(await read(number)).toEqual(samples);
  });

  it('leaves a damaged block out, says so, and reads its neighbours', async () => {
    const { number } = await monitor('m');
    const before = await read(number);
    await createPacker().packDue();
    await database.pool.query(
      `UPDATE sample_block SET data = set_byte(data, 20, (get_byte(data, 20) + 1) % 256)
       WHERE first_timestamp = (SELECT min(first_timestamp) FROM sample_block)`,
    );
    const damaged: unknown[] = [];
    const note = (message: unknown) => damaged.push(message);
    subscribe(DAMAGED_BLOCKS, note);
    try {
      expect(await read(number)).toEqual(before.slice(200));
    } finally {
      unsubscribe(DAMAGED_BLOCKS, note);
    }
    expect(damaged).toHaveLength(1);
    expect(engine.stats.read('blocks_damaged')).toBe(1);
    await expect(engine.monitor.unmonitorMetric([...engine.registry.all()][0]?.id ?? '')).rejects.toThrow(
      'checksum',
    );
    expect(await read(number)).toEqual(before.slice(200));
  });

  it('goes on by itself, and stops when it is asked to', async () => {
    const { number } = await monitor('m');
    const before = await read(number);
    const packer = createPacker();
    packer.start();
    await expect.poll(() => count('log_window WHERE is_complete')).toBe(4);
    await packer.stop();
    expect(await read(number)).toEqual(before);
  });
});
