/** Rows 74 and 75 are those of the scenarios HTM-IT's users know. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chooseBarRange, findBarStart } from '../../../../src/core/bars/bar-window.ts';
import { readRankedRows } from '../../../../src/core/metric-lists/rank-metrics.ts';
import { createSampleMonths } from '../../../../src/core/samples/month-partitions.ts';
import { inTransaction } from '../../../../src/platform/postgres/transaction.ts';
import { type BarRise, writeBars } from '../../../../src/core/bars/write-bars.ts';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { EVERY_METRIC } from '../../../core/metric-lists/every-metric.ts';

const HOUR_MS = 3_600_000;
let server: TestServer;

beforeAll(async () => {
  // The middle of an hour, and it stays: at its end all bars move on by one.
  vi.useFakeTimers({ toFake: ['Date'], now: findBarStart(Date.now(), 60) + HOUR_MS / 2 });
  server = await startServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  vi.useRealTimers();
});

/** A metric with a bar for each score, the newest now, an hour each. */
async function addMetric(
  name: string,
  scores: readonly (number | null)[],
  options: { readonly provisional?: boolean; readonly resource?: string } = {},
): Promise<string> {
  const { engine, database } = server;
  const { resource } = options;
  const id = await engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name, ...(resource === undefined ? {} : { resource }) },
    model: { min: 0, max: 100 },
  });
  const metricNumber = engine.registry.byId(id)?.number ?? 0;
  const last = findBarStart(Date.now(), 60);
  const rises = scores.flatMap((score, index): BarRise[] => {
    if (score === null) return [];
    const startMs = last - (scores.length - 1 - index) * HOUR_MS;
    const settled = options.provisional !== true;
    const kept = settled ? { score, provisionalScore: null } : { score: null, provisionalScore: score };
    return [
      { metricNumber, minutes: 60, startMs, ...kept, count: 0 },
      { metricNumber, minutes: 5, startMs, ...kept, count: 7 },
    ];
  });
  await createSampleMonths(database.pool).ensure(rises.map(({ startMs }) => startMs));
  await inTransaction(database.pool, (client) => writeBars(client, rises));
  return `Metric:${id}`;
}

interface Names {
  readonly metrics: {
    readonly totalCount: number;
    readonly nodes: readonly { readonly name: string }[];
    readonly pageInfo: {
      readonly endCursor: string;
      readonly startCursor: string;
      readonly hasNextPage: boolean;
    };
  };
}

async function listNames(args: string): Promise<readonly string[]> {
  const { metrics } = await readNames(args);
  return metrics.nodes.map(({ name }) => name);
}

function readNames(args: string): Promise<Names> {
  return read<Names>(
    server,
    `{ metrics(${args}) { totalCount nodes { name } pageInfo { endCursor startCursor hasNextPage } } }`,
  );
}

describe('the ranking of metrics', () => {
  it('is by rank, the highest first, and by name or by the end of it as asked (row 74)', async () => {
    await addMetric('row74.d', [0.5, 0.99999]);
    await addMetric('row74.a', [0.5, 0.99995]);
    await addMetric('row74.b', [0.5, 0.99]);
    await addMetric('row74.c', [0.5]);
    const filter = 'filter: { nameContains: "ROW74." }';
    const ranked = ['row74.d', 'row74.a', 'row74.b', 'row74.c'];
    expect(await listNames(`${filter}, orderBy: ANOMALY`)).toEqual(ranked);
    expect(await listNames(`${filter}, orderBy: ANOMALY, last: 2`)).toEqual(['row74.b', 'row74.c']);
    expect(await listNames(`${filter}, orderBy: NAME`)).toEqual(ranked.toSorted());
  });

  it('weighs a bar by the class of its score (row 75)', async () => {
    for (const score of [0, 0.5, 0.99995, 0.999995]) await addMetric(`row75.${score}`, [score]);
    const { wall } = await read<{ wall: { rows: { name: string; rank: number }[] } }>(
      server,
      '{ wall(by: METRIC, filter: { nameContains: "row75." }) { rows { name rank } } }',
    );
    expect(wall.rows.map(({ rank }) => Math.floor(rank))).toEqual([1_000_000_001, 1_000_000, 1000, 0]);
  });

  it('puts one red above any number of yellows, and a red of a model that learns below a green', async () => {
    await addMetric('tier.one red', [1]);
    await addMetric(
      'tier.yellows',
      Array.from({ length: 24 }, () => 0.99998),
    );
    await addMetric('tier.two reds', [1, 0.99999]);
    await addMetric(
      'tier.learning',
      Array.from({ length: 24 }, () => 1),
      { provisional: true },
    );
    await addMetric('tier.green', [0.1]);
    await addMetric('tier.too old', [1, ...Array.from({ length: 24 }, () => null)]);
    await addMetric('tier.silent', []);
    expect(await listNames('filter: { nameContains: "tier." }, orderBy: ANOMALY')).toEqual([
      'tier.two reds',
      'tier.one red',
      'tier.yellows',
      'tier.green',
      'tier.learning',
      'tier.silent',
      'tier.too old',
    ]);
    const red = 'filter: { nameContains: "tier.", minClass: RED }';
    const reds = ['tier.one red', 'tier.two reds'];
    expect(await listNames(red)).toEqual(reds);
    expect(await listNames(`${red}, orderBy: ANOMALY`)).toEqual(reds.toReversed());
    expect((await readNames(red)).metrics.totalCount).toBe(2);
    // What is not in the window is not looked at.
    expect(await listNames(`${red}, window: WEEKS`)).toEqual([]);
  });

  it('is paged without a repeat or a gap, forwards and backwards, among equals too', async () => {
    for (let index = 0; index < 7; index++) await addMetric(`page.${index}`, [index < 4 ? 0.7 : 0.2]);
    const filter = 'filter: { nameContains: "page." }, orderBy: ANOMALY';
    const seen: string[] = [];
    let page = await readNames(`${filter}, first: 3`);
    for (;;) {
      seen.push(...page.metrics.nodes.map(({ name }) => name));
      if (!page.metrics.pageInfo.hasNextPage) break;
      page = await readNames(
        `${filter}, first: 3, after: ${JSON.stringify(page.metrics.pageInfo.endCursor)}`,
      );
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6].map((index) => `page.${index}`));
    const before = JSON.stringify(page.metrics.pageInfo.startCursor);
    expect(await listNames(`${filter}, last: 3, before: ${before}`)).toEqual(seen.slice(3, 6));
  });

  it('refuses the cursor of another order or window, and names it', async () => {
    const { metrics } = await readNames('first: 1, orderBy: ANOMALY');
    const cursor = JSON.stringify(metrics.pageInfo.endCursor);
    for (const args of [
      `orderBy: NAME, after: ${cursor}`,
      `orderBy: ANOMALY, window: HOURS, after: ${cursor}`,
    ]) {
      const { errors } = await ask(server, `{ metrics(${args}) { totalCount } }`);
      expect(errors[0]?.message).toMatch(/^after: ".*" is not a cursor of this list$/);
    }
  });
});

const BARS = 'bars(until: $until) { from to anomalyScore anomalyClass height provisional count }';

describe('the bars of a metric', () => {
  it('are 24, the newest last, empty slots with them', async () => {
    const id = await addMetric('bars.a', [0.99995, null, 1]);
    const { metric } = await read<{ metric: { bars: Record<string, unknown>[] } }>(
      server,
      `query ($id: ID!, $until: DateTime) { metric(id: $id) { ${BARS} } }`,
      { id },
    );
    const range = chooseBarRange('DAYS', Date.now());
    expect(metric.bars).toHaveLength(24);
    expect(metric.bars[0]).toEqual({
      from: new Date(range.fromMs).toISOString(),
      to: new Date(range.fromMs + HOUR_MS).toISOString(),
      anomalyScore: null,
      anomalyClass: 'NONE',
      height: 0,
      provisional: false,
      count: 0,
    });
    expect(metric.bars.slice(-3).map(({ anomalyClass, count }) => [anomalyClass, count])).toEqual([
      ['YELLOW', 7],
      ['NONE', 0],
      ['RED', 7],
    ]);
    expect(metric.bars.at(-1)).toMatchObject({ to: new Date(range.toMs).toISOString(), height: 1 });
    const earlier = await read<{ metric: { bars: Record<string, unknown>[] } }>(
      server,
      `query ($id: ID!, $until: DateTime) { metric(id: $id) { ${BARS} } }`,
      { id, until: new Date(range.toMs - 2 * HOUR_MS).toISOString() },
    );
    expect(earlier.metric.bars.slice(-2)).toEqual(metric.bars.slice(-3, -1));
  });

  it('are asked of the database together for a page of metrics', async () => {
    const { pool } = server.engine;
    const spy = vi.spyOn(pool, 'query');
    const page = await read<Names>(server, '{ metrics { nodes { name bars { anomalyScore } } } }');
    const statements = spy.mock.calls.map(([statement]) => JSON.stringify(statement));
    spy.mockRestore();
    expect(page.metrics.nodes.length).toBeGreaterThan(10);
    expect(statements.filter((text) => text.includes('FROM bar'))).toHaveLength(1);
  });
});

describe('the wall', () => {
  it('has one row per resource, each bar the highest of its metrics, the most anomalous first', async () => {
    const quiet = await addMetric('wall.quiet', [0.3, 0.4], { resource: 'wall-1' });
    const loud = await addMetric('wall.loud', [null, 1], { resource: 'wall-1' });
    const learning = await addMetric('wall.learning', [0.9], { provisional: true, resource: 'wall-0' });
    const { wall } = await read<{ wall: Record<string, unknown> & { rows: Record<string, unknown>[] } }>(
      server,
      `{ wall(filter: { nameContains: "wall." }) {
        barSeconds starts totalCount rows { key name server metricIds anomalyScores provisional } } }`,
    );
    const empty = Array.from({ length: 22 }, () => null);
    expect(wall.rows).toEqual([
      {
        key: 'wall-1',
        name: 'wall-1',
        server: 'wall-1',
        metricIds: [loud, quiet],
        anomalyScores: [...empty, 0.3, 1],
        provisional: [],
      },
      {
        key: 'wall-0',
        name: 'wall-0',
        server: 'wall-0',
        metricIds: [learning],
        anomalyScores: [...empty, null, 0.9],
        provisional: [23],
      },
    ]);
    expect(wall).toMatchObject({ barSeconds: 3600, totalCount: 2 });
    expect(wall.starts).toHaveLength(24);
  });

  it('goes on live from its cursor: with the scores after it, it equals a wall read later', async () => {
    const { engine } = server;
    await engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'grow.a' },
      model: { min: 0, max: 100 },
    });
    const push = (from: number, count: number) =>
      engine.accept.acceptNamed(
        Array.from({ length: count }, (_, row) => ({
          metric: 'grow.a',
          timestampMs: Date.now() - 300_000 + (from + row) * 100,
          value: (from + row) % 9 === 0 ? 90 : 50,
        })),
      );
    await push(0, 300);
    await engine.bars.catchUp();
    const readWall = async () =>
      (
        await read<{ wall: { cursor: string; rows: { anomalyScores: (number | null)[] }[] } }>(
          server,
          '{ wall(by: METRIC, window: WEEKS, filter: { nameContains: "grow." }) { cursor rows { anomalyScores } } }',
        )
      ).wall;
    const before = await readWall();
    await push(300, 20);
    const stream = engine.live.subscribe({ filter: {}, after: before.cursor, maxBatch: 100, lingerMs: 0 });
    const event = await stream.next();
    await stream.return?.();
    const scores = event.done === true ? [] : event.value.scores.map(({ score }) => score);
    expect(scores).toHaveLength(20);
    await engine.bars.catchUp();
    const after = await readWall();
    const grown = Math.max(before.rows[0]?.anomalyScores.at(-1) ?? 0, ...scores);
    expect(after.rows[0]?.anomalyScores.at(-1)).toBe(grown);
  });

  it('shows an account nothing of another, neither rows nor how many there are', async () => {
    const { engine, database } = server;
    const { id: accountId } = await database.prisma.account.create({ data: { name: 'apart' } });
    const spec = { name: 'apart.theirs' };
    await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec, accountId });
    await addMetric('apart.ours', [0.5]);
    const everything = { ...EVERY_METRIC, nameContains: 'apart.' };
    const namesOf = async (account: number | null) => {
      const { rows, total } = await readRankedRows(database.pool, {
        selection: { ...everything, accountId: account },
        range: chooseBarRange('DAYS', Date.now()),
        by: 'METRIC',
        order: 'NAME',
        limit: 10,
      });
      expect(total).toBe(rows.length);
      return rows.map(({ name }) => name);
    };
    expect(await namesOf(accountId)).toEqual(['apart.theirs']);
    expect(await namesOf(1)).toEqual(['apart.ours']);
    expect(await namesOf(null)).toEqual(['apart.ours', 'apart.theirs']);
  });

  it('refuses more rows than it gives, and names the limit', async () => {
    const { errors } = await ask(server, '{ wall(first: 5001) { totalCount } }');
    expect(errors[0]?.message).toMatch(/5000|5001/);
  });
});

it('takes null for what is usual wherever it may be left out', async () => {
  const id = await addMetric('usual', [0.3, 0.4], { resource: 'usual-1' });
  const leftOut = `query ($id: ID!) {
    metrics { nodes { name } }
    wall { barSeconds rows { key anomalyScores } }
    metric(id: $id) { bars { from anomalyScore } data { nodes { rowId } } series { values } }
  }`;
  const asNull = `query ($id: ID!) {
    metrics(orderBy: null, window: null) { nodes { name } }
    wall(window: null, by: null, orderBy: null, first: null) { barSeconds rows { key anomalyScores } }
    metric(id: $id) {
      bars(window: null) { from anomalyScore } data(order: null) { nodes { rowId } } series(maxPoints: null) { values }
    }
  }`;
  expect(await read(server, asNull, { id })).toEqual(await read(server, leftOut, { id }));
});
