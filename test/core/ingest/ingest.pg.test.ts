import { describe, expect, it } from 'vitest';
import { roundJudgement } from '../../../src/core/samples/round-judgement.ts';
import type { NamedPoint } from '../../../src/core/ingest/ingest.ts';
import { DETECTOR_KINDS } from '../../../src/detector/detector-kinds.ts';
import { withDatabase } from '../../helpers/database.ts';
import { lockSamples } from '../../helpers/lock-samples.ts';
import { startEngine, untilStatus } from '../../helpers/start-engine.ts';

const START = Date.parse('2026-01-05T00:00:00Z');
const MINUTE = 60_000;

function series(metric: string, rows: number, startMs = START): NamedPoint[] {
  return Array.from({ length: rows }, (_, row) => ({
    metric,
    timestampMs: startMs + row * MINUTE,
    value: 50 + 10 * Math.sin(row / 20) + ((row * 7919) % 13) / 10,
  }));
}

async function readRows(pool: import('pg').Pool, name: string) {
  const { rows } = await pool.query<{
    row_id: number;
    seq: string | null;
    score: number | null;
    value: number;
  }>(
    `SELECT s.row_id, s.seq, s.score, s.value FROM sample s JOIN metric m ON m.number = s.metric_number
     WHERE m.name = $1 ORDER BY s."timestamp"`,
    [name],
  );
  return rows;
}

describe('accept', () => {
  it('stores points of unknown names unscored, under a metric that is not monitored', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const result = await engine.accept.acceptNamed(series('web.requests', 3));
    expect(result).toEqual({ accepted: 3, duplicates: 0, late: 0, rejected: [] });
    const rows = await readRows(database.pool, 'web.requests');
    expect(rows.map((row) => row.row_id)).toEqual([1, 2, 3]);
    expect(rows.every((row) => row.score === null && row.seq === null)).toBe(true);
    expect(engine.registry.byIdentity('CUSTOM', 'web.requests')?.status).toBe('UNMONITORED');
  });

  it('scores the points of a monitored metric in time order, whatever order one batch has them in', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'a' },
      model: { min: 0, max: 100 },
    });
    const result = await engine.accept.acceptNamed(series('a', 50).reverse());
    expect(result.accepted).toBe(50);
    const rows = await readRows(database.pool, 'a');
    expect(rows.map((row) => row.row_id)).toEqual(rows.map((_, index) => index + 1));
    expect(rows.map((row) => Number(row.seq))).toEqual(rows.map((_, index) => index + 1));
    expect(rows.every((row) => row.score !== null)).toBe(true);
  });

  it('counts repeats as duplicates and changes nothing, also when the value differs', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'a' },
      model: { min: 0, max: 100 },
    });
    const points = series('a', 20);
    await engine.accept.acceptNamed(points);
    const before = await readRows(database.pool, 'a');
    const again = await engine.accept.acceptNamed(
      points.map((point) => ({ ...point, value: point.value + 1 })),
    );
    expect(again).toEqual({ accepted: 0, duplicates: 20, late: 0, rejected: [] });
    expect(await readRows(database.pool, 'a')).toEqual(before);
    expect(engine.stats.read('points_conflicting')).toBe(20);
  });

  it('counts two values of one time as conflicting, whether they come in one request, one batch or two', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const at = (minute: number, value: number) => ({
      metric: 'a',
      timestampMs: START + minute * MINUTE,
      value,
    });
    const found = await engine.accept.acceptNamed([at(0, 1), at(0, 2), at(0, 1), at(0, NaN), at(1, 5)]);
    expect(found).toMatchObject({ accepted: 2, duplicates: 2 });
    expect(engine.stats.read('points_conflicting')).toBe(1);
    expect(engine.stats.read('points_duplicate')).toBe(1);
    await Promise.all([at(2, 7), at(2, 8), at(2, 7)].map((point) => engine.accept.acceptNamed([point])));
    await engine.accept.acceptNamed([at(2, 9), at(1, 5)]);
    expect(engine.stats.read('points_conflicting')).toBe(3);
    expect(engine.stats.read('points_duplicate')).toBe(3);
    const rows = await readRows(database.pool, 'a');
    expect(rows.map(({ row_id: rowId }) => rowId)).toEqual([1, 2, 3]);
  });

  it('stores a late point of a scored metric without ever scoring it', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'a' },
      model: { min: 0, max: 100 },
    });
    await engine.accept.acceptNamed([
      { metric: 'a', timestampMs: START, value: 1 },
      { metric: 'a', timestampMs: START + 10 * MINUTE, value: 2 },
    ]);
    const late = await engine.accept.acceptNamed([
      { metric: 'a', timestampMs: START + 5 * MINUTE, value: 3 },
    ]);
    expect(late).toEqual({ accepted: 0, duplicates: 0, late: 1, rejected: [] });
    const rows = await readRows(database.pool, 'a');
    expect(rows.map((row) => [row.row_id, row.score === null])).toEqual([
      [1, false],
      [3, true],
      [2, false],
    ]);
  });

  it('scores what is newer than the newest scored, once each, of a batch that overlaps it (row 23)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'a' },
      model: { min: 0, max: 9 },
    });
    const at = (minute: number) => ({ metric: 'a', timestampMs: START + minute * MINUTE, value: 1 });
    await engine.accept.acceptNamed([at(0)]);
    const result = await engine.accept.acceptNamed([-5, 5, 0, 0, 10, 10, 15].map(at));
    // What is too late to be scored is kept all the same.
    expect(result).toEqual({ accepted: 3, late: 1, duplicates: 3, rejected: [] });
    const scored = (await readRows(database.pool, 'a')).map(({ score }) => score !== null);
    expect(scored).toEqual([false, true, true, true, true]);
  });

  it('drops, and counts, what was read of a metric that is deleted meanwhile (row 33)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const id = await engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'a' },
      model: { min: 0, max: 9 },
    });
    const deleting = engine.monitor.deleteMetric(id);
    const accepting = engine.accept.acceptSamples(id, [{ timestampMs: START, value: 1 }]);
    await deleting;
    expect(await accepting).toMatchObject({ accepted: 0, rejected: [{ index: 0, code: 'NOT_FOUND' }] });
    expect(await database.prisma.sample.count()).toBe(0);
  });

  it('refuses bad points one by one, naming field and value', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const at = START;
    const { accepted, rejected } = await engine.accept.acceptNamed([
      { metric: 'good', timestampMs: at, value: 1 },
      { metric: '', timestampMs: at, value: 1 },
      { metric: 'a\nb', timestampMs: at, value: 1 },
      { metric: 'x'.repeat(4097), timestampMs: at, value: 1 },
      { metric: 'nan', timestampMs: at, value: NaN },
      { metric: 'inf', timestampMs: at, value: -Infinity },
      { metric: 'old', timestampMs: -1, value: 1 },
      { metric: 'ahead', timestampMs: Date.now() + 2 * 86_400_000, value: 1 },
      { metric: ' ', resource: 'host', timestampMs: at, value: 1 },
    ]);
    expect(accepted).toBe(1);
    expect(rejected.map(({ index, code }) => [index, code])).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((index) => [index, 'INVALID_INPUT']),
    );
    expect(rejected[3]?.reason).toContain('NaN');
    expect(rejected[7]?.reason).toBe('metric: expected a name, got an empty one');
    expect(engine.registry.size).toBe(1);
  });

  it('waits for 288 rows when nothing is known of the values, then scores all of them (row 14)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await engine.accept.acceptNamed(series('a', 2));
    const id = await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'a' } });
    expect(engine.registry.byId(id)?.status).toBe('PENDING_DATA');
    await engine.accept.acceptNamed(series('a', 288));
    await untilStatus(engine, id, 'ACTIVE');
    const rows = await readRows(database.pool, 'a');
    expect(rows).toHaveLength(288);
    expect(rows.every((row) => row.score !== null)).toBe(true);
  });

  it('stores and scores the largest doubles of a metric as of any other, and its neighbours with them', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    for (const name of ['a', 'b']) {
      await engine.monitor.monitorMetric({
        datasource: 'CUSTOM',
        spec: { name },
        model: { min: 0, max: 100 },
      });
    }
    const extremes = [Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 360, -(2 ** 360), 1e40, Number.MIN_VALUE];
    const points = series('a', 340);
    extremes.forEach(
      (value, i) =>
        (points[300 + i] = {
          ...points[300 + i],
          metric: 'a',
          timestampMs: START + (300 + i) * MINUTE,
          value,
        }),
    );
    const { accepted } = await engine.accept.acceptNamed([...points, ...series('b', 340)]);
    expect(accepted).toBe(680);
    for (const name of ['a', 'b']) {
      const rows = await readRows(database.pool, name);
      expect(rows).toHaveLength(340);
      expect(rows.every(({ score }) => Number.isFinite(score))).toBe(true);
    }
  });

  it('scores every row that arrives while the backlog is being scored (row 15)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const points = series('a', 6000);
    await engine.accept.acceptNamed(points.slice(0, 5000));
    const id = await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'a' } });
    const statusThen = engine.registry.byId(id)?.status;
    for (let start = 5000; start < 6000; start += 100) {
      await engine.accept.acceptNamed(points.slice(start, start + 100));
    }
    await untilStatus(engine, id, 'ACTIVE');
    expect(statusThen).toBe('CREATE_PENDING');
    const rows = await readRows(database.pool, 'a');
    expect(rows.map((row) => Number(row.seq))).toEqual(rows.map((_, index) => index + 1));
  });

  it('gives the same scores after a restart as without one', async () => {
    await using database = await withDatabase();
    const points = series('a', 3000);
    const request = { datasource: 'CUSTOM', spec: { name: 'a' }, model: { min: 0, max: 100 } } as const;
    {
      await using engine = await startEngine(database);
      await engine.monitor.monitorMetric(request);
      await engine.accept.acceptNamed(points.slice(0, 1700));
    }
    // This one is not stopped: its models die with it, as in a crash.
    const crashed = await startEngine(database);
    await crashed.accept.acceptNamed(points.slice(1700, 2100));
    await using engine = await startEngine(database);
    await engine.accept.acceptNamed(points.slice(2100));
    expect(engine.stats.read('models_replayed_rows')).toBeGreaterThan(0);
    expect(engine.stats.read('replay_mismatches')).toBe(0);

    await engine.monitor.monitorMetric({ ...request, spec: { name: 'b' } });
    await engine.accept.acceptNamed(points.map((point) => ({ ...point, metric: 'b' })));
    const scores = async (name: string) => (await readRows(database.pool, name)).map((row) => row.score);
    expect(await scores('a')).toEqual(await scores('b'));
    await crashed.stop();
  });

  it('survives losing its connections again and again: what is sent until acknowledged is stored once and scored right', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'a' },
      model: { min: 0, max: 100 },
    });
    const points = series('a', 2000);
    let refused = 0;
    for (let start = 0; start < points.length; start += 50) {
      const batch = points.slice(start, start + 50);
      // Now and then whoever is about to store samples is cut off.
      const lock = start % 200 === 0 ? await lockSamples(database) : null;
      const cutting = lock?.endWaiting().then(lock[Symbol.asyncDispose]);
      for (;;) {
        try {
          await engine.accept.acceptNamed(batch);
          break;
        } catch (error) {
          expect(error).toMatchObject({ code: 'RETRY_LATER' });
          refused += 1;
        }
      }
      await cutting;
    }
    expect(refused).toBeGreaterThan(0);
    const rows = await readRows(database.pool, 'a');
    expect(rows.map((row) => row.row_id)).toEqual(points.map((_, index) => index + 1));
    expect(rows.map((row) => Number(row.seq))).toEqual(points.map((_, index) => index + 1));
    const oracle = DETECTOR_KINDS[0].create({ min: 0, max: 100 });
    expect(rows.map((row) => row.score)).toEqual(
      points.map(({ timestampMs, value }) => roundJudgement(oracle.update(timestampMs, value)).score),
    );
  });

  it('tells to retry later when the queue is full, and stores what was taken', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database, { settings: { LAPWING_INGEST_QUEUE_POINTS: '1000' } });
    const sent = Array.from({ length: 5 }, (_, part) => engine.accept.acceptNamed(series(`m${part}`, 400)));
    const results = await Promise.allSettled(sent);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(3);
    expect(refused[0]?.reason).toMatchObject({ code: 'RETRY_LATER' });
    const { rows } = await database.pool.query<{ count: string }>('SELECT count(*) FROM sample');
    expect(Number(rows[0]?.count)).toBe(800);
  });
});
