import { expect, test } from 'vitest';
import { roundJudgement } from '../../../src/core/samples/round-judgement.ts';
import type { NamedPoint } from '../../../src/core/ingest/ingest.ts';
import { DETECTOR_KINDS } from '../../../src/detector/detector-kinds.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';

const START = Date.parse('2026-01-05T00:00:00Z');
const NAMES = ['without checkpoint', 'of another detector', 'behind', 'behind, too', 'new'];
const MODEL = { min: 0, max: 100 };

function valueOf(name: string, row: number): number {
  return 50 + 10 * Math.sin((row + name.length) / 20) + ((row * 7919) % 13) / 10;
}

/** The rows of every metric, mixed. */
function listRows(names: readonly string[], from: number, to: number): NamedPoint[] {
  return Array.from({ length: to - from }, (_, index) => from + index).flatMap((row) =>
    names.map((metric) => ({ metric, timestampMs: START + row * 60_000, value: valueOf(metric, row) })),
  );
}

test('models that are cold together come back together, each as far as its own samples, and score as if never lost', async () => {
  await using database = await withDatabase();
  const old = NAMES.slice(0, 4);
  {
    await using engine = await startEngine(database);
    for (const name of NAMES)
      await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: MODEL });
    await engine.accept.acceptNamed(listRows(old, 0, 300));
  }
  // This one is not stopped before all is over: its models die with it, as in a crash.
  const crashed = await startEngine(database);
  await crashed.accept.acceptNamed(listRows(old, 300, 400));
  await crashed.poll.stop();
  const change = (sql: string, name: string) =>
    database.pool.query(`${sql} WHERE metric_number = (SELECT number FROM metric WHERE name = $1)`, [name]);
  await change('DELETE FROM model_checkpoint', 'without checkpoint');
  await change('UPDATE model_checkpoint SET version = version + 1', 'of another detector');

  await using engine = await startEngine(database);
  await engine.accept.acceptNamed(listRows(NAMES, 400, 401));
  expect(engine.stats.read('models_restored')).toBe(4);
  expect(engine.stats.read('models_replayed_rows')).toBe(400 + 400 + 100 + 100);
  expect(engine.stats.read('replay_mismatches')).toBe(0);
  for (const name of NAMES) {
    const { rows } = await database.pool.query<{ row_id: number; score: number }>(
      `SELECT row_id, score FROM sample JOIN metric ON number = metric_number WHERE name = $1 ORDER BY "timestamp"`,
      [name],
    );
    const oracle = DETECTOR_KINDS[0].create(MODEL);
    const first = name === 'new' ? 400 : 0;
    const expected = Array.from({ length: 401 - first }, (_, index) => ({
      row_id: index + 1,
      score: roundJudgement(oracle.update(START + (first + index) * 60_000, valueOf(name, first + index)))
        .score,
    }));
    expect(rows).toEqual(expected);
  }
  await crashed.stop();
});
