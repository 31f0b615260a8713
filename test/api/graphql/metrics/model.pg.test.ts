/** What a model knows and has learned may change; the scores it gave do not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const PERIOD_MS = 300_000;
const START_MS = Date.UTC(2026, 0, 5);
const ROWS = 400;

const MODEL = 'model { min max boundsFrom minResolution timeZone valueKind }';
/** Of a metric that was given its bounds. */
const UNCHANGED = {
  min: 0,
  max: 1000,
  boundsFrom: 'GIVEN',
  minResolution: null,
  timeZone: 'UTC',
  valueKind: null,
};
const UPDATE = `mutation ($input: UpdateMetricInput!) { updateMetric(input: $input) {
  ... on Metric { id ${MODEL} } ... on Error { code failure: message }
} }`;
const RESET = `mutation ($id: ID!) { resetModel(input: { id: $id }) {
  ... on Metric { id learning { rows done } } ... on Error { code failure: message }
} }`;
const SCORES = `query ($id: ID!) { metric(id: $id) { status ${MODEL} learning { rows samplesUntilScored }
  data(last: 500) { nodes { rowId value anomalyScore expected { value low high } provisional } } } }`;

interface Row {
  readonly rowId: number;
  readonly anomalyScore: number | null;
  readonly provisional: boolean;
}
interface Scores {
  readonly metric: {
    readonly status: string;
    readonly model: Record<string, unknown> | null;
    readonly learning: { readonly rows: number; readonly samplesUntilScored: number };
    readonly data: { readonly nodes: readonly Row[] };
  };
}

const valueAt = (row: number) => 50 + 10 * Math.sin(row / 20) + ((row * 7919) % 13) / 4;
const find = (name: string) => server.engine.registry.byPushedName(name);

async function push(name: string, from: number, to: number): Promise<void> {
  const points = Array.from({ length: to - from }, (_, index) => ({
    metric: name,
    timestampMs: START_MS + (from + index) * PERIOD_MS,
    value: valueAt(from + index),
  }));
  expect((await server.engine.accept.acceptNamed(points)).rejected).toEqual([]);
}

async function start(name: string, model = {}): Promise<string> {
  const id = await server.engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name },
    model: { min: 0, max: 1000, ...model },
  });
  return `Metric:${id}`;
}
const readScores = async (id: string) => (await read<Scores>(server, SCORES, { id })).metric;
/** As after a crash: what is in memory is gone. */
const forget = (name: string) => server.engine.models.discard([find(name)?.number ?? 0]);
const mismatches = () => server.engine.stats.read('replay_mismatches');

describe('new parameters', () => {
  it.each([
    ['of a model that was never written down', 60, { minResolution: 40, timeZone: 'America/New_York' }],
    ['of a model with a checkpoint', 1300, { minResolution: 40, timeZone: 'America/New_York' }],
    ['what its values are', 400, { valueKind: 'COUNTER' }],
  ])(
    'leave every score, and make the next one as if they had always been known: %s',
    async (_what, rows, model) => {
      const [name, other] = [`changed.${rows}`, `always.${rows}`];
      const id = await start(name);
      const peer = await start(other, model);
      for (const metric of [name, other]) await push(metric, 0, rows);
      const before = await readScores(id);
      expect(await read(server, UPDATE, { input: { id, model } })).toEqual({
        updateMetric: { id, model: { ...UNCHANGED, ...model } },
      });
      expect((await readScores(id)).data).toEqual(before.data);
      for (const metric of [name, other]) await push(metric, rows, rows + 3);
      const after = await readScores(id);
      const added = after.data.nodes.filter(({ rowId }) => rowId > rows);
      expect(added).toHaveLength(3);
      expect(added).toEqual((await readScores(peer)).data.nodes.filter(({ rowId }) => rowId > rows));
      // The model goes on after a crash, too.
      const counted = mismatches();
      forget(name);
      await push(name, rows + 3, rows + 4);
      await push(other, rows + 3, rows + 4);
      expect((await readScores(id)).data.nodes.at(-1)).toEqual((await readScores(peer)).data.nodes.at(-1));
      expect(mismatches()).toBe(counted);
    },
  );

  it('are left alone where nothing is said of them, and cleared by null', async () => {
    const id = await start('fields', { minResolution: 2, timeZone: 'Asia/Tokyo' });
    const change = async (model: object) =>
      (await read<{ updateMetric: { model: unknown } }>(server, UPDATE, { input: { id, model } }))
        .updateMetric.model;
    const given = { ...UNCHANGED, minResolution: 2, timeZone: 'Asia/Tokyo' };
    expect(await change({ max: 500 })).toEqual({ ...given, max: 500 });
    expect(await change({ minResolution: null })).toEqual({ ...given, max: 500, minResolution: null });
    expect(await change({ valueKind: 'COUNTER' })).toMatchObject({ max: 500, valueKind: 'COUNTER' });
    expect(await change({ timeZone: null, min: null, max: null })).toEqual({
      min: null,
      max: null,
      boundsFrom: null,
      minResolution: null,
      timeZone: 'UTC',
      valueKind: 'COUNTER',
    });
    expect(await change({ valueKind: null })).toMatchObject({ valueKind: null });
  });

  it('of excluded times are shown in order and merged, leave what is not of them alone, and say why no incident opened', async () => {
    const at = (row: number) => new Date(START_MS + row * PERIOD_MS).toISOString();
    const id = await start('excluded', { minResolution: 2 });
    const change = (model: object) =>
      read<object>(
        server,
        `mutation ($input: UpdateMetricInput!) { updateMetric(input: $input) {
          ... on Metric { model { minResolution excludedTimes { from to } } } } }`,
        { input: { id, model } },
      );
    const excludedTimes = [
      { from: at(350), to: at(352) },
      { from: at(8), to: at(10) },
      { from: at(348), to: at(351) },
    ];
    const merged = [
      { from: at(8), to: at(10) },
      { from: at(348), to: at(352) },
    ];
    const shown = (times: object) => ({
      updateMetric: { model: { minResolution: 2, excludedTimes: times } },
    });
    expect(await change({ excludedTimes })).toEqual(shown(merged));
    expect(await change({ max: 2000 })).toEqual(shown(merged));
    await push('excluded', 0, 348);
    const timestampMs = START_MS + 348 * PERIOD_MS;
    await server.engine.accept.acceptNamed([{ metric: 'excluded', timestampMs, value: 1500 }]);
    const { metric } = await read<{ metric: { data: { nodes: object[] } } }>(
      server,
      `query ($id: ID!) { metric(id: $id) { data(last: 1) {
        nodes { phase anomalyClass anomalous provisional noIncidentReason } } } }`,
      { id },
    );
    expect(metric.data.nodes).toEqual([
      {
        phase: 'EXCLUDED',
        anomalyClass: 'YELLOW',
        anomalous: false,
        provisional: true,
        noIncidentReason: 'EXCLUDED',
      },
    ]);
    expect(await change({ excludedTimes: null })).toEqual(shown([]));
  });

  it('end the waiting for first rows when they are bounds', async () => {
    const id = `Metric:${await server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'waits' } })}`;
    await push('waits', 0, 5);
    expect(await readScores(id)).toMatchObject({
      status: 'PENDING_DATA',
      learning: { rows: 0, samplesUntilScored: 283 },
      data: { nodes: [{ anomalyScore: null }, {}, {}, {}, {}] },
    });
    await read(server, UPDATE, { input: { id, model: { min: 0, max: 100 } } });
    await until(async () => {
      const { status, data, learning } = await readScores(id);
      const isScored = data.nodes.every(({ anomalyScore }) => anomalyScore !== null);
      expect([status, isScored, learning.samplesUntilScored]).toEqual(['ACTIVE', true, 0]);
    });
  });

  it.each([
    [{ min: 5, max: null }, 'max: expected together with min'],
    [{ min: 2000 }, 'max: expected at least min'],
    [{ minResolution: 0 }, 'minResolution: expected more than 0'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone: expected an IANA name'],
    [
      { excludedTimes: [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }] },
      'excludedTimes.0.to: expected a time after 2026-01-02T00:00:00.000Z, got 2026-01-01T00:00:00.000Z',
    ],
  ])('that cannot be are refused, and nothing changes: %j', async (model, message) => {
    const id = (await readId('refused')) ?? (await start('refused'));
    const before = await readScores(id);
    expect(await read(server, UPDATE, { input: { id, model, unit: 'stolen' } })).toEqual({
      updateMetric: { code: 'INVALID_INPUT', failure: expect.stringContaining(message) as string },
    });
    expect(await readScores(id)).toEqual(before);
  });

  it('are none of a metric that is not monitored', async () => {
    await push('idle', 0, 1);
    const id = (await readId('idle')) ?? '';
    expect((await readScores(id)).model).toBeNull();
    const refused = {
      code: 'INVALID_INPUT',
      failure: expect.stringContaining('expected a monitored metric') as string,
    };
    expect(await read(server, UPDATE, { input: { id, model: { minResolution: 1 } } })).toEqual({
      updateMetric: refused,
    });
    expect(await read(server, RESET, { id })).toEqual({ resetModel: refused });
  });
});

const readId = (name: string) => {
  const id = find(name)?.id;
  return Promise.resolve(id === undefined ? null : `Metric:${id}`);
};

describe('learning', () => {
  it.each([
    ['a minute', 60_000, 300, { done: false, needed: 1440 }],
    ['a day', 86_400_000, 29, { done: false, needed: 30 }],
    ['half a day', 43_200_000, 31, { done: true, needed: 30 }],
  ])('is over when scores are no longer provisional, at steps of %s', async (name, stepMs, rows, wanted) => {
    await start(name);
    const timeOf = (row: number) => START_MS + row * stepMs;
    const points = Array.from({ length: rows }, (_, row) => ({
      metric: name,
      timestampMs: timeOf(row),
      value: valueAt(row),
    }));
    expect((await server.engine.accept.acceptNamed(points)).rejected).toEqual([]);
    const endsAt = wanted.done ? null : new Date(timeOf(wanted.needed - 1)).toISOString();
    expect(
      await read(
        server,
        `query ($id: ID!) { metric(id: $id) { learning { rows done needed endsAt }
          data(last: 1) { nodes { provisional } } } }`,
        { id: await readId(name) },
      ),
    ).toEqual({
      metric: {
        learning: { rows, ...wanted, endsAt },
        data: { nodes: [{ provisional: !wanted.done }] },
      },
    });
  });
});

describe('a model that is reset', () => {
  it('leaves every score, learns from the next sample on, and goes on so after a crash', async () => {
    const id = await start('reset');
    await push('reset', 0, ROWS);
    const before = await readScores(id);
    expect(before.data.nodes.at(-1)?.provisional).toBe(false);
    expect(await read(server, RESET, { id })).toEqual({
      resetModel: { id, learning: { rows: 0, done: false } },
    });
    expect((await readScores(id)).data).toEqual(before.data);
    // A new metric whose first row is the next one.
    const peer = await start('as new');
    for (const name of ['reset', 'as new']) await push(name, ROWS, ROWS + 40);
    const counted = mismatches();
    for (const name of ['reset', 'as new']) {
      forget(name);
      await push(name, ROWS + 40, ROWS + 50);
    }
    expect(mismatches()).toBe(counted);
    const after = await readScores(id);
    const withoutId = ({ data }: Scores['metric']) => data.nodes.map((row) => ({ ...row, rowId: 0 }));
    expect(withoutId(after).slice(-50)).toEqual(withoutId(await readScores(peer)));
    expect(after.data.nodes.slice(-50).every(({ provisional }) => provisional)).toBe(true);
    expect(after.data.nodes.slice(0, ROWS)).toEqual(before.data.nodes);
    expect(after.learning.rows).toBe(50);
    // What is late is late still.
    const late = { metric: 'reset', timestampMs: START_MS + 1, value: 1 };
    expect((await server.engine.accept.acceptNamed([late])).late).toBe(1);
  });

  it('may be one that has seen nothing yet', async () => {
    const id = await start('empty');
    expect(await read(server, RESET, { id })).toMatchObject({ resetModel: { learning: { rows: 0 } } });
    await push('empty', 0, 2);
    expect((await readScores(id)).data.nodes).toHaveLength(2);
  });
});
