/** Bounds that earlier versions learned are told apart from given ones when the database is upgraded. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { givenParams } from '../../../src/core/metrics/model-params.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';

const MIGRATION = new URL(
  '../../../prisma/migrations/20261128200000_learned_bounds/migration.sql',
  import.meta.url,
);
const START = Date.parse('2026-01-05T00:00:00Z');

describe('bounds in the database of an earlier version', () => {
  it('are marked as learned where they are those of the first rows, and kept as given elsewhere', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const range = (low: number, high: number) => ({
      min: low - 0.2 * (high - low),
      max: high + 0.2 * (high - low),
    });
    const cases = { learned: range(0.001, 0.003), still: range(5, 6), given: { min: 0, max: 100 } };
    for (const [name, bounds] of Object.entries(cases)) {
      const value = (row: number): number => (name === 'still' ? 5 : 0.001 + 0.002 * ((row % 10) / 9));
      const points = Array.from({ length: 300 }, (_, row) => ({
        metric: name,
        timestampMs: START + row * 60_000,
        value: value(row),
      }));
      await engine.accept.acceptNamed(points);
      await database.pool.query('UPDATE metric SET model_params = $2 WHERE name = $1', [name, bounds]);
    }
    await database.pool.query(await readFile(MIGRATION, 'utf8'));
    const { rows } = await database.pool.query<{ name: string; model_params: { learned?: boolean } }>(
      'SELECT name, model_params FROM metric ORDER BY name',
    );
    const learned = Object.fromEntries(rows.map((row) => [row.name, row.model_params.learned === true]));
    expect(learned).toEqual({ given: false, learned: true, still: true });
  });
});

describe('what a model is made of', () => {
  it('is what was given, never what was learned', () => {
    expect(givenParams({ min: 1, max: 2, learned: true, minResolution: 3 })).toEqual({ minResolution: 3 });
    expect(givenParams({ min: 1, max: 2, timeZone: 'UTC' })).toEqual({ min: 1, max: 2, timeZone: 'UTC' });
  });
});
