/** Times a model learns nothing from, pushed through the whole data path: crashes and changes of mind included. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DETECTOR_KINDS } from '../../../src/detector/detector-kinds.ts';
import { RED_SCORE } from '../../../src/detector/likelihood.ts';
import type { AnomalyPhase } from '../../../src/model.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';

const START = Date.parse('2026-01-05T00:00:00Z');
const STEP_MS = 300_000;
const BOUNDS = { min: 0, max: 10_000 };
const at = (row: number) => START + row * STEP_MS;
const rows = (from: number, to: number) => ({ startMs: at(from), endMs: at(to) });
const isOutage = (row: number) => row >= 400 && row < 440;
const valueOf = (row: number) =>
  50 + 10 * Math.sin(row / 20) + ((row * 7919) % 13) / 10 + (isOutage(row) ? 5000 : 0);

type Engine = Awaited<ReturnType<typeof startEngine>>;

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

const push = (engine: Engine, metric: string, from: number, to: number) =>
  engine.accept.acceptNamed(
    Array.from({ length: to - from }, (_, i) => ({
      metric,
      timestampMs: at(from + i),
      value: valueOf(from + i),
    })),
  );

interface Stored {
  readonly score: number;
  readonly phase: AnomalyPhase | null;
  readonly provisional: boolean;
  readonly episode: boolean;
}

async function readStored(name: string): Promise<readonly Stored[]> {
  const { rows: found } = await database.pool.query<Stored>(
    `SELECT score, phase, provisional, episode FROM sample JOIN metric ON number = metric_number
     WHERE name = $1 ORDER BY "timestamp"`,
    [name],
  );
  return found;
}

/** Scores of a detector that is given these rows and no others, by row. */
function scoreRows(from: number, to: number, isLearned: (row: number) => boolean): Map<number, number> {
  const oracle = DETECTOR_KINDS[0].create(BOUNDS);
  const scores = new Map<number, number>();
  for (let row = from; row < to; row++) {
    if (isLearned(row)) scores.set(row, oracle.update(at(row), valueOf(row)).score);
  }
  return scores;
}

test('samples of an excluded time are scored below red, and the others as if those had never come, crashes or not', async () => {
  const name = 'excluded';
  {
    await using engine = await startEngine(database);
    await engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name },
      model: { ...BOUNDS, excludedTimes: [rows(420, 440), rows(400, 425)] },
    });
    await push(engine, name, 0, 390);
  }
  // Its models die with it, as in a crash, while the time lasts.
  const crashed = await startEngine(database);
  await push(crashed, name, 390, 415);
  await crashed.poll.stop();
  await using engine = await startEngine(database);
  await push(engine, name, 415, 500);
  expect(engine.stats.read('models_replayed_rows')).toBe(25);
  expect(engine.stats.read('replay_mismatches')).toBe(0);

  const stored = await readStored(name);
  const oracle = scoreRows(0, 500, (row) => !isOutage(row));
  for (const [row, { score, phase, provisional, episode }] of stored.entries()) {
    expect({ row, isExcluded: phase === 'EXCLUDED' }).toEqual({ row, isExcluded: isOutage(row) });
    if (phase !== 'EXCLUDED') expect({ row, score }).toEqual({ row, score: oracle.get(row) });
    else expect({ provisional, episode, isRed: score >= RED_SCORE }).toEqual(NEVER_ALARMING);
  }
  expect(stored).toHaveLength(500);
  await crashed.stop();
});

const NEVER_ALARMING = { provisional: true, episode: false, isRed: false };

test('a time to come changes nothing of the model; one that is past makes it learn anew, without it', async () => {
  const name = 'changed';
  await using engine = await startEngine(database);
  const id = await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: BOUNDS });
  const exclude = (...excludedTimes: { startMs: number; endMs: number }[]) =>
    engine.monitor.updateMetric(id, { model: { excludedTimes } });
  const scoreOf = async (row: number) => (await readStored(name))[row]?.score;

  await push(engine, name, 0, 450);
  await exclude(rows(460, 470));
  await push(engine, name, 450, 480);
  expect(engine.stats.read('models_replayed_rows')).toBe(0);
  const withOutage = scoreRows(0, 480, (row) => row < 460 || row >= 470);
  expect(await scoreOf(479)).toBe(withOutage.get(479));

  const before = await readStored(name);
  await exclude(rows(460, 470), rows(400, 440));
  await push(engine, name, 480, 481);
  expect(engine.stats.read('models_replayed_rows')).toBe(480);
  const without = scoreRows(0, 481, (row) => !isOutage(row) && (row < 460 || row >= 470));
  expect(await scoreOf(480)).toBe(without.get(480));
  expect((await readStored(name)).slice(0, 480)).toEqual(before);

  await engine.monitor.updateMetric(id, { model: { excludedTimes: null } });
  await push(engine, name, 481, 482);
  expect(await scoreOf(481)).toBe(scoreRows(0, 482, () => true).get(481));
});

test.each([
  [[{ startMs: 5, endMs: 5 }], 'excludedTimes.0.to: expected a time after 1970-01-01T00:00:00.005Z'],
  [[{ startMs: 5, endMs: NaN }], 'excludedTimes.0: expected two times'],
  [Array.from({ length: 101 }, (_, i) => rows(i, i + 1)), 'excludedTimes: expected at most 100, got 101'],
])(
  'what is no time, ends before it begins, or is one of too many is refused by name (%#)',
  async (excludedTimes, message) => {
    await using engine = await startEngine(database);
    const model = { excludedTimes };
    await expect(
      engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'refused' }, model }),
    ).rejects.toThrow(message);
  },
);
