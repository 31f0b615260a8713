/** What migrations make of what earlier versions stored. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { roundJudgement } from '../../../src/core/samples/round-judgement.ts';
import { RED_SCORE } from '../../../src/detector/likelihood.ts';
import { DETECTOR_KINDS } from '../../../src/detector/detector-kinds.ts';
import type { ModelParams } from '../../../src/model.ts';
import { MIGRATIONS_FOLDER } from '../../../src/platform/postgres/migration-files.ts';
import { read } from '../../helpers/ask.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startEngine, untilStatus } from '../../helpers/start-engine.ts';
import { startServer } from '../../helpers/start-server.ts';

const START = Date.parse('2026-01-05T00:00:00Z');
/** Models learn for a day before a score is red. */
const PERIOD_MS = 300_000;
const ROWS = 420;

async function migrate(pool: pg.Pool, name: string): Promise<void> {
  const sql = await readFile(join(MIGRATIONS_FOLDER, name, 'migration.sql'), 'utf8');
  const client = await pool.connect();
  try {
    await client.query(`BEGIN; ${sql}; COMMIT`);
  } finally {
    client.release();
  }
}

function points(metric: string, from: number, to: number, valueAt: (row: number) => number) {
  return Array.from({ length: to - from }, (_, index) => ({
    metric,
    timestampMs: START + (from + index) * PERIOD_MS,
    value: valueAt(from + index),
  }));
}

const latencyAt = (row: number) =>
  3.2e-3 * (1 + 0.05 * Math.sin(row / 20) + 0.1 * (((row * 7919) % 101) / 101 - 0.5)) * (row < 410 ? 1 : 3);

describe('bounds an earlier version took for given', () => {
  it('are told apart: those of the source, those learned from the first rows, and those a person gave', async () => {
    await using database = await withDatabase();
    const { pool } = database;
    const values: Record<string, (row: number) => number> = {
      learned: (row) => 5 + (row % 16),
      tiny: (row) => 1e-12 * (5 + (row % 16)),
      far: (row) => 1e15 + (row % 16),
      still: () => 7,
      given: (row) => 5 + (row % 16),
      // At a seventh from either end as if by chance, but the first rows lie beyond.
      chance: (row) => (row % 3) * 10,
      huge: (row) => (row % 2 === 0 ? 1.7e308 : -1.7e308),
    };
    const bounds: Record<string, ModelParams> = {
      learned: { min: 2, max: 23 },
      tiny: { min: 2e-12, max: 23e-12 },
      far: { min: 1e15 - 3, max: 1e15 + 18 },
      still: { min: 6.8, max: 8.2 },
      given: { min: 0, max: 100 },
      chance: { min: 8.571428571428571, max: 18.571428571428573 },
      huge: { min: -1.7e308, max: 1.7e308 },
    };
    {
      await using engine = await startEngine(database);
      for (const [name, valueAt] of Object.entries(values)) {
        await engine.accept.acceptNamed(points(name, 0, 300, valueAt));
      }
    }
    for (const [name, params] of Object.entries(bounds)) {
      await pool.query(`UPDATE metric SET status = 'ACTIVE', model_params = $2 WHERE name = $1`, [
        name,
        params,
      ]);
    }
    await pool.query(
      `INSERT INTO metric (datasource, identity, name, server, status, model_params) VALUES
         ('HOST', 'a', 'host', 's', 'ACTIVE', '{"min": 0, "max": 8}'),
         ('CLOUDWATCH', 'a', 'catalogue', 's', 'ACTIVE', '{"min": 0, "max": 100}'),
         ('CLOUDWATCH', 'b', 'own', 's', 'ACTIVE', '{"min": 0, "max": 70}'),
         ('INFLUXDB', 'a', 'waiting', 's', 'PENDING_DATA', '{}')`,
    );
    await migrate(pool, '20261128203000_bounds_origin');
    const { rows } = await pool.query<{ name: string; origin: string | null }>(
      `SELECT name, model_params->>'boundsFrom' AS origin FROM metric`,
    );
    expect(Object.fromEntries(rows.map(({ name, origin }) => [name, origin]))).toEqual({
      learned: 'LEARNED',
      tiny: 'LEARNED',
      far: 'LEARNED',
      still: 'LEARNED',
      given: null,
      chance: null,
      huge: null,
      host: 'SOURCE',
      catalogue: 'SOURCE',
      own: null,
      waiting: null,
    });
  });

  it('are kept from the model from then on, which learns anew', async () => {
    await using database = await withDatabase();
    const { pool } = database;
    const params = { min: 2.8e-3, max: 3.7e-3 };
    {
      await using engine = await startEngine(database);
      const spec = { name: 'latency' };
      await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec, model: params });
      await engine.accept.acceptNamed(points('latency', 0, 400, latencyAt));
    }
    // As the earlier version had it: what was learned is what the first samples had.
    await pool.query(
      `UPDATE metric SET model_params = jsonb_build_object('min', low - (high - low) / 5, 'max', high + (high - low) / 5)
       FROM (SELECT min(value) AS low, max(value) AS high FROM sample) AS first`,
    );
    await migrate(pool, '20261128203000_bounds_origin');
    await using engine = await startEngine(database);
    await engine.accept.acceptNamed(points('latency', 400, ROWS, latencyAt));
    const { rows } = await pool.query<{ score: number }>(
      `SELECT score FROM sample WHERE row_id > 400 ORDER BY row_id`,
    );
    const oracle = DETECTOR_KINDS[0].create({});
    const scores = points('latency', 0, ROWS, latencyAt).map(
      ({ timestampMs, value }) => roundJudgement(oracle.update(timestampMs, value)).score,
    );
    expect(rows.map(({ score }) => score)).toEqual(scores.slice(400));
    expect(Math.max(...scores.slice(410))).toBeGreaterThanOrEqual(RED_SCORE);
    expect(engine.stats.read('replay_mismatches')).toBe(0);
  });
});

describe('numbers an earlier version stored that are none', () => {
  it('fail no query once they are mended', async () => {
    await using server = await startServer();
    const { engine } = server;
    const { pool } = engine;
    const spec = { name: 'a' };
    const id = await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec, model: { min: 0, max: 9 } });
    await untilStatus(engine, id, 'ACTIVE');
    await engine.accept.acceptNamed(points('a', 0, 6, (row) => row));
    await pool.query('ALTER TABLE sample DROP CONSTRAINT sample_range_finite');
    const bad = [
      [NaN, NaN, NaN],
      [Infinity, -Infinity, Infinity],
      [1, 0, Infinity],
      [1, -Infinity, 2],
    ];
    for (const [index, range] of bad.entries()) {
      await pool.query('UPDATE sample SET expected = $1, low = $2, high = $3 WHERE row_id = $4', [
        ...range,
        index + 2,
      ]);
    }
    await migrate(pool, '20261128201500_finite_ranges');
    const { metrics } = await read<{ metrics: { nodes: unknown[] } }>(
      server,
      `{ metrics { nodes {
        latest { value expected { value low high } }
        data(first: 10) { nodes { value expected { value low high } } }
        series(maxPoints: 10) { values expected expectedLow expectedHigh }
      } } }`,
    );
    expect(metrics.nodes).toHaveLength(1);
    const { rows } = await pool.query<{ value: number; expected: number; low: number; high: number }>(
      'SELECT value, expected, low, high FROM sample WHERE row_id BETWEEN 2 AND 5 ORDER BY row_id',
    );
    expect(rows).toEqual([1, 2, 3, 4].map((value) => ({ value, expected: value, low: value, high: value })));
  });
});
