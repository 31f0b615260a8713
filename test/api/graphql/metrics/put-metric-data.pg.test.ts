import { afterAll, beforeAll, expect, test } from 'vitest';
import { read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const METRICS = 100;
const ROWS = 100;
const START_MS = Date.UTC(2026, 0, 1);

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server[Symbol.asyncDispose]());

const PUT = `mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) {
  accepted duplicates late rejected { index } } }`;

interface Put {
  readonly putMetricData: {
    readonly accepted: number;
    readonly duplicates: number;
    readonly late: number;
    readonly rejected: readonly object[];
  };
}

const put = async (points: readonly object[]) => (await read<Put>(server, PUT, { points })).putMetricData;

test('10,000 points of 100 monitored metrics arrive once, in order, all scored; repeated they change nothing', async () => {
  const names = Array.from({ length: METRICS }, (_, index) => `load.${index}`);
  for (const name of names) {
    await server.engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name },
      model: { min: 0, max: 100 },
    });
  }
  const points = Array.from({ length: METRICS * ROWS }, (_, index) => ({
    metric: names[index % METRICS],
    timestamp: new Date(START_MS + Math.floor(index / METRICS) * 60_000).toISOString(),
    value: index % 97,
  }));
  const batches = Array.from({ length: 10 }, (_, index) => points.slice(index * 1000, (index + 1) * 1000));
  for (const batch of batches) {
    expect(await put(batch)).toEqual({ accepted: 1000, duplicates: 0, late: 0, rejected: [] });
  }
  const readRows = async () =>
    (
      await server.database.pool.query<{
        dense: boolean;
        ordered: boolean;
        scored: boolean;
        rows: number;
        scores: string;
      }>(
        `SELECT count(*)::int AS rows, bool_and(row_id = expected_row) AS dense, bool_and(seq IS NOT NULL) AS scored,
                bool_and(after IS NULL OR seq > after) AS ordered, md5(string_agg(score::text, ',' ORDER BY seq)) AS scores
         FROM (SELECT *, row_number() OVER same AS expected_row, lag(seq) OVER same AS after
               FROM sample WINDOW same AS (PARTITION BY metric_number ORDER BY "timestamp")) AS numbered`,
      )
    ).rows[0];
  const first = await readRows();
  expect(first).toMatchObject({ rows: METRICS * ROWS, dense: true, scored: true, ordered: true });
  for (const batch of batches) {
    expect(await put(batch)).toEqual({ accepted: 0, duplicates: 1000, late: 0, rejected: [] });
  }
  expect(await readRows()).toEqual(first);
});

test('a point with another value for a time that is known leaves the first one', async () => {
  const point = { metric: 'first.wins', timestamp: '2026-01-01T00:00:00Z', value: 1, unit: 's' };
  expect(await put([point])).toMatchObject({ accepted: 1 });
  expect(await put([{ ...point, value: 2 }])).toMatchObject({ accepted: 0, duplicates: 1 });
  expect(
    await read(
      server,
      '{ metrics(filter: { nameContains: "first.wins" }) { nodes { unit status latest { value } } } }',
    ),
  ).toEqual({
    metrics: { nodes: [{ unit: 's', status: 'UNMONITORED', latest: { value: 1 } }] },
  });
});

test('no points are no error', async () => {
  expect(await put([])).toEqual({ accepted: 0, duplicates: 0, late: 0, rejected: [] });
});

test('serverInfo counts what was put', async () => {
  interface Info {
    readonly serverInfo: {
      readonly version: string;
      readonly metrics: number;
      readonly cursor: string;
      readonly counters: readonly { readonly name: string; readonly value: number; readonly help: string }[];
    };
  }
  const query = `query ($names: [String!]) { serverInfo { version started database detector metrics subscribers cursor counters(names: $names) { name kind help reason value } } }`;
  const before = (await read<Info>(server, query, { names: ['points_accepted'] })).serverInfo;
  expect(before.version).toMatch(/^\d+\.\d+\.\d+/);
  await put([{ metric: 'counted', timestamp: '2026-01-01T00:00:00Z', value: 1 }]);
  const after = (await read<Info>(server, query, { names: ['points_accepted'] })).serverInfo;
  expect(after.counters).toEqual([{ ...before.counters[0], value: (before.counters[0]?.value ?? NaN) + 1 }]);
  expect(after.metrics).toBe(before.metrics + 1);
  expect(after.cursor).toBe(server.engine.live.head());
  const all = (await read<Info>(server, query)).serverInfo.counters;
  expect(all.length).toBeGreaterThan(30);
  for (const { help } of all) expect(help).not.toBe('');
});
