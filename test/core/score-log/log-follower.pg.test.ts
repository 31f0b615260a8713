import type pg from 'pg';
import type { ScoreFeed } from '../../../src/core/score-log/score-feed.ts';
import { describe, expect, it } from 'vitest';
import { gatherRows } from '../../../src/core/score-log/row-buffer.ts';
import { LogFollower, type LogFollowerOptions } from '../../../src/core/score-log/log-follower.ts';
import type { ScoredSample } from '../../../src/core/samples/stored-sample.ts';
import type { Engine } from '../../../src/app/build-core.ts';
import { createLog } from '../../../src/log.ts';
import { createDeferred } from '../../helpers/deferred.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';
import { until } from '../../helpers/until.ts';

const START = Date.parse('2026-01-05T00:00:00Z');

async function monitor(engine: Engine, name: string): Promise<string> {
  return engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 100 } });
}

function push(engine: Engine, metric: string, from: number, count: number) {
  return engine.accept.acceptNamed(
    Array.from({ length: count }, (_, row) => ({
      metric,
      timestampMs: START + (from + row) * 1000,
      value: row % 100,
    })),
  );
}

/** Counts every row it is given, in the transaction it is given. */
async function follow(engine: Engine, overrides: Partial<LogFollowerOptions> = {}): Promise<LogFollower> {
  await engine.pool.query(
    `CREATE TABLE IF NOT EXISTS seen (nth bigint GENERATED ALWAYS AS IDENTITY, place bigint NOT NULL,
       metric_number int NOT NULL, batch int NOT NULL)`,
  );
  const follower = new LogFollower({
    name: 'test',
    beginAt: 'OLDEST',
    gather: () => gatherRows(write),
    lagGauge: 'bars_lag',
    lingerMs: 0,
    log: createLog('silent'),
    ...engine,
    ...overrides,
  });
  follower.start();
  return follower;
}

async function write(client: pg.PoolClient, scores: readonly ScoredSample[]): Promise<void> {
  await client.query(
    `INSERT INTO seen (place, metric_number, batch) SELECT *, $3 FROM unnest($1::bigint[], $2::int[])`,
    [scores.map(({ seq }) => seq), scores.map(({ metricNumber }) => metricNumber), scores.length],
  );
}

async function readSeen({ pool }: Pick<TestDatabase, 'pool'>): Promise<readonly number[]> {
  const { rows } = await pool.query<{ place: number }>('SELECT place::int FROM seen ORDER BY nth');
  return rows.map(({ place }) => place);
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** The parts of a feed a follower needs, so that a test may replace some of them. */
function exposeFeed(feed: ScoreFeed) {
  return {
    bounds: () => feed.bounds(),
    readAfter: (offset: number) => feed.readAfter(offset),
    sleepUntilGrown: (limitMs: number) => feed.sleepUntilGrown(limitMs),
    onForget: (listener: (metricNumber: number) => void) => feed.onForget(listener),
  };
}

describe('a follower of the log', () => {
  it('is given every row once and in order, out of the database and live, over restarts', async () => {
    await using database = await withDatabase();
    {
      await using engine = await startEngine(database);
      await monitor(engine, 'a');
      await push(engine, 'a', 0, 3000);
    }
    {
      // The ring of a new process is empty: these come out of the database.
      await using engine = await startEngine(database);
      await using follower = await follow(engine);
      await follower.catchUp();
      await push(engine, 'a', 3000, 500);
      await follower.catchUp();
      expect(engine.stats.read('bars_lag')).toBe(0);
    }
    await using engine = await startEngine(database);
    await push(engine, 'a', 3500, 10);
    await using follower = await follow(engine);
    await follower.catchUp();
    expect(await readSeen(database)).toEqual(range(1, 3510));
  });

  it('gives a row once though it is killed in the middle of a transaction', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await monitor(engine, 'a');
    await push(engine, 'a', 0, 1500);
    const written = createDeferred<number>();
    const dying = await follow(engine, {
      gather: () =>
        gatherRows(async (client, scores) => {
          await write(client, scores);
          const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
          written.resolve(rows[0]?.pid ?? 0);
          await client.query('SELECT pg_sleep(60)');
        }),
    });
    const session = await written.promise;
    // Told to stop before it is cut off: however late the answer of the cut comes, it does not begin anew.
    const stopped = dying.stop();
    // What kill -9 does to the transaction: its connection is gone and nothing of it holds.
    await database.pool.query('SELECT pg_terminate_backend($1)', [session]);
    await stopped;
    expect(await readSeen(database)).toEqual([]);
    expect(engine.stats.read('follower_failures')).toBe(1);
    await using follower = await follow(engine);
    await follower.catchUp();
    expect(await readSeen(database)).toEqual(range(1, 1500));
    expect(follower.offset()).toBe(1500);
  });

  it('tries rows again until they can be stored, and never passes them over', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await monitor(engine, 'a');
    await push(engine, 'a', 0, 20);
    let failures = 2;
    await using follower = await follow(engine, {
      gather: () =>
        gatherRows(async (client, scores) => {
          await write(client, scores);
          if (failures-- > 0) throw new Error('a failure of the follower');
        }),
    });
    await follower.catchUp();
    expect(await readSeen(database)).toEqual(range(1, 20));
    expect(engine.stats.read('follower_failures')).toBe(2);
  });

  it('begins at the newest score when it is told to', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await monitor(engine, 'a');
    await push(engine, 'a', 0, 20);
    await using follower = await follow(engine, { beginAt: 'NEWEST' });
    await follower.catchUp();
    await push(engine, 'a', 20, 5);
    await follower.catchUp();
    expect(await readSeen(database)).toEqual(range(21, 25));
  });

  it('is given nothing of a metric whose scores were taken back, nor of its old scores once it is monitored anew', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const a = await monitor(engine, 'a');
    await monitor(engine, 'b');
    await push(engine, 'a', 0, 20);
    await push(engine, 'b', 0, 20);
    const bounds = engine.live.bounds();
    let calls = 0;
    // The first reading is from before: what a follower gets that is slower than the change.
    const live = {
      ...exposeFeed(engine.live),
      bounds: () => bounds,
      readAfter: async (place: number) => {
        const rows = await engine.live.readAfter(place);
        if (calls++ === 0) await engine.monitor.unmonitorMetric(a);
        return rows;
      },
    };
    await using follower = await follow(engine, { live });
    await follower.catchUp();
    expect(await readSeen(database)).toEqual(range(21, 40));
    expect(calls).toBe(2);
  });

  it('drops what it holds of a metric whose scores are taken back, and keeps what comes of it later', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const a = await monitor(engine, 'a');
    await monitor(engine, 'b');
    await push(engine, 'a', 0, 20);
    await push(engine, 'b', 0, 20);
    const read = createDeferred<null>();
    const live = {
      ...exposeFeed(engine.live),
      readAfter: async (place: number) => {
        const stretch = await engine.live.readAfter(place);
        // The next turn of the event loop finds it in the follower's batch.
        setImmediate(() => read.resolve(null));
        return stretch;
      },
    };
    await using follower = await follow(engine, { live, lingerMs: 3_600_000 });
    await read.promise;
    await engine.monitor.unmonitorMetric(a);
    await monitor(engine, 'a');
    await push(engine, 'b', 20, 5);
    await until(() => expect(engine.registry.byId(a)?.scoredRows).toBe(20));
    await follower.catchUp();
    const { last } = engine.live.bounds();
    const seen = await readSeen(database);
    expect(new Set(seen)).toEqual(new Set(range(21, last)));
    expect(seen).toHaveLength(last - 20);
  });

  it('writes seldom when writing takes long: a write waits as many times as long as it is told to', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await monitor(engine, 'a');
    await push(engine, 'a', 0, 10);
    let writes = 0;
    await using follower = await follow(engine, {
      restFactor: 1e9,
      gather: () =>
        gatherRows(async (client, scores) => {
          writes += 1;
          await write(client, scores);
        }),
    });
    await follower.catchUp();
    for (const from of [10, 20, 30]) await push(engine, 'a', from, 10);
    expect(follower.offset()).toBe(10);
    await follower.catchUp();
    expect(writes).toBe(2);
    expect(await readSeen(database)).toEqual(range(1, 40));
  });

  it('goes on behind a gap that retention made, and counts it', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await monitor(engine, 'a');
    await push(engine, 'a', 0, 10);
    {
      await using follower = await follow(engine);
      await follower.catchUp();
    }
    await push(engine, 'a', 10, 20);
    await database.pool.query('DELETE FROM sample WHERE seq <= 25');
    await database.pool.query('UPDATE score_log SET floor = 25');
    await using later = await startEngine(database);
    await using follower = await follow(later);
    await follower.catchUp();
    expect(await readSeen(database)).toEqual([...range(1, 10), ...range(26, 30)]);
    // The engine's own followers meet it, too.
    expect(later.stats.read('follower_gaps')).toBeGreaterThan(0);
  });

  it('begins anew with the log of another epoch, having taken back what it made', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await monitor(engine, 'a');
    await push(engine, 'a', 0, 10);
    {
      await using follower = await follow(engine);
      await follower.catchUp();
    }
    await database.pool.query(`UPDATE score_log SET epoch = 'another'`);
    await using later = await startEngine(database);
    await using follower = await follow(later, {
      reset: async (client) => {
        await client.query('DELETE FROM seen');
      },
    });
    await follower.catchUp();
    expect(await readSeen(database)).toEqual(range(1, 10));
  });

  it('costs pushers nothing while it hangs', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await monitor(engine, 'a');
    const release = createDeferred<null>();
    const begun = createDeferred<null>();
    await push(engine, 'a', 0, 10);
    await using follower = await follow(engine, {
      gather: () =>
        gatherRows(async (client, scores) => {
          begun.resolve(null);
          await release.promise;
          await write(client, scores);
        }),
    });
    await begun.promise;
    await push(engine, 'a', 10, 100);
    expect(follower.offset()).toBe(0);
    release.resolve(null);
    await follower.catchUp();
    expect(await readSeen(database)).toEqual(range(1, 110));
  });
});
