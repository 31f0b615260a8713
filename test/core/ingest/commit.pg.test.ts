import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { roundJudgement } from '../../../src/core/samples/round-judgement.ts';
import type { NamedPoint } from '../../../src/core/ingest/ingest.ts';
import { openClient } from '../../../src/platform/postgres/connection.ts';
import { DETECTOR_KINDS } from '../../../src/detector/detector-kinds.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startEngine, type TestEngine } from '../../helpers/start-engine.ts';

const START = Date.parse('2026-01-05T00:00:00Z');

function rows(metric: string, from: number, to: number): NamedPoint[] {
  return Array.from({ length: to - from }, (_, index) => ({
    metric,
    timestampMs: START + (from + index) * 60_000,
    value: 50 + 10 * Math.sin((from + index) / 20),
  }));
}

async function watch(engine: TestEngine, name: string): Promise<void> {
  await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 100 } });
}

/** Holds the head of the log, so that whoever commits scores has to wait. */
async function holdHead(connection: string) {
  const client = await openClient(connection, 'lapwing test');
  await client.query('BEGIN');
  await client.query('SELECT * FROM score_log FOR UPDATE');
  return {
    client,
    [Symbol.asyncDispose]: async () => {
      await client.query('ROLLBACK');
      await client.end();
    },
  };
}

/** @returns the backend that waits for the head */
async function findWaiting(pool: pg.Pool): Promise<number> {
  for (;;) {
    const { rows: found } = await pool.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'SELECT advance_score_log%'`,
    );
    if (found[0] !== undefined) return found[0].pid;
  }
}

async function readScores(pool: pg.Pool) {
  const { rows: found } = await pool.query<{
    name: string;
    row_id: number;
    seq: string;
    score: number | null;
  }>(
    `SELECT m.name, s.row_id, s.seq, s.score FROM sample s JOIN metric m ON m.number = s.metric_number
     ORDER BY m.name, s."timestamp"`,
  );
  return found;
}

function score(points: readonly NamedPoint[]): number[] {
  const oracle = DETECTOR_KINDS[0].create({ min: 0, max: 100 });
  return points.map(({ timestampMs, value }) => roundJudgement(oracle.update(timestampMs, value)).score);
}

describe('a batch drafted while the one before it is being committed', () => {
  it('is scored on top of it, and knows what it repeats of it', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await watch(engine, 'a');
    await using head = await holdHead(database.connection);
    const first = engine.accept.acceptNamed(rows('a', 0, 30));
    await findWaiting(database.pool);
    const second = engine.accept.acceptNamed(rows('a', 30, 60));
    const repeat = engine.accept.acceptNamed(rows('a', 20, 70));
    await head.client.query('ROLLBACK');
    expect(await first).toMatchObject({ accepted: 30 });
    expect(await second).toMatchObject({ accepted: 30 });
    expect(await repeat).toMatchObject({ accepted: 10, duplicates: 40, late: 0 });
    const stored = await readScores(database.pool);
    expect(stored.map((row) => row.row_id)).toEqual(stored.map((_, index) => index + 1));
    expect(stored.map((row) => Number(row.seq))).toEqual(stored.map((_, index) => index + 1));
    expect(stored.map((row) => row.score)).toEqual(score(rows('a', 0, 70)));
  });

  it('is drafted anew when that one fails, as if it had never been', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    for (const name of ['a', 'b']) await watch(engine, name);
    await engine.accept.acceptNamed(rows('a', 0, 30));
    await using head = await holdHead(database.connection);
    // Expected from the start: the refusal may come before the answer of the query that causes it.
    const refused = expect(engine.accept.acceptNamed(rows('a', 30, 60))).rejects.toMatchObject({
      code: 'RETRY_LATER',
    });
    const waiting = await findWaiting(database.pool);
    const next = engine.accept.acceptNamed([...rows('a', 60, 90), ...rows('b', 0, 30)]);
    await head.client.query('SELECT pg_terminate_backend($1)', [waiting]);
    await refused;
    await head.client.query('ROLLBACK');
    expect(await next).toMatchObject({ accepted: 60, duplicates: 0, late: 0 });
    // The sender repeats what was refused; by now the metric has learned from newer points.
    expect(await engine.accept.acceptNamed(rows('a', 30, 60))).toMatchObject({ accepted: 0, late: 30 });
    const stored = await readScores(database.pool);
    const scored = stored.filter((row) => row.score !== null);
    expect(scored.filter((row) => row.name === 'a').map((row) => row.score)).toEqual(
      score([...rows('a', 0, 30), ...rows('a', 60, 90)]),
    );
    expect(scored.filter((row) => row.name === 'b').map((row) => row.score)).toEqual(score(rows('b', 0, 30)));
    expect(scored.map((row) => Number(row.seq)).sort((a, b) => a - b)).toEqual(
      scored.map((_, index) => index + 1),
    );
    expect(
      stored
        .filter((row) => row.name === 'a')
        .map((row) => row.row_id)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 90 }, (_, index) => index + 1));
  });

  it('comes before what is newer when a metric of that one fails, so that every point of the others is scored', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    for (const name of ['a', 'b']) await watch(engine, name);
    await refuseScoresOf(database.pool, 'b');
    await using head = await holdHead(database.connection);
    const first = engine.accept.acceptNamed([...rows('a', 0, 30), ...rows('b', 0, 30)]);
    await findWaiting(database.pool);
    // Drafted on top of the first; the third waits behind it.
    const second = engine.accept.acceptNamed(rows('a', 30, 60));
    await setImmediate();
    const third = engine.accept.acceptNamed(rows('a', 60, 90));
    await head.client.query('ROLLBACK');
    for (const one of [first, second, third]) expect(await one).toMatchObject({ late: 0, rejected: [] });
    const stored = (await readScores(database.pool)).filter((row) => row.name === 'a');
    expect(stored.map((row) => row.score)).toEqual(score(rows('a', 0, 90)));
    expect(engine.registry.byIdentity('CUSTOM', 'b')?.status).toBe('ERROR');
  });
});

describe('a fault that is of no metric', () => {
  it('such as a log that ends elsewhere than the writer knew costs no point, and no offset is given twice', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await watch(engine, 'a');
    await engine.accept.acceptNamed(rows('a', 0, 10));
    await database.pool.query('UPDATE score_log SET last = last + 5');
    expect(await engine.accept.acceptNamed(rows('a', 10, 20))).toMatchObject({ accepted: 10, late: 0 });
    const stored = await readScores(database.pool);
    expect(stored.map((row) => Number(row.seq))).toEqual(
      stored.map((_, index) => index + (index < 10 ? 1 : 6)),
    );
    expect(stored.map((row) => row.score)).toEqual(score(rows('a', 0, 20)));
  });

  it('is not looked for metric by metric for ever: all get their answer, and go on when it is mended', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const { pool } = database;
    const points = (minute: number) =>
      Array.from({ length: 400 }, (_, metric) => rows(`m${metric}`, minute, minute + 1)).flat();
    await engine.accept.acceptNamed(points(0));
    const last = new Date(START).toISOString();
    await pool.query(`ALTER TABLE sample ADD CONSTRAINT nothing_more CHECK ("timestamp" <= '${last}')`);
    const refused = await engine.accept.acceptNamed(points(1));
    expect(refused.rejected).toHaveLength(400);
    expect(new Set(refused.rejected.map(({ code }) => code))).toEqual(new Set(['METRIC_FAILED']));
    await pool.query('ALTER TABLE sample DROP CONSTRAINT nothing_more');
    expect(await engine.accept.acceptNamed(points(1))).toMatchObject({ accepted: 400 });
    const { rows: messages } = await pool.query('SELECT FROM metric WHERE message IS NOT NULL');
    expect(messages).toEqual([]);
  });
});

async function refuseScoresOf(pool: pg.Pool, name: string): Promise<void> {
  const { rows: found } = await pool.query<{ number: number }>('SELECT number FROM metric WHERE name = $1', [
    name,
  ]);
  await pool.query(
    `ALTER TABLE sample ADD CONSTRAINT no_score CHECK (score IS NULL OR metric_number <> ${found[0]?.number ?? 0})`,
  );
}
