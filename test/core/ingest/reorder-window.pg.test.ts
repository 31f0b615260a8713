import { expect, test } from 'vitest';
import { roundJudgement } from '../../../src/core/samples/round-judgement.ts';
import type { NamedPoint } from '../../../src/core/ingest/ingest.ts';
import { DETECTOR_KINDS } from '../../../src/detector/detector-kinds.ts';
import type { Engine } from '../../../src/app/build-core.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';

const START = Date.parse('2026-01-05T00:00:00Z');

function points(...minutes: number[]): NamedPoint[] {
  return minutes.map((minute) => ({
    metric: 'a',
    timestampMs: START + minute * 60_000,
    value: 50 + ((minute * 7919) % 13),
  }));
}

/** What a detector gives that sees the points in the order of their times. */
function judge(all: readonly NamedPoint[]): number[] {
  const detector = DETECTOR_KINDS[0].create({ min: 0, max: 100 });
  return all.map(({ timestampMs, value }) => roundJudgement(detector.update(timestampMs, value)).score);
}

async function watch(engine: Engine): Promise<void> {
  await engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name: 'a' },
    model: { min: 0, max: 100 },
  });
}

/** In the order of their times; `seq` is the place in the log. */
async function readSamples({ pool }: Pick<TestDatabase, 'pool'>) {
  const { rows } = await pool.query<{ seq: number | null; score: number | null }>(
    'SELECT seq::int AS seq, score FROM sample ORDER BY "timestamp"',
  );
  return rows;
}

async function untilScored(engine: Engine, count: number): Promise<void> {
  const events = engine.live.subscribe({
    filter: {},
    after: engine.live.cursorOf(0),
    maxBatch: 100,
    lingerMs: 0,
  });
  let seen = 0;
  for await (const { scores } of events) {
    seen += scores.length;
    if (seen >= count) break;
  }
}

test('stores at once, and scores in the order of times what came out of order; a restart changes nothing', async () => {
  await using database = await withDatabase();
  {
    await using engine = await startEngine(database, { settings: { LAPWING_REORDER_SECONDS: '3600' } });
    await watch(engine);
    for (const some of [points(3, 4), points(1), points(5, 2)]) {
      expect(await engine.accept.acceptNamed(some)).toMatchObject({ accepted: some.length, late: 0 });
    }
    expect(await engine.accept.acceptNamed(points(2))).toMatchObject({ accepted: 0, duplicates: 1 });
    expect((await readSamples(database)).map(({ score }) => score)).toEqual([null, null, null, null, null]);
  }
  // Without a window, too, what waits is scored before what is newer.
  await using engine = await startEngine(database);
  const fresh = engine.accept.acceptNamed(points(6, 7));
  await untilScored(engine, 7);
  expect(await fresh).toMatchObject({ accepted: 2, late: 0 });
  const stored = await readSamples(database);
  expect(stored.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(stored.map(({ score }) => score)).toEqual(judge(points(1, 2, 3, 4, 5, 6, 7)));
  expect(await engine.accept.acceptNamed(points(0))).toMatchObject({ accepted: 0, late: 1 });
});

test('scores when the window has passed, in as many turns as it takes', async () => {
  await using database = await withDatabase();
  await using engine = await startEngine(database, { settings: { LAPWING_REORDER_SECONDS: '1' } });
  await watch(engine);
  const minutes = Array.from({ length: 90 }, (_, minute) => minute);
  await engine.accept.acceptNamed(points(...minutes.toReversed()));
  await untilScored(engine, 90);
  expect((await readSamples(database)).map(({ score }) => score)).toEqual(judge(points(...minutes)));
});
