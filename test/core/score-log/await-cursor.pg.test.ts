import { afterEach, describe, expect, it, vi } from 'vitest';
import { type NewScore, scoreSample } from '../../../src/core/samples/new-sample.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import { EMPTY_BATCH, writeBatch } from '../../../src/core/samples/write-batch.ts';
import type { ScoreEvent } from '../../../src/core/score-log/score-feed.ts';
import type { Engine } from '../../../src/app/build-core.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';

const START_MS = Date.parse('2026-01-05T00:00:00Z');
const OPTIONS = { filter: {}, maxBatch: 100, lingerMs: 0 } as const;

async function startWithMetric(database: TestDatabase) {
  const engine = await startEngine(database);
  const id = await engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name: 'a' },
    model: { min: 0, max: 100 },
  });
  await engine.accept.acceptNamed([{ metric: 'a', timestampMs: START_MS, value: 1 }]);
  return { engine, number: engine.registry.byId(id)?.number ?? 0 };
}

/** Commits scores of the metric, and tells nobody. */
async function commitUnheard(
  database: TestDatabase,
  { engine, number }: { readonly engine: Engine; readonly number: number },
  count: number,
): Promise<readonly NewScore[]> {
  const scored = Array.from({ length: count }, (_, index) =>
    scoreSample(
      { metricNumber: number, rowId: index + 2, timestampMs: START_MS + (index + 1) * 1000, value: 2 },
      {
        ...{ rawScore: 0, score: 0, expected: 2, low: 1, high: 3 },
        ...{ provisional: false, episode: false, phase: null, view: null },
      },
    ),
  );
  await createSampleMonths(database.pool).ensure(scored.map(({ timestampMs }) => timestampMs));
  await writeBatch(database.pool, { ...EMPTY_BATCH, scored }, engine.live.bounds().last);
  return scored;
}

async function readEvent(stream: AsyncIterator<ScoreEvent, undefined>): Promise<readonly number[]> {
  const { value } = await stream.next();
  return value?.scores.map(({ seq }) => seq) ?? [];
}

const countReads = (query: { readonly mock: { readonly calls: readonly (readonly unknown[])[] } }) =>
  query.mock.calls.filter(([text]) => typeof text === 'string' && text.includes('FROM score_log')).length;

afterEach(() => void vi.restoreAllMocks());

describe('a cursor that is ahead of memory', () => {
  it('is followed when it is of scores that are committed and not published yet', async () => {
    await using database = await withDatabase();
    const { engine, number } = await startWithMetric(database);
    await using _ = engine;
    const before = engine.live.bounds().last;
    const scored = await commitUnheard(database, { engine, number }, 5);
    const cursor = engine.live.cursorOf(before + 3);
    const known = engine.live.awaitCursor(cursor);
    engine.live.publish(scored.map((score, index) => ({ ...score, seq: before + index + 1 })));
    await known;
    const stream = engine.live.subscribe({ ...OPTIONS, after: cursor });
    expect(await readEvent(stream)).toEqual([before + 4, before + 5]);
    await stream.return?.();
    // What was published is in memory: nothing was left to the database.
    expect(await engine.live.readAfter(before + 3)).toMatchObject({ isStored: false });
  });

  it('is followed when another process committed the scores, which are read from the database', async () => {
    await using database = await withDatabase();
    const { engine, number } = await startWithMetric(database);
    await using _ = engine;
    const before = engine.live.bounds().last;
    await commitUnheard(database, { engine, number }, 5);
    const cursor = engine.live.cursorOf(before + 3);
    expect(() => engine.live.subscribe({ ...OPTIONS, after: cursor })).toThrow(/ahead/);
    const { rows } = await engine.live.readPage({ filter: {}, after: cursor, first: 10 });
    expect(rows.map(({ seq }) => seq)).toEqual([before + 4, before + 5]);
    const stream = engine.live.subscribe({ ...OPTIONS, after: cursor });
    expect(await readEvent(stream)).toEqual([before + 4, before + 5]);
    await stream.return?.();
  });

  it('is refused when the database has no such score, either, and at no cost when it is none of this log', async () => {
    await using database = await withDatabase();
    const { engine } = await startWithMetric(database);
    await using _ = engine;
    const { last } = engine.live.bounds();
    const query = vi.spyOn(database.pool, 'query');
    const foreign = engine.live.head().replace(/\.[0-9a-f]+\./, '.abc.');
    for (const after of [null, 'nonsense', foreign, engine.live.head()]) await engine.live.awaitCursor(after);
    expect(countReads(query)).toBe(0);
    const cursor = engine.live.cursorOf(last + 1);
    await engine.live.awaitCursor(cursor);
    expect(countReads(query)).toBe(1);
    expect(() => engine.live.subscribe({ ...OPTIONS, after: cursor })).toThrow(/ahead/);
    await expect(engine.live.readPage({ filter: {}, after: cursor, first: 1 })).rejects.toThrow(/ahead/);
  });

  it('costs a bounded number of reads, however many clients come with one, and leaves memory as it is', async () => {
    await using database = await withDatabase();
    const { engine } = await startWithMetric(database);
    await using _ = engine;
    const { last } = engine.live.bounds();
    const query = vi.spyOn(database.pool, 'query');
    const beganMs = performance.now();
    const clients: Promise<unknown>[] = [];
    for (let client = 0; client < 1000; client += 1) {
      clients.push(engine.live.awaitCursor(engine.live.cursorOf(last + 1 + client)));
      if (client % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(clients);
    expect(countReads(query)).toBeLessThanOrEqual(2 + (performance.now() - beganMs) / 200);
    expect(engine.live.bounds().last).toBe(last);
    expect(await engine.live.readAfter(last - 1)).toMatchObject({ isStored: false });
  });
});
