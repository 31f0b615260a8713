/** Filters and orders of the lists of metrics and samples. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../helpers/ask.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';
import { until } from '../../helpers/until.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const SAMPLES = 300;
const NAMES = ['web.cpu', 'web.disk', 'db.cpu'];

let server: TestServer;
const ids = new Map<string, string>();

beforeAll(async () => {
  server = await startServer();
  const points = NAMES.flatMap((metric, place) =>
    Array.from({ length: SAMPLES }, (_, i) => ({
      metric,
      timestamp: new Date(START_MS + i * 60_000),
      value: ((i + place) % 7) + (i === 250 + place * 10 ? 1_000 : 0),
    })),
  );
  await read(
    server,
    'mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }',
    { points },
  );
  for (const name of NAMES.slice(0, 2)) {
    await read(
      server,
      `mutation { monitorMetric(input: { spec: { custom: { name: "${name}" } } }) { __typename } }`,
    );
  }
  await until(async () => {
    const { metrics } = await read<{ metrics: { nodes: { id: string; name: string; status: string }[] } }>(
      server,
      '{ metrics { nodes { id name status } } }',
    );
    for (const { id, name } of metrics.nodes) ids.set(name, id);
    expect(metrics.nodes.filter(({ status }) => status === 'ACTIVE')).toHaveLength(2);
  });
});

afterAll(() => server[Symbol.asyncDispose]());

const idOf = (name: string) => ids.get(name) ?? '';

describe('a filter of metrics', () => {
  const list = (filter: Record<string, unknown>) =>
    ask(
      server,
      'query ($filter: MetricFilter) { metrics(filter: $filter) { totalCount nodes { name } } wall(by: METRIC, filter: $filter) { totalCount } }',
      { filter },
    );

  it.each<[filter: () => Record<string, unknown>, names: readonly string[]]>([
    [() => ({}), NAMES],
    [() => ({ ids: [idOf('web.cpu'), idOf('db.cpu')] }), ['web.cpu', 'db.cpu']],
    [() => ({ ids: [] }), []],
    [() => ({ names: ['db.cpu', 'nope'] }), ['db.cpu']],
    [() => ({ namePattern: 'web.*' }), ['web.cpu', 'web.disk']],
    [() => ({ namePattern: 'WEB.*' }), []],
    [() => ({ namePattern: '*.c?u' }), ['web.cpu', 'db.cpu']],
    [() => ({ nameContains: 'CPU' }), ['web.cpu', 'db.cpu']],
    [() => ({ statuses: ['ACTIVE', 'ERROR'] }), ['web.cpu', 'web.disk']],
    [() => ({ statuses: [] }), []],
    [() => ({ statuses: ['ACTIVE'], status: 'UNMONITORED' }), []],
    [() => ({ status: 'UNMONITORED' }), ['db.cpu']],
    [() => ({ sources: ['CUSTOM', 'HOST'] }), NAMES],
    [() => ({ sources: ['HOST'] }), []],
    [() => ({ sources: ['CUSTOM'], datasource: 'CUSTOM' }), NAMES],
    [() => ({ servers: ['web.cpu', 'db.cpu'], namePattern: 'web.*' }), ['web.cpu']],
    [() => ({ locations: ['us-west-2'] }), []],
    [() => ({ autostackIds: ['Autostack:00000000-0000-0000-0000-000000000000'] }), []],
    [() => ({ memberOfAutostackIds: ['Autostack:00000000-0000-0000-0000-000000000000'] }), []],
  ])('%s', async (filter, names) => {
    const { data, errors } = await list(filter());
    expect(errors).toEqual([]);
    const nodes = [...names].sort().map((name) => ({ name }));
    expect(data?.metrics).toEqual({ totalCount: names.length, nodes });
  });

  it.each([
    [{ ids: ['nonsense'] }, 'filter.ids.0: "nonsense" is not the id of anything'],
    [{ autostackIds: ['nonsense'] }, 'filter.autostackIds.0: "nonsense" is not the id of anything'],
    [
      { memberOfAutostackIds: ['nonsense'] },
      'filter.memberOfAutostackIds.0: "nonsense" is not the id of anything',
    ],
    [{ namePattern: 'a\\b' }, 'filter.namePattern: \\ may stand before \\, ? and * only, not before b'],
    [{ namePattern: '*'.repeat(501) }, 'filter.namePattern: expected at most 500 characters, got 501'],
    [
      { names: Array.from({ length: 1001 }, () => 'a') },
      'filter.names: expected at most 1000 values, got 1001',
    ],
  ])('is refused with the field and the value: %j', async (filter, message) => {
    const { errors } = await list(filter);
    expect(errors.map((error) => error.message)).toContain(message);
    expect(errors[0]?.extensions?.code).toBe('INVALID_INPUT');
  });
});

describe('the samples of all metrics', () => {
  interface Listed {
    readonly totalCount: number;
    readonly nodes: readonly { rowId: number; anomalyScore: number; metric: { name: string } }[];
    readonly pageInfo: { hasNextPage: boolean; endCursor: string | null };
  }
  const list = async (
    filter: Record<string, unknown>,
    more: { orderBy?: string; first?: number; after?: string | null } = {},
  ) => {
    const { metricData } = await read<{ metricData: Listed }>(
      server,
      `query ($filter: MetricDataFilter!, $orderBy: MetricDataOrder, $first: Int, $after: String) {
        metricData(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
          totalCount nodes { rowId anomalyScore metric { name } } pageInfo { hasNextPage endCursor }
        } }`,
      { filter, ...more },
    );
    return metricData;
  };

  it('come the most anomalous first, each once over all pages', async () => {
    const seen: Listed['nodes'][number][] = [];
    let after: string | null = null;
    for (;;) {
      const page: Listed = await list({}, { orderBy: 'ANOMALY', first: 130, after });
      expect(page.totalCount).toBe(2 * SAMPLES);
      seen.push(...page.nodes);
      after = page.pageInfo.endCursor;
      if (!page.pageInfo.hasNextPage) break;
    }
    expect(seen).toHaveLength(2 * SAMPLES);
    expect(new Set(seen.map(({ rowId, metric }) => `${metric.name} ${rowId}`)).size).toBe(2 * SAMPLES);
    const scores = seen.map(({ anomalyScore }) => anomalyScore);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(
      seen
        .slice(0, 2)
        .map(({ rowId }) => rowId)
        .sort((a, b) => a - b),
    ).toEqual([251, 261]);
  });

  it('are found by metric, row, time, name and class', async () => {
    const metricIds = [idOf('web.disk')];
    const rows = await list({ metricIds, rowIds: [1, 250, 9999] });
    expect(rows.nodes.map(({ rowId }) => rowId)).toEqual([1, 250]);
    expect(rows.totalCount).toBe(2);
    const late = { from: new Date(START_MS + 290 * 60_000), to: new Date(START_MS + 291 * 60_000) };
    expect(await list({ metricIds, ...late })).toMatchObject({
      totalCount: 2,
      nodes: [{ rowId: 291 }, { rowId: 292 }],
    });
    expect((await list({ names: ['web.cpu'], rowIds: null })).totalCount).toBe(SAMPLES);
    expect(
      (await list({ namePattern: '*.disk', servers: ['web.disk'], sources: ['CUSTOM'] })).totalCount,
    ).toBe(SAMPLES);
    const red = await list({ metricIds, minClass: 'YELLOW', ...{} }, { orderBy: 'ANOMALY', first: 1 });
    expect(red.nodes).toMatchObject([{ rowId: 261, metric: { name: 'web.disk' } }]);
  });

  it('refuse rows of no metric, and a cursor of the other order', async () => {
    const query = (args: string) => ask(server, `{ metricData(${args}) { nodes { rowId } } }`);
    expect((await query('filter: { rowIds: [1] }')).errors[0]?.message).toBe(
      'filter.rowIds: expected metricIds beside it: rows count within a metric',
    );
    const { pageInfo } = await list({}, { first: 1 });
    const wrong = await query(`filter: {}, orderBy: ANOMALY, after: "${String(pageInfo.endCursor)}"`);
    expect(wrong.errors[0]?.message).toMatch(/^after: .* is not a cursor of this list$/);
  });

  it('are downloaded up to a number', async () => {
    const { metricDataDownload } = await read<{ metricDataDownload: { url: string } }>(
      server,
      `query ($filter: MetricDataFilter!) { metricDataDownload(filter: $filter, first: 7) { url } }`,
      { filter: { metricIds: [idOf('web.disk'), idOf('web.cpu')], rowIds: [1, 2, 3, 4, 5] } },
    );
    const text = await (await fetch(metricDataDownload.url)).text();
    const lines = text.trim().split('\n');
    expect(lines).toHaveLength(7);
    const { errors } = await ask(server, '{ metricDataDownload(filter: {}, first: -1) { url } }');
    expect(errors[0]?.message).toBe('first: expected 0 or more, got -1');
  });
});
