import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { anyText, textWith } from '../../../helpers/matchers.ts';
import { untilStatus } from '../../../helpers/start-engine.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-01-05T00:00:00Z');
const ROWS = 900;
/** Far above, and ten days later far below. */
const ODD_ROW = 600;
const LOW_ROW = 840;

let server: TestServer;
let metricId = '';

/** Small waves around 50, the same in every run. */
const valueAt = (row: number) =>
  row === ODD_ROW
    ? 64
    : row === LOW_ROW
      ? 36
      : 50 + 3 * Math.sin(row) + 2 * Math.sin(row * 1.7) + Math.sin(row * 12.9);

beforeAll(async () => {
  server = await startServer();
  const { engine } = server;
  await engine.accept.acceptNamed(
    Array.from({ length: ROWS }, (_, row) => ({
      metric: 'web.load',
      timestampMs: START_MS + row * HOUR_MS,
      value: valueAt(row),
    })),
  );
  const id = await engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name: 'web.load' },
    model: { min: 0, max: 100 },
  });
  await untilStatus(engine, id, 'ACTIVE');
  metricId = `Metric:${id}`;
});

afterAll(() => server[Symbol.asyncDispose]());

const LABEL = `mutation ($input: LabelAnomalyInput!) { labelAnomaly(input: $input) {
  __typename ... on AnomalyLabel { id from to label note } ... on Error { text: message code } } }`;
const SHOWN = `query ($id: ID!) { metric(id: $id) { labels { label note } alertThreshold { adjustment sensitivity }
  data(first: 1000) { nodes { anomalyScore triggersAlert } } } }`;

interface Shown {
  readonly metric: {
    readonly labels: readonly object[];
    readonly alertThreshold: { readonly adjustment: number; readonly sensitivity: number };
    readonly data: { readonly nodes: readonly { anomalyScore: number; triggersAlert: boolean }[] };
  };
}

const show = async () => (await read<Shown>(server, SHOWN, { id: metricId })).metric;
const label = async (input: Record<string, unknown>) =>
  (
    await read<{ labelAnomaly: Record<string, unknown> }>(server, LABEL, {
      input: { metricId, from: new Date(START_MS + ODD_ROW * HOUR_MS).toISOString(), ...input },
    })
  ).labelAnomaly;
const preview = async (input: Record<string, unknown>) =>
  (
    await read<{ previewLabel: object }>(
      server,
      `query ($input: LabelAnomalyInput!) { previewLabel(input: $input) {
         ... on LabelPreview { alertsBefore alertsAfter changed { timestamp triggersAlert } } ... on Error { code } } }`,
      { input: { metricId, from: at(ODD_ROW), ...input } },
    )
  ).previewLabel;
const listAlarms = ({ data }: Shown['metric']) =>
  data.nodes.flatMap(({ triggersAlert }, row) => (triggersAlert ? [row] : []));
const at = (hour: number) => new Date(START_MS + hour * HOUR_MS).toISOString();

describe('labels', () => {
  it('say beforehand which alerts there would be', async () => {
    expect(await preview({ label: 'NORMAL' })).toEqual({
      alertsBefore: 2,
      alertsAfter: 1,
      changed: [{ timestamp: at(ODD_ROW), triggersAlert: true }],
    });
    expect(await preview({ label: 'REAL' })).toEqual({ alertsBefore: 2, alertsAfter: 2, changed: [] });
    expect(await preview({ metricId: 'Metric:1', label: 'REAL' })).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('that call an anomaly normal end the alert for its like alone, and leave the scores', async () => {
    const before = await show();
    expect(listAlarms(before)).toEqual([ODD_ROW, LOW_ROW]);
    expect(before.alertThreshold).toEqual({ adjustment: 0, sensitivity: 0.99999 });
    expect(await label({ label: 'NORMAL', note: 'the nightly backup' })).toEqual({
      __typename: 'AnomalyLabel',
      id: anyText,
      from: at(ODD_ROW),
      to: at(ODD_ROW),
      label: 'NORMAL',
      note: 'the nightly backup',
    });
    const after = await show();
    expect(after.alertThreshold.adjustment).toBe(0);
    expect(after.data.nodes.map(({ anomalyScore }) => anomalyScore)).toEqual(
      before.data.nodes.map(({ anomalyScore }) => anomalyScore),
    );
    expect(listAlarms(after)).toEqual([LOW_ROW]);
  });

  it('of a time without a scored point raise the threshold for everything', async () => {
    for (const hour of [10, 20, 30]) await label({ from: at(-hour), to: at(1 - hour), label: 'NORMAL' });
    const { alertThreshold } = await show();
    expect(alertThreshold.adjustment).toBeCloseTo(1.5, 3);
    expect(alertThreshold.sensitivity).toBeCloseTo(1 - 10 ** -6.5, 9);
  });

  it('decide about the alarms of what-if too', async () => {
    const { scoreSeries } = await read<{ scoreSeries: { points: { triggersAlert: boolean }[] } }>(
      server,
      `query ($id: ID!) { scoreSeries(input: { metricId: $id, model: { min: 0, max: 100 } }) {
         ... on ScoredSeries { points { triggersAlert } } } }`,
      { id: metricId },
    );
    expect(scoreSeries.points).toHaveLength(ROWS);
    expect(scoreSeries.points[ODD_ROW]?.triggersAlert).toBe(false);
  });

  it('that call it real take the place of the first, and it alerts again', async () => {
    expect(await label({ label: 'REAL' })).toMatchObject({ label: 'REAL', note: null });
    const shown = await show();
    expect(shown.labels).toHaveLength(4);
    expect(listAlarms(shown)).toContain(ODD_ROW);
  });

  it('come back with an exported metric', async () => {
    const { exportModels } = await read<{ exportModels: object[] }>(server, '{ exportModels }');
    const before = await show();
    await server.engine.monitor.deleteMetric(metricId.slice('Metric:'.length));
    const made = await server.engine.transfer.importModel(exportModels[0]);
    metricId = `Metric:${made.metricId}`;
    await untilStatus(server.engine, made.metricId, 'ACTIVE');
    const after = await show();
    expect(after.labels).toEqual(before.labels);
    expect(after.alertThreshold.adjustment).toBeCloseTo(before.alertThreshold.adjustment, 4);
    expect(listAlarms(after)).toEqual(listAlarms(before));
  });

  it('can be taken back', async () => {
    const { id } = await label({ from: at(-50), label: 'NORMAL' });
    const remove = `mutation ($id: ID!) { deleteLabel(input: { id: $id }) { __typename ... on Error { code } } }`;
    const { adjustment } = (await show()).alertThreshold;
    expect(await read(server, remove, { id })).toEqual({ deleteLabel: { __typename: 'AnomalyLabel' } });
    expect((await show()).alertThreshold.adjustment).toBeLessThan(adjustment);
    expect(await read(server, remove, { id })).toEqual({
      deleteLabel: { __typename: 'NotFoundError', code: 'NOT_FOUND' },
    });
  });

  it('of an incident is that of its stretch, and follows it as it grows', async () => {
    const { prisma } = server.database;
    const metric = await prisma.metric.findFirstOrThrow();
    const { id } = await prisma.incident.create({
      data: {
        ruleName: 'all',
        metricId: metric.id,
        metricNumber: metric.number,
        metricName: metric.name,
        instance: metric.name,
        server: metric.server,
        location: '',
        datasource: 'CUSTOM',
        state: 'FIRING',
        open: true,
        startedAt: at(100),
        lastPointAt: at(101),
        lastHotAt: at(101),
        hotPoints: 2,
        ...{ score: 1, value: 1, expected: 0, low: 0, high: 0, peakScore: 1, peakValue: 1, peakAt: at(100) },
      },
    });
    const labelIt = (kind: string) =>
      read(
        server,
        `mutation ($id: ID!, $kind: LabelKind!) { labelIncident(input: { id: $id, label: $kind }) {
           ... on AnomalyLabel { from to label } } }`,
        { id: `Incident:${id}`, kind },
      );
    expect(await labelIt('NORMAL')).toEqual({
      labelIncident: { from: at(100), to: at(101), label: 'NORMAL' },
    });
    const { labels } = await show();
    await prisma.incident.update({ where: { id }, data: { lastHotAt: at(105) } });
    expect(await labelIt('REAL')).toEqual({ labelIncident: { from: at(100), to: at(105), label: 'REAL' } });
    const shown = await read(
      server,
      'query ($id: ID!) { node(id: $id) { ... on Incident { label { label } } } }',
      {
        id: `Incident:${id}`,
      },
    );
    expect(shown).toEqual({ node: { label: { label: 'REAL' } } });
    expect((await show()).labels).toHaveLength(labels.length);
  });

  it.each([
    [{ to: at(ODD_ROW - 1), label: 'REAL' }, 'INVALID_INPUT', 'to: expected no earlier'],
    [{ note: 'x'.repeat(2001), label: 'REAL' }, 'INVALID_INPUT', 'note'],
    [{ metricId: 'Metric:1', label: 'REAL' }, 'INVALID_INPUT', 'input.metricId'],
    [{ metricId: 'Metric:00000000-0000-4000-8000-000000000000', label: 'REAL' }, 'NOT_FOUND', 'no metric'],
  ])('are refused with anything wrong: case %#', async (input, code, message) => {
    expect(await label(input)).toMatchObject({ code, text: textWith(message) });
  });

  it.each([
    ['anomaly_label', LABEL, { from: at(1), label: 'REAL' }],
    [
      'silence',
      `mutation ($input: CreateSilenceInput!) { createSilence(input: $input) {
        __typename ... on Error { text: message code } } }`,
      { seconds: 60 },
    ],
  ])(
    'find no metric that is deleted at that moment, nor do others: a row of %s',
    async (table, mutation, input) => {
      const { prisma } = server.database;
      await prisma.$executeRawUnsafe(
        `CREATE FUNCTION delete_first() RETURNS trigger LANGUAGE plpgsql AS
       'BEGIN DELETE FROM metric WHERE id = NEW.metric_id; RETURN NEW; END'`,
      );
      await prisma.$executeRawUnsafe(
        `CREATE TRIGGER delete_first BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION delete_first()`,
      );
      const { data, errors } = await ask(server, mutation, { input: { metricId, ...input } });
      await prisma.$executeRawUnsafe('DROP FUNCTION delete_first CASCADE');
      expect(errors).toEqual([]);
      expect(Object.values(data ?? {})).toMatchObject([
        { code: 'NOT_FOUND', text: textWith('no metric has the id') },
      ]);
    },
  );

  it('are of the two kinds there are', async () => {
    const { errors } = await ask(server, LABEL, { input: { metricId, from: at(0), label: 'ODD' } });
    expect(errors[0]?.message).toContain('"ODD"');
  });
});
