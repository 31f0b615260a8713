import { describe, expect, it } from 'vitest';
import type { ScoreEvent } from '../../../src/core/score-log/score-feed.ts';
import type { Engine } from '../../../src/app/build-core.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';
import { fc } from '../../helpers/property.ts';

const START = Date.parse('2026-01-05T00:00:00Z');

async function monitor(engine: Engine, name: string): Promise<string> {
  return engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 100 } });
}

function push(engine: Engine, metric: string, from: number, count: number) {
  return engine.accept.acceptNamed(
    Array.from({ length: count }, (_, row) => ({
      metric,
      timestampMs: START + (from + row) * 1000,
      value: row,
    })),
  );
}

const OPTIONS = { filter: {}, after: null, maxBatch: 100, lingerMs: 0 } as const;

async function take(stream: AsyncIterator<ScoreEvent>, scores: number): Promise<ScoreEvent[]> {
  const events: ScoreEvent[] = [];
  let seen = 0;
  while (seen < scores) {
    const result = await stream.next();
    if (result.done === true) break;
    events.push(result.value);
    seen += result.value.scores.length;
  }
  return events;
}

function places(events: readonly ScoreEvent[]): number[] {
  return events.flatMap((event) => event.scores.map((score) => score.seq));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

describe('live scores', () => {
  it('begin with what is committed after the subscription', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await monitor(engine, 'a');
    await push(engine, 'a', 0, 10);
    const stream = engine.live.subscribe(OPTIONS);
    const events = take(stream, 5);
    await push(engine, 'a', 10, 5);
    expect(places(await events)).toEqual(range(11, 15));
    await stream.return?.();
  });

  it('replay from a cursor out of the database after a restart, then go live without gap or repeat', async () => {
    await using database = await withDatabase();
    let cursor: string;
    {
      await using engine = await startEngine(database);
      await monitor(engine, 'a');
      cursor = engine.live.head();
      await push(engine, 'a', 0, 5000);
    }
    await using engine = await startEngine(database);
    const stream = engine.live.subscribe({ ...OPTIONS, after: cursor, maxBatch: 700 });
    const replayed = await take(stream, 5000);
    const live = take(stream, 50);
    await push(engine, 'a', 5000, 50);
    const events = [...replayed, ...(await live)];
    expect(places(events)).toEqual(range(1, 5050));
    expect(events.map((event) => event.prev)).toEqual([
      cursor,
      ...events.slice(0, -1).map((event) => event.cursor),
    ]);
    await stream.return?.();
  });

  it('give every subscriber the whole log in order, wherever it is cut off and resumed', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await monitor(engine, 'a');
    await monitor(engine, 'b');
    const start = engine.live.head();
    const total = 2000;
    const writing = (async () => {
      for (let from = 0; from < total / 2; from += 20) {
        await Promise.all([push(engine, 'a', from, 20), push(engine, 'b', from, 20)]);
      }
    })();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 8 }),
        fc.constantFrom(1, 7, 100),
        async (cuts, maxBatch) => {
          const seen: number[] = [];
          let cursor = start;
          for (const cut of [...cuts, total]) {
            const stream = engine.live.subscribe({ ...OPTIONS, after: cursor, maxBatch });
            const events = await take(stream, Math.min(cut, total - seen.length));
            await stream.return?.();
            seen.push(...places(events));
            cursor = events.at(-1)?.cursor ?? cursor;
          }
          expect(seen).toEqual(range(1, total));
        },
      ),
      { numRuns: 15 },
    );
    await writing;
    expect(engine.live.subscriberCount()).toBe(0);
  });

  it('let a filter hold scores back while the cursor goes on', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const a = await monitor(engine, 'a');
    await monitor(engine, 'b');
    const stream = engine.live.subscribe({ ...OPTIONS, filter: { metricIds: [a] } });
    const events = take(stream, 2);
    await push(engine, 'a', 0, 1);
    await push(engine, 'b', 0, 500);
    await push(engine, 'a', 1, 1);
    const seen = await events;
    expect(places(seen)).toEqual([1, 502]);
    expect(seen.at(-1)?.cursor).toBe(engine.live.head());
    await stream.return?.();
  });

  it('refuse a cursor that is no cursor, of another database, ahead of the log, or expired', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await monitor(engine, 'a');
    await push(engine, 'a', 0, 10);
    const subscribe = (after: string) => () => engine.live.subscribe({ ...OPTIONS, after });
    const head = engine.live.head();
    expect(subscribe('nonsense')).toThrow(/is not a cursor/);
    expect(subscribe(head.replace(/\.[0-9a-f]+\./, '.abc.'))).toThrow(/another database/);
    expect(subscribe(head.replace(/\d+$/, '11'))).toThrow(/ahead/);
    await database.pool.query('UPDATE score_log SET floor = 5');
    await engine.live.refreshBounds();
    expect(subscribe(head.replace(/\d+$/, '4'))).toThrow(/dropped by retention/);
    await engine.live.subscribe({ ...OPTIONS, after: head.replace(/\d+$/, '5') }).return?.();
  });

  it('end a pending next at once when the client goes', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const stream = engine.live.subscribe(OPTIONS);
    const pending = stream.next();
    await stream.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(engine.live.subscriberCount()).toBe(0);
  });

  it('show no scores of a metric that was unmonitored or deleted since', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const a = await monitor(engine, 'a');
    const b = await monitor(engine, 'b');
    await monitor(engine, 'c');
    const start = engine.live.head();
    for (const name of ['a', 'b', 'c']) await push(engine, name, 0, 3);
    await engine.monitor.unmonitorMetric(a);
    await engine.monitor.deleteMetric(b);
    const stream = engine.live.subscribe({ ...OPTIONS, after: start });
    expect(places(await take(stream, 3))).toEqual([7, 8, 9]);
    await stream.return?.();
    const { rows } = await engine.live.readPage({ filter: {}, after: start, first: 10 });
    expect(rows.map((row) => row.seq)).toEqual([7, 8, 9]);
  });
});
