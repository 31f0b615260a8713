import { describe, expect, it } from 'vitest';
import { withDatabase } from '../../helpers/database.ts';
import { startEngine, untilStatus } from '../../helpers/start-engine.ts';

const START = Date.parse('2026-01-05T00:00:00Z');
const bounded = (name: string) =>
  ({ datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 100 } }) as const;

function rows(metric: string, count: number) {
  return Array.from({ length: count }, (_, row) => ({
    metric,
    timestampMs: START + row * 60_000,
    value: row % 7,
  }));
}

describe('monitor', () => {
  it('is ACTIVE at once when the range of the values is known and nothing is stored', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const id = await engine.monitor.monitorMetric(bounded('a'));
    expect(engine.registry.byId(id)?.status).toBe('ACTIVE');
  });

  it('says which metric is monitored already (row 19)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const id = await engine.monitor.monitorMetric(bounded('a'));
    await expect(engine.monitor.monitorMetric(bounded('a'))).rejects.toMatchObject({
      code: 'ALREADY_MONITORED',
      metricId: id,
    });
  });

  it('lets two requests for one metric at once make one metric', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const results = await Promise.allSettled([
      engine.monitor.monitorMetric(bounded('a')),
      engine.monitor.monitorMetric(bounded('a')),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(engine.registry.size).toBe(1);
  });

  it('keeps samples and drops scores when watching ends, and scores anew when it begins again (row 20)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const id = await engine.monitor.monitorMetric(bounded('a'));
    await engine.accept.acceptNamed(rows('a', 30));
    await engine.monitor.unmonitorMetric(id);
    const stored = await database.prisma.sample.findMany({ orderBy: { rowId: 'asc' } });
    expect(stored.map(({ rowId, score, seq }) => [rowId, score, seq])).toEqual(
      stored.map((_, index) => [index + 1, null, null]),
    );
    const metric = await database.prisma.metric.findUniqueOrThrow({ where: { id } });
    expect(metric).toMatchObject({ status: 'UNMONITORED', spec: null, modelParams: null });
    await engine.monitor.monitorMetric(bounded('a'));
    await untilStatus(engine, id, 'ACTIVE');
    expect(await database.prisma.sample.count({ where: { score: { not: null } } })).toBe(30);
  });

  it('gives a deleted name a new metric with rows from 1 (row 9)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const id = await engine.monitor.monitorMetric(bounded('a'));
    await engine.accept.acceptNamed(rows('a', 5));
    await engine.monitor.deleteMetric(id);
    await engine.accept.acceptNamed(rows('a', 2));
    const entry = engine.registry.byIdentity('CUSTOM', 'a');
    expect(entry?.id).not.toBe(id);
    expect(entry?.lastRowId).toBe(2);
  });

  it('begins at once with 288 rows, whatever their values (row 13)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const points = rows('a', 288).map((point, row) => ({ ...point, value: row === 287 ? 5000 : 7000 }));
    await engine.accept.acceptNamed(points);
    const id = await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'a' } });
    expect(engine.registry.byId(id)?.status).toBe('CREATE_PENDING');
    await untilStatus(engine, id, 'ACTIVE');
    expect(await database.prisma.sample.count({ where: { score: { not: null } } })).toBe(288);
  });

  it('brings a metric in ERROR back to work with what it missed, and no other (rows 29, 72)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const id = await engine.monitor.monitorMetric(bounded('a'));
    await engine.accept.acceptNamed(rows('a', 5));
    await database.prisma.metric.update({ where: { id }, data: { status: 'ERROR', message: 'broken' } });
    await engine.registry.load();
    await engine.accept.acceptNamed(rows('a', 20));
    expect(engine.registry.byId(id)?.status).toBe('ERROR');
    await engine.monitor.retryMetric(id);
    await untilStatus(engine, id, 'ACTIVE');
    expect(await database.prisma.sample.count({ where: { score: null } })).toBe(0);
    await expect(engine.monitor.retryMetric(id)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it.each([
    ['only min', { min: 1 }, /max: expected together with min/],
    ['max below min', { min: 2, max: 1 }, /expected at least min/],
    ['an infinite bound', { min: 0, max: Infinity }, /finite/],
    ['a resolution of nothing', { minResolution: 0 }, /minResolution/],
  ])('refuses %s and makes no metric (row 11)', async (_, model, message) => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const request = { datasource: 'CUSTOM', spec: { name: 'a' }, model } as const;
    await expect(engine.monitor.monitorMetric(request)).rejects.toThrow(message);
    expect(engine.registry.size).toBe(0);
  });

  it('says NOT_FOUND for ids that are nobody’s', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const id = '00000000-0000-4000-8000-000000000000';
    const { monitor } = engine;
    for (const method of ['unmonitorMetric', 'deleteMetric', 'retryMetric'] as const) {
      await expect(monitor[method](id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    await expect(monitor.updateMetric(id, {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
