import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { YELLOW_SCORE } from '../../../../src/detector/likelihood.ts';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { anyNumber, textWith } from '../../../helpers/matchers.ts';

const START_MS = Date.UTC(2026, 0, 1);
const STEP_MS = 60_000;
const ROWS = 2_000;
const PEAKS = [
  { row: 700, value: 900 },
  { row: 1_301, value: -700 },
];
const ANOMALIES = [3, 1_000, 1_001, 1_999];

let server: TestServer;
let id: string;

const isoOf = (row: number) => new Date(START_MS + row * STEP_MS).toISOString();

beforeAll(async () => {
  server = await startServer();
  const { accept, monitor } = server.engine;
  const metricId = await monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name: 'm' },
    model: { min: -1000, max: 1000 },
  });
  id = `Metric:${metricId}`;
  const points = Array.from({ length: ROWS }, (_, row) => ({
    metric: 'm',
    timestampMs: START_MS + row * STEP_MS,
    value: PEAKS.find((peak) => peak.row === row)?.value ?? Math.sin(row / 10),
  }));
  expect(await accept.acceptNamed(points)).toMatchObject({ accepted: ROWS, rejected: [] });
  // Scores are given here, so that the test knows which samples are anomalies whatever the detector thinks of sines.
  await server.database.pool.query(
    'UPDATE sample SET score = CASE WHEN row_id = ANY($1) THEN 0.99999 ELSE least(score, 0.5) END',
    [ANOMALIES.map((row) => row + 1)],
  );
});

afterAll(() => server[Symbol.asyncDispose]());

describe('latest', () => {
  test('is the newest sample with all the detector said of it', async () => {
    const { metric } = await read<{ metric: { latest: object } }>(
      server,
      `query ($id: ID!) { metric(id: $id) { latest {
        metric { id } rowId timestamp value rawAnomalyScore anomalyScore anomalyClass provisional opensIncident aspect
        expected { value low high } } } }`,
      { id },
    );
    expect(metric.latest).toMatchObject({
      metric: { id },
      rowId: ROWS,
      timestamp: isoOf(ROWS - 1),
      value: Math.sin((ROWS - 1) / 10),
      anomalyScore: 0.99999,
      anomalyClass: 'RED',
      rawAnomalyScore: anyNumber,
      provisional: false,
      expected: { value: anyNumber, low: anyNumber, high: anyNumber },
    });
  });

  test('has no score while the metric is not monitored', async () => {
    await server.engine.accept.acceptNamed([{ metric: 'unscored', timestampMs: START_MS, value: 5 }]);
    const answer = await read(
      server,
      `{ metrics(filter: { nameContains: "unscored" }) { nodes { learning { rows done } spec latest {
        value rawAnomalyScore anomalyScore anomalyClass expected { value } } } } }`,
    );
    expect(answer).toEqual({
      metrics: {
        nodes: [
          {
            learning: { rows: 0, done: false },
            spec: null,
            latest: {
              value: 5,
              rawAnomalyScore: null,
              anomalyScore: null,
              anomalyClass: 'NONE',
              expected: null,
            },
          },
        ],
      },
    });
  });
});

describe('data', () => {
  interface Page {
    readonly nodes: readonly { readonly rowId: number }[];
    readonly pageInfo: {
      hasNextPage: boolean;
      hasPreviousPage: boolean;
      startCursor: string;
      endCursor: string;
    };
  }
  const QUERY = `query ($id: ID!, $from: DateTime, $to: DateTime, $min: Float, $order: SortOrder! = ASC, $first: Int, $after: String, $last: Int, $before: String) {
    metric(id: $id) { data(from: $from, to: $to, minAnomalyScore: $min, order: $order, first: $first, after: $after, last: $last, before: $before) {
      nodes { rowId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`;
  const page = async (variables: Record<string, unknown>) =>
    (await read<{ metric: { data: Page } }>(server, QUERY, { id, ...variables })).metric.data;
  const rows = ({ nodes }: Page) => nodes.map(({ rowId }) => rowId);
  const count = (from: number, to: number) =>
    Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => from + index * Math.sign(to - from));

  test('comes by pages in both orders and from both ends', async () => {
    const first = await page({ first: 3 });
    expect(rows(first)).toEqual([1, 2, 3]);
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const second = await page({ first: 3, after: first.pageInfo.endCursor });
    expect(rows(second)).toEqual([4, 5, 6]);
    expect(rows(await page({ last: 2, before: second.pageInfo.startCursor }))).toEqual([2, 3]);
    const newest = await page({ order: 'DESC', first: 3 });
    expect(rows(newest)).toEqual([2000, 1999, 1998]);
    expect(rows(await page({ order: 'DESC', first: 2, after: newest.pageInfo.endCursor }))).toEqual([
      1997, 1996,
    ]);
    expect(rows(await page({ order: 'DESC', last: 2, before: newest.pageInfo.endCursor }))).toEqual([
      2000, 1999,
    ]);
    expect(rows(await page({ last: 2 }))).toEqual([1999, 2000]);
  });

  test('has 100 rows on a page unless asked for up to 1000, and refuses what no page or score can be', async () => {
    expect(rows(await page({}))).toEqual(count(1, 100));
    expect(rows(await page({ first: 1000 }))).toEqual(count(1, 1000));
    const { errors } = await ask(server, QUERY, { id, order: 'ASC', first: 1001 });
    expect(errors[0]).toMatchObject({
      message: 'first: expected 0 to 1000, got 1001',
      path: ['metric', 'data'],
    });
    const refused = await ask(server, QUERY, { id, order: 'ASC', min: -0.5 });
    expect(refused.errors[0]).toMatchObject({
      message: 'minAnomalyScore: expected 0 to 1, got -0.5',
      path: ['metric', 'data'],
    });
  });

  test('can be narrowed by time, both ends included, and by score (row 58)', async () => {
    expect(rows(await page({ from: isoOf(10), to: isoOf(12) }))).toEqual([11, 12, 13]);
    expect(rows(await page({ from: isoOf(ROWS) }))).toEqual([]);
    expect(rows(await page({ min: YELLOW_SCORE }))).toEqual(ANOMALIES.map((row) => row + 1));
  });

  test('refuses a cursor that is none', async () => {
    const { errors } = await ask(server, QUERY, { id, order: 'ASC', after: 'x' });
    expect(errors[0]?.message).toBe('after: "x" is not a cursor of this list');
  });
});

describe('series', () => {
  interface Series {
    readonly timestamps: readonly string[];
    readonly values: readonly number[];
    readonly anomalyScores: readonly (number | null)[];
    readonly expected: readonly (number | null)[];
    readonly expectedLow: readonly (number | null)[];
    readonly expectedHigh: readonly (number | null)[];
  }
  const QUERY = `query ($id: ID!, $from: DateTime, $to: DateTime, $maxPoints: Int!) { metric(id: $id) {
    series(from: $from, to: $to, maxPoints: $maxPoints) { timestamps values anomalyScores expected expectedLow expectedHigh } } }`;
  const series = async (maxPoints: number, range: object = {}) =>
    (await read<{ metric: { series: Series } }>(server, QUERY, { id, maxPoints, ...range })).metric.series;

  test.each([20, 101, 500])('of at most %i points keeps every peak and every anomaly', async (maxPoints) => {
    const { timestamps, values, anomalyScores, ...rest } = await series(maxPoints);
    expect(timestamps.length).toBeLessThanOrEqual(maxPoints);
    expect(timestamps.length).toBeGreaterThan(maxPoints / 2);
    for (const column of [values, anomalyScores, ...Object.values(rest)])
      expect(column.length).toBe(timestamps.length);
    expect([...timestamps].sort()).toEqual(timestamps);
    expect(new Set(timestamps).size).toBe(timestamps.length);
    for (const { row, value } of PEAKS) expect(values[timestamps.indexOf(isoOf(row))]).toBe(value);
    for (const row of ANOMALIES) expect(anomalyScores[timestamps.indexOf(isoOf(row))]).toBe(0.99999);
  });

  test('covers the whole of the time asked for', async () => {
    const { timestamps } = await series(100);
    const gaps = timestamps
      .slice(1)
      .map((time, index) => Date.parse(time) - Date.parse(timestamps[index] ?? ''));
    expect(Math.max(...gaps)).toBeLessThan((2.5 * ROWS * STEP_MS) / 48);
  });

  test('of fewer samples than asked for is all of them', async () => {
    const { timestamps } = await series(5000);
    expect(timestamps.length).toBe(ROWS);
    expect(await series(10, { from: isoOf(5), to: isoOf(7) })).toMatchObject({
      timestamps: [isoOf(5), isoOf(6), isoOf(7)],
      values: [5, 6, 7].map((row) => Math.sin(row / 10)),
    });
  });

  test('keeps the strongest anomalies when there is room for nothing else', async () => {
    const { anomalyScores } = await series(3);
    expect(anomalyScores).toEqual([0.99999, 0.99999, 0.99999]);
  });

  test('of nothing is empty', async () => {
    expect((await series(10, { from: isoOf(ROWS) })).timestamps).toEqual([]);
  });

  test.each([
    [1, 'expected 2 to 5000, got 1'],
    [0, 'expected 2 to 5000, got 0'],
    [-5, 'expected 2 to 5000, got -5'],
    [
      5001,
      'expected at most 5000, got 5001 (LAPWING_MAX_PAGE_ROWS); ask for fewer at once; pages go on with their endCursor',
    ],
  ])('refuses %i points', async (maxPoints, objection) => {
    const { errors } = await ask(server, QUERY, { id, maxPoints });
    expect(errors[0]?.message).toBe(`maxPoints: ${objection}`);
  });
});

describe('metricData', () => {
  const QUERY = `query ($filter: MetricDataFilter!, $first: Int, $after: String) { metricData(filter: $filter, first: $first, after: $after) {
    edges { cursor node { rowId metric { id } } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`;
  interface Page {
    readonly metricData: {
      readonly edges: readonly { readonly cursor: string; readonly node: { readonly rowId: number } }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    };
  }
  const page = async (variables: Record<string, unknown>) =>
    (await read<Page>(server, QUERY, variables)).metricData;
  const rows = ({ edges }: Page['metricData']) => edges.map(({ node }) => node.rowId);

  test('gives every score once, in the order it was made, page after page', async () => {
    const seen: number[] = [];
    for (let after: string | null = null, more = true; more;) {
      const { edges, pageInfo }: Page['metricData'] = await page({ filter: {}, first: 700, after });
      seen.push(...edges.map(({ node }) => node.rowId));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(seen).toEqual(Array.from({ length: ROWS }, (_, index) => index + 1));
  });

  test('can be narrowed by metric, name, time and score', async () => {
    expect(rows(await page({ filter: { metricIds: [id], minClass: 'RED' } }))).toEqual(
      ANOMALIES.map((row) => row + 1),
    );
    expect(rows(await page({ filter: { nameContains: 'no such' } }))).toEqual([]);
    expect(rows(await page({ filter: { metricIds: [] } }))).toEqual([]);
    expect(rows(await page({ filter: { from: isoOf(4), to: isoOf(6) } }))).toEqual([5, 6, 7]);
    expect(rows(await page({ filter: { minAnomalyScore: 0.9 }, first: 1 }))).toEqual([4]);
  });

  test.each([
    [{ filter: {}, first: 1001 }, 'first: expected 0 to 1000, got 1001', 'INVALID_INPUT'],
    [
      { filter: { metricIds: ['Metric:1'] } },
      'filter.metricIds.0: "Metric:1" is not the id of anything',
      'INVALID_INPUT',
    ],
    [
      { filter: { minAnomalyScore: 1.1 } },
      'filter.minAnomalyScore: expected 0 to 1, got 1.1',
      'INVALID_INPUT',
    ],
    [{ filter: {}, after: 'v1.nonsense.7' }, 'after: "v1.nonsense.7" is not a cursor', 'CURSOR_INVALID'],
    [{ filter: {}, after: '-' }, 'after: "-" is not a cursor', 'CURSOR_INVALID'],
  ])('refuses %o', async (variables, message, code) => {
    const { errors, status } = await ask(server, QUERY, variables);
    expect(status).toBe(200);
    expect(errors).toMatchObject([
      { message: textWith(message), extensions: { code }, path: ['metricData'] },
    ]);
  });
});
