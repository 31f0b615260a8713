/** How much was anomalous when, and what else was then, through the API. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BarRise, writeBars } from '../../../../src/core/bars/write-bars.ts';
import { createSampleMonths } from '../../../../src/core/samples/month-partitions.ts';
import { inTransaction } from '../../../../src/platform/postgres/transaction.ts';
import { ask, read } from '../../../helpers/ask.ts';
import { textWith } from '../../../helpers/matchers.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const START_MS = Date.UTC(2026, 5, 1);
const WIDTH_MS = 300_000;
const at = (interval: number) => new Date(START_MS + interval * WIDTH_MS).toISOString();
const RED = 0.999999;
const YELLOW = 0.99995;

/** Scores of the intervals of an hour, from START_MS on. */
const SCORES: Readonly<Record<string, readonly number[]>> = {
  'web.latency': [0.1, 0.2, 0.3, RED, RED, RED, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1],
  'web.errors': [0.1, 0.2, 0.3, RED, RED, YELLOW, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1],
  'db.locks': [0.1, 0.2, RED, RED, 0.3, 0.1, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1],
  'disk.free': [0.1, 0.2, 0.3, 0.2, 0.1, 0.1, 0.4, 0.1, RED, RED, RED, RED],
  'calm.load': [0.1, 0.2, 0.3, 0.2, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1],
};

let server: TestServer;
const ids = new Map<string, string>();

beforeAll(async () => {
  server = await startServer();
  const { engine, database } = server;
  const rises: BarRise[] = [];
  for (const [name, scores] of Object.entries(SCORES)) {
    const id = await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: {} });
    ids.set(name, `Metric:${id}`);
    const metricNumber = engine.registry.byId(id)?.number ?? 0;
    for (const [place, score] of scores.entries()) {
      const startMs = START_MS + place * WIDTH_MS;
      rises.push({ metricNumber, minutes: 5, startMs, score, provisionalScore: null, count: 5 });
    }
    const highest = { metricNumber, score: Math.max(...scores), provisionalScore: null, count: 0 };
    rises.push(
      { ...highest, minutes: 60, startMs: START_MS },
      { ...highest, minutes: 480, startMs: START_MS },
    );
  }
  await createSampleMonths(database.pool).ensure(rises.map(({ startMs }) => startMs));
  await inTransaction(database.pool, (client) => writeBars(client, rises));
});
afterAll(() => server[Symbol.asyncDispose]());

const RATE = `query ($from: DateTime!, $to: DateTime!, $filter: MetricFilter) {
  anomalyRate(from: $from, to: $to, filter: $filter) {
    ... on AnomalyRate { intervals { from to scoredCount redCount anomalousCount rate } } ... on Error { code message }
  }
}`;
const CORRELATIONS = `query ($from: DateTime!, $to: DateTime!, $metricId: ID, $filter: MetricFilter, $first: Int) {
  anomalyCorrelations(from: $from, to: $to, metricId: $metricId, filter: $filter, first: $first) {
    ... on AnomalyCorrelations {
      totalCount intervalSeconds
      nodes { metric { name } anomalyClass firstAnomalousAt anomalousShare similarity }
    }
    ... on Error { code message }
  }
}`;
const HOUR = { from: at(0), to: at(12) };

describe('anomalyRate', () => {
  it('is the share of the metrics that were anomalous, interval by interval', async () => {
    const { anomalyRate } = await read<{ anomalyRate: { intervals: { rate: number }[] } }>(
      server,
      RATE,
      HOUR,
    );
    expect(anomalyRate.intervals.map(({ rate }) => rate)).toEqual([
      0, 0, 0.2, 0.6, 0.4, 0.4, 0, 0, 0.2, 0.2, 0.2, 0.2,
    ]);
    expect(anomalyRate.intervals[5]).toEqual({
      from: at(5),
      to: at(6),
      scoredCount: 5,
      redCount: 1,
      anomalousCount: 2,
      rate: 0.4,
    });
  });

  it('is that of the metrics chosen, and 0 where nothing was scored', async () => {
    const { anomalyRate } = await read<{ anomalyRate: { intervals: object[] } }>(server, RATE, {
      from: at(11),
      to: at(13),
      filter: { nameContains: 'disk' },
    });
    expect(anomalyRate.intervals).toMatchObject([
      { scoredCount: 1, redCount: 1, rate: 1 },
      { scoredCount: 0, redCount: 0, rate: 0 },
    ]);
  });
});

describe('anomalyCorrelations', () => {
  it('names what else was anomalous then, the most similar first', async () => {
    const { anomalyCorrelations } = await read<{ anomalyCorrelations: { nodes: { similarity: number }[] } }>(
      server,
      CORRELATIONS,
      { ...HOUR, metricId: ids.get('web.latency') },
    );
    expect(anomalyCorrelations).toMatchObject({
      totalCount: 3,
      intervalSeconds: 300,
      nodes: [
        {
          metric: { name: 'web.errors' },
          anomalyClass: 'RED',
          firstAnomalousAt: at(3),
          anomalousShare: 0.25,
        },
        { metric: { name: 'db.locks' }, firstAnomalousAt: at(2) },
        { metric: { name: 'disk.free' }, firstAnomalousAt: at(8), similarity: 0 },
      ],
    });
  });

  it('ranks by severity without a metric, among those chosen, as many as asked for', async () => {
    const { anomalyCorrelations } = await read<{ anomalyCorrelations: object }>(server, CORRELATIONS, {
      ...HOUR,
      filter: { namePattern: '*.*e*' },
      first: 2,
    });
    expect(anomalyCorrelations).toMatchObject({
      totalCount: 3,
      nodes: [
        { metric: { name: 'disk.free' }, similarity: null },
        { metric: { name: 'web.latency' }, similarity: null },
      ],
    });
  });

  it('compares with a metric that the filter leaves out', async () => {
    const { anomalyCorrelations } = await read<{ anomalyCorrelations: object }>(server, CORRELATIONS, {
      ...HOUR,
      metricId: ids.get('web.latency'),
      filter: { nameContains: 'errors' },
    });
    expect(anomalyCorrelations).toMatchObject({ totalCount: 1, nodes: [{ metric: { name: 'web.errors' } }] });
  });

  it.each([
    [{ first: 0 }, 'first: expected 1 to 500, got 0', 'INVALID_INPUT'],
    [{ from: at(5), to: at(4) }, 'to: expected', 'INVALID_INPUT'],
    [{ to: '2028-01-01T00:00:00Z' }, 'to: expected at most 400 days later than from', 'INVALID_INPUT'],
    [{ metricId: 'nonsense' }, 'metricId', 'INVALID_INPUT'],
    [
      { metricId: 'Metric:00000000-0000-4000-8000-000000000000' },
      'metricId: no metric has the id',
      'NOT_FOUND',
    ],
  ])('refuses %j by a typed error', async (part, message, code) => {
    const { data } = await ask(server, CORRELATIONS, { ...HOUR, ...part });
    expect(data).toMatchObject({ anomalyCorrelations: { code, message: textWith(message) } });
  });
});
