import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { gatherBars } from '../../../src/core/bars/bar-rollup.ts';
import {
  BAR_MINUTES,
  type BarWindow,
  chooseBarRange,
  fillColumns,
} from '../../../src/core/bars/bar-window.ts';
import { readBarCounts, readBars, type StoredBar } from '../../../src/core/bars/read-bars.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import type { ScoredSample } from '../../../src/core/samples/stored-sample.ts';
import { inTransaction } from '../../../src/platform/postgres/transaction.ts';
import { writeBars } from '../../../src/core/bars/write-bars.ts';
import type { Engine } from '../../../src/app/build-core.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';

const START = Date.parse('2026-01-31T22:00:00Z');
const MINUTE_MS = 60_000;
/** Long enough for learning to end within a test. */
const LONG_STEP_MS = 5 * MINUTE_MS;

async function watch(engine: Engine, name: string): Promise<number> {
  const id = await engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name },
    model: { min: 0, max: 100 },
  });
  return engine.registry.byId(id)?.number ?? 0;
}

/** One point a step; from the 300th on now and then one that is far off. */
async function push(
  engine: Engine,
  metric: string,
  from: number,
  count: number,
  stepMs = MINUTE_MS,
): Promise<void> {
  await engine.accept.acceptNamed(
    Array.from({ length: count }, (_, index) => {
      const row = from + index;
      return {
        metric,
        timestampMs: START + row * stepMs,
        value: row > 300 && row % 97 === 0 ? 99 : 50 + (row % 7),
      };
    }),
  );
}

/** What the bars have to be, from the samples themselves. */
async function rollUpInSql(pool: pg.Pool, window: BarWindow): Promise<readonly unknown[]> {
  const { rows } = await pool.query<Record<string, unknown>>(
    `SELECT metric_number, date_bin(make_interval(mins => $1), "timestamp", 'epoch'::timestamptz) AS start,
       max(score) FILTER (WHERE NOT provisional) AS score, max(score) FILTER (WHERE provisional) AS provisional_score
     FROM sample WHERE seq IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2`,
    [BAR_MINUTES[window]],
  );
  return rows;
}

async function readStored(pool: pg.Pool, window: BarWindow): Promise<readonly unknown[]> {
  const { rows } = await pool.query<Record<string, unknown>>(
    'SELECT metric_number, start, score, provisional_score FROM bar WHERE minutes = $1 ORDER BY 1, 2',
    [BAR_MINUTES[window]],
  );
  return rows;
}

async function expectRight(pool: pg.Pool): Promise<void> {
  for (const window of ['HOURS', 'DAYS', 'WEEKS'] as const) {
    expect(await readStored(pool, window)).toEqual(await rollUpInSql(pool, window));
  }
  const { rows } = await pool.query<{ counted: number; scored: number }>(
    `SELECT (SELECT sum(count)::int FROM bar) AS counted, (SELECT count(*)::int FROM sample WHERE seq IS NOT NULL) AS scored`,
  );
  expect(rows[0]?.counted).toBe(rows[0]?.scored);
}

describe('stored bars', () => {
  it('are what the samples say, over months, learning, restarts, and when made of what was there before', async () => {
    await using database = await withDatabase();
    {
      await using engine = await startEngine(database);
      await watch(engine, 'a');
      await watch(engine, 'b');
      for (let from = 0; from < 900; from += 100) {
        await push(engine, 'a', from, 100, LONG_STEP_MS);
        await push(engine, 'b', from, 50, LONG_STEP_MS);
      }
      await engine.bars.catchUp();
      expect(engine.bars.offset()).toBe(engine.live.bounds().last);
    }
    await expectRight(database.pool);
    const { rows } = await database.pool.query<{ red: number; learning: number; months: number }>(
      `SELECT count(*) FILTER (WHERE score >= 0.99999)::int AS red, count(provisional_score)::int AS learning,
         count(DISTINCT tableoid)::int AS months FROM bar`,
    );
    expect(rows[0]?.red).toBeGreaterThan(0);
    expect(rows[0]?.learning).toBeGreaterThan(0);
    expect(rows[0]?.months).toBe(2);
    // As after an upgrade: nothing of bars is there, all of the samples.
    const before = await readStored(database.pool, 'DAYS');
    await database.pool.query('DELETE FROM bar');
    await database.pool.query(`DELETE FROM log_follower WHERE name = 'bars'`);
    await using engine = await startEngine(database);
    await engine.bars.catchUp();
    expect(await readStored(database.pool, 'DAYS')).toEqual(before);
    await expectRight(database.pool);
  });

  it('go with the scores of an unmonitored or deleted metric, and with a month that is dropped', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const [a, b] = [await watch(engine, 'a'), await watch(engine, 'b')];
    await push(engine, 'a', 0, 200);
    await push(engine, 'b', 0, 200);
    await push(engine, 'b', 200, 100);
    await engine.bars.catchUp();
    const idOf = (number: number) => engine.registry.byNumber(number)?.id ?? '';
    const metrics = async () => {
      const sql = 'SELECT DISTINCT metric_number FROM bar ORDER BY 1';
      return (await database.pool.query<{ metric_number: number }>(sql)).rows;
    };
    await engine.monitor.unmonitorMetric(idOf(a));
    expect(await metrics()).toEqual([{ metric_number: b }]);
    const january = 'SELECT FROM bar WHERE start < $1';
    expect((await database.pool.query(january, ['2026-02-01Z'])).rowCount).toBeGreaterThan(0);
    await database.pool.query(`UPDATE sample_month SET last_write = month WHERE month = '2026-01-01'`);
    const { dropped } = await createSampleMonths(database.pool).dropBefore(
      Date.parse('2026-02-01T00:00:00Z'),
    );
    expect(dropped).toEqual(['sample_2026_01']);
    expect((await database.pool.query(january, ['2026-02-01Z'])).rowCount).toBe(0);
    await engine.monitor.deleteMetric(idOf(b));
    expect(await metrics()).toEqual([]);
  });

  it('leave out what belongs into a month that is gone, instead of stumbling over it for ever', async () => {
    await using database = await withDatabase();
    const bar = { metricNumber: 1, minutes: 5, startMs: START, score: 1, provisionalScore: null, count: 1 };
    await inTransaction(database.pool, (client) => writeBars(client, [bar]));
    expect((await database.pool.query('SELECT FROM bar')).rowCount).toBe(0);
  });

  it('are written only where something changed', async () => {
    await using database = await withDatabase();
    await createSampleMonths(database.pool).ensure([START]);
    const write = (score: number) =>
      inTransaction(database.pool, async (client) => {
        const gathered = gatherBars();
        gathered.add([sampleOf(score)]);
        await gathered.write(client, gathered.metricNumbers());
        const { rows } = await client.query<{ minutes: number }>(
          `SELECT minutes FROM bar WHERE xmin = pg_current_xact_id()::xid ORDER BY 1`,
        );
        return rows.map(({ minutes }) => minutes);
      });
    expect(await write(0.5)).toEqual([5, 60, 480]);
    // The narrowest counts every sample.
    expect(await write(0.4)).toEqual([5]);
    expect(await write(0.6)).toEqual([5, 60, 480]);
  });

  it('count samples by the sums of the narrowest, and take the highest of the metrics of a group', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const numbers = [await watch(engine, 'a'), await watch(engine, 'b')];
    await push(engine, 'a', 0, 300);
    await push(engine, 'b', 0, 60);
    await engine.bars.catchUp();
    const range = chooseBarRange('DAYS', START + 299 * MINUTE_MS);
    const counts = await readBarCounts(database.pool, 'METRIC', numbers, range);
    expect(counts.get(numbers[0] ?? 0)?.map(({ count }) => count)).toEqual([60, 60, 60, 60, 60]);
    expect(counts.get(numbers[1] ?? 0)?.map(({ count }) => count)).toEqual([60]);
    const alone = await readBars(database.pool, 'METRIC', numbers, range);
    const [a, b] = numbers.map((number) => alone.get(number) ?? []);
    const scoresOf = (...metrics: (readonly StoredBar[])[]) => fillColumns(range, metrics).scores;
    const together = scoresOf(a ?? [], b ?? []).slice(-5);
    // Both begin in the first of five hours; b ends there.
    const first = [scoresOf(a ?? [])[19] ?? 0, scoresOf(b ?? [])[19] ?? 0];
    expect(together).toEqual([Math.max(...first), ...scoresOf(a ?? []).slice(-4)]);
  });
});

function sampleOf(score: number): ScoredSample {
  const band = { expected: 1, low: 0, high: 2, rawScore: 0, view: null };
  return {
    metricNumber: 1,
    rowId: 1,
    timestampMs: START,
    value: 1,
    seq: 1,
    score,
    provisional: false,
    episode: false,
    phase: null,
    ...band,
  };
}
