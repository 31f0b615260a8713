/** What is read for a query: many metrics, long series, packed ones, and what is too much. */
import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSeriesSelector } from '../../../../src/core/prometheus/promql/parse-selector.ts';
import { PromqlError } from '../../../../src/core/prometheus/promql/promql-error.ts';
import { QueryBudget } from '../../../../src/core/prometheus/promql/query-budget.ts';
import { ScoreQueries } from '../../../../src/core/prometheus/promql/score-queries.ts';
import type { Queryable } from '../../../../src/core/samples/find-samples.ts';
import { type TestDatabase, withDatabase } from '../../../helpers/database.ts';
import { until } from '../../../helpers/until.ts';
import { startEngine, type TestEngine } from '../../../helpers/start-engine.ts';

const START_MS = Date.UTC(2026, 0, 5);
/** More than one statement reads of a metric, and of metrics. */
const ROWS = 60_000;
const METRICS = 250;
const queries = new ScoreQueries();

let database: TestDatabase;
let engine: TestEngine;

beforeAll(async () => {
  database = await withDatabase();
  engine = await startEngine(database);
  await engine.accept.acceptNamed(
    Array.from({ length: METRICS }, (_, index) => ({
      metric: `many;index=${index}`,
      timestampMs: START_MS + index,
      value: index,
    })),
  );
  for (let from = 0; from < ROWS; from += 10_000) {
    await engine.accept.acceptNamed(
      Array.from({ length: 10_000 }, (_, row) => ({
        metric: 'long',
        timestampMs: START_MS + (from + row) * 1000,
        value: from + row,
      })),
    );
  }
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const options = (query: string, signal = new AbortController().signal) => ({
  pool: database.pool,
  caller: 'one',
  query,
  lookbackMs: 300_000,
  timeoutMs: 60_000,
  signal,
});

async function valueOf(query: string, atMs: number): Promise<readonly (number | undefined)[]> {
  const result = await queries.queryAt(options(query), atMs);
  if (result.type !== 'vector') throw new Error(`expected a vector, got ${result.type}`);
  return result.series.map(({ values }) => values[0]);
}

describe('a query', () => {
  it('reads more metrics than one statement takes', async () => {
    const sum = (METRICS * (METRICS - 1)) / 2;
    expect(await valueOf('count(lapwing_value{metric="many"})', START_MS + 1000)).toEqual([METRICS]);
    expect(await valueOf('sum(lapwing_value{metric=~"ma.*"})', START_MS + 1000)).toEqual([sum]);
    expect(await valueOf('lapwing_value{index="17"}', START_MS + 1000)).toEqual([17]);
  });

  it('reads a longer series than one statement takes', async () => {
    const endMs = START_MS + (ROWS - 1) * 1000;
    expect(await valueOf('count_over_time(lapwing_value{metric="long"}[1d])', endMs)).toEqual([ROWS]);
    expect(await valueOf('lapwing_value{metric="long"}', endMs)).toEqual([ROWS - 1]);
    const result = await queries.queryAt(options('lapwing_value{metric="long"}[1d]'), endMs);
    expect(result.type === 'samples' && result.series[0]?.values.length).toBe(ROWS);
  });

  it('ends when nobody waits for it any more', async () => {
    const gone = AbortSignal.abort();
    const query = queries.queryAt(options('lapwing_value', gone), START_MS);
    await expect(query).rejects.toThrow('query was canceled');
  });

  it('ends where its ranges overlap too much', async () => {
    const grid = { startMs: START_MS + ROWS * 1000, stepMs: 1000, count: 11_000 };
    const query = queries.queryRange(options('max_over_time(lapwing_value{metric="long"}[1d])'), grid);
    await expect(query).rejects.toThrow('the ranges of a query overlap too much');
  });
});

// cortex#961, promscale#1419: the queries of one tenant take all there is of what all share.
describe('many long requests of one caller', () => {
  const ONE = '{index="17"}';
  type Ask = (one: { caller: string; pool: Queryable }) => Promise<unknown>;
  it.each<[string, Ask]>([
    ['queries', (one) => queries.queryAt({ ...options(ONE), ...one }, START_MS + 1000)],
    ['lists', (one) => queries.listSeries({ ...options(''), ...one }, [parseSeriesSelector(ONE)])],
  ])('leave a place to those of others, and take turns with them: %s', async (_what, ask) => {
    const ended: string[] = [];
    /** Each statement of a long request goes on when it is let. */
    const held: (() => void)[] = [];
    const slowPool = new pg.Pool({
      connectionString: database.connection,
      maxUses: 1,
      verify: (_client, done) => void held.push(done),
    });
    const askAs = async (caller: string, pool = slowPool) => {
      await ask({ caller, pool });
      ended.push(caller);
    };
    const flood = Promise.all(Array.from({ length: 20 }, () => askAs('one')));
    await askAs('two', database.pool);
    expect(ended).toEqual(['two']);
    await until(() => expect(held).toHaveLength(2));
    const others = Promise.all([askAs('two'), askAs('three')]);
    while (ended.length < 23) {
      held.shift()?.();
      await setImmediate();
    }
    await Promise.all([flood, others]);
    await slowPool.end();
    // First come first served they would be the last ones.
    for (const caller of ['two', 'three']) expect(ended.lastIndexOf(caller)).toBeLessThan(10);
  });
});

describe('the budget of a query', () => {
  it.each([
    ['series', (budget: QueryBudget) => budget.takeSeries(10_001, 1), 'a selector may choose 10000 series'],
    ['points', (budget: QueryBudget) => budget.takeSeries(1000, 10_001), 'a query may hold 10000000 points'],
    ['samples', (budget: QueryBudget) => budget.takeRead(10_000_001), 'a query may read 10000000 samples'],
  ])('ends one that takes too many %s', (_what, take, message) => {
    const budget = new QueryBudget({ timeoutMs: 60_000 });
    expect(() => take(budget)).toThrow(PromqlError);
    expect(() => take(budget)).toThrow(message);
  });
});
