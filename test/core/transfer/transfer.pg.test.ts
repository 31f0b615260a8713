import { describe, expect, it } from 'vitest';
import { ExpectedError } from '../../../src/errors.ts';
import type { ExportedModel } from '../../../src/core/transfer/write-model.ts';
import type { MetricLookup } from '../../../src/core/metrics/registry.ts';
import { listMonitored } from '../../../src/core/transfer/transfer.ts';
import type { Sample } from '../../../src/model.ts';
import type { Engine } from '../../../src/app/build-core.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startEngine, untilStatus } from '../../helpers/start-engine.ts';

const START = Date.parse('2026-01-05T00:00:00Z');

async function exportAll(engine: Engine): Promise<ExportedModel[]> {
  const models: ExportedModel[] = [];
  for await (const model of engine.transfer.exportModels(null)) models.push(model);
  return models;
}

async function makeMetric(engine: Engine, name: string): Promise<string> {
  await engine.accept.acceptNamed(
    Array.from({ length: 300 }, (_, row) => ({
      metric: name,
      timestampMs: START + row * 60_000,
      value: row % 17,
    })),
  );
  const id = await engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name, resource: 'shop', userInfo: { team: 'a' } },
    model: {
      min: 0,
      max: 20,
      timeZone: 'Europe/Berlin',
      excludedTimes: [{ startMs: START, endMs: START + 120_000 }],
    },
    unit: 'Count',
    policy: { direction: 'ABOVE', minDeviation: 2 },
  });
  await engine.monitor.updateMetric(id, { displayName: `the ${name}` });
  await untilStatus(engine, id, 'ACTIVE');
  return id;
}

describe('the metrics of an export', () => {
  it('come in the order of code units, whatever the locale of the process', () => {
    const names = ['-a', 'B', 'a', 'b', 'z', 'ä', 'é', '😀'];
    const entries = names.toReversed().map((name) => ({ id: name, name, status: 'ACTIVE' }));
    const all = () => entries as unknown as ReturnType<MetricLookup['all']>;
    expect(listMonitored({ all })).toEqual(names);
  });
});

describe('transfer', () => {
  it('gives the same metrics, samples and settings after export, delete, import (row 22)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const ids = [await makeMetric(engine, 'a'), await makeMetric(engine, 'b')];
    const before = await exportAll(engine);
    expect(before).toHaveLength(2);
    expect(before[0]).toMatchObject({ datasource: 'custom', unit: 'Count', displayName: 'the a' });
    for (const id of ids) await engine.monitor.deleteMetric(id);
    for (const model of before) {
      const { metricId, created } = await engine.transfer.importModel(JSON.parse(JSON.stringify(model)));
      expect(created).toBe(true);
      await untilStatus(engine, metricId, 'ACTIVE');
    }
    expect(await exportAll(engine)).toEqual(before);
  });

  it('changes nothing when the same file is imported twice (row 22)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await makeMetric(engine, 'a');
    const before = await exportAll(engine);
    const { created } = await engine.transfer.importModel(before[0]);
    expect(created).toBe(false);
    expect(await exportAll(engine)).toEqual(before);
  });

  it('is refused where all of them together have more samples than asked for', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await makeMetric(engine, 'a');
    await makeMetric(engine, 'b');
    const models = await exportAll(engine);
    const count = 600;
    const read = async (maxSamples: number) => {
      const found: unknown[] = [];
      for await (const model of engine.transfer.exportModels(null, null, maxSamples)) found.push(model);
      return found;
    };
    expect(await read(count)).toEqual(models);
    await expect(read(count - 1)).rejects.toThrow(`an answer may hold ${count - 1} samples`);
  });

  it('leaves out samples older than asked for (row 21)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const day = 86_400_000;
    const points = [15, 13, 1].map((age) => ({ metric: 'a', timestampMs: START - age * day, value: age }));
    await engine.accept.acceptNamed(points);
    await engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'a' },
      model: { min: 0, max: 20 },
    });
    const models: ExportedModel[] = [];
    for await (const model of engine.transfer.exportModels(null, START - 14 * day)) models.push(model);
    expect(models).toMatchObject([{ data: { length: 2 } }]);
    expect(await exportAll(engine)).toMatchObject([{ data: { length: 3 } }]);
  });

  it('reads the flat form of HTM-IT, with its times without a zone', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const { metricId } = await engine.transfer.importModel({
      datasource: 'custom',
      metric: 'test.metric',
      min: 0,
      max: 100,
      unit: 'Count',
      resource: 'Test Resource',
      data: [
        [5, '2013-12-05 00:00:00'],
        [6, '2013-12-06 00:00:00'],
      ],
    });
    await untilStatus(engine, metricId, 'ACTIVE');
    const [model] = await exportAll(engine);
    expect(model).toMatchObject({
      modelParams: { min: 0, max: 100 },
      unit: 'Count',
      data: [
        [5, '2013-12-05T00:00:00.000Z'],
        [6, '2013-12-06T00:00:00.000Z'],
      ],
    });
    expect(engine.registry.byId(metricId)?.server).toBe('Test Resource');
  });

  it('reads what HTM-IT wrote beside: ids, parameters of a whole model, bounds that are null', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const uid = '2a123bb1dd4d46e7a806d62efc29cbb9';
    const completeModelParams = {
      modelConfig: { model: 'HTMPrediction', modelParams: {} },
      inferenceArgs: { predictionSteps: [1], predictedField: 'c1' },
      timestampFieldName: 'c0',
      valueFieldName: 'c1',
    };
    const dimensions = { InstanceId: 'i-12345678' };
    for (const model of [
      { uid, datasource: 'custom', metricSpec: { metric: 'one', uid, unit: 'Count' }, completeModelParams },
      { uid, datasource: 'custom', metric: 'two', min: null, max: null },
      { datasource: 'custom', metricSpec: { metric: 'three' }, modelParams: { min: null, max: null } },
      {
        uid,
        datasource: 'cloudwatch',
        metricSpec: { region: 'us-west-2', namespace: 'AWS/EC2', metric: 'CPUUtilization', dimensions },
        completeModelParams,
      },
    ]) {
      expect(await engine.transfer.importModel(model)).toMatchObject({ created: true });
    }
    expect(await exportAll(engine)).toMatchObject([
      {
        // A list, whatever form it came in.
        metricSpec: { dimensions: [{ name: 'InstanceId', value: 'i-12345678' }] },
        modelParams: { min: 0, max: 100 },
      },
      { metricSpec: { name: 'one' }, unit: 'Count' },
      { metricSpec: { name: 'three' } },
      { metricSpec: { name: 'two' } },
    ]);
  });

  it('leaves nothing behind of what the quota refuses, however many come at once', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database, { settings: { LAPWING_QUOTA_RESOURCES: '2' } });
    const models = ['a', 'b', 'c', 'd'].map((metric) => ({
      datasource: 'custom',
      metric,
      min: 0,
      max: 10,
      data: Array.from({ length: 1500 }, (_, row) => [row % 7, new Date(START + row * 60_000).toISOString()]),
    }));
    const importing = models.map((model) => engine.transfer.importModel(model));
    const outcomes = await Promise.allSettled(importing);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    }
    expect([...engine.registry.all()].map(({ status }) => status)).toEqual([
      expect.not.stringMatching('UNMONITORED'),
      expect.not.stringMatching('UNMONITORED'),
    ]);
    expect(await database.prisma.metric.count()).toBe(2);
    const { rows } = await database.pool.query('SELECT DISTINCT metric_number FROM sample');
    expect(rows).toHaveLength(2);
    await expect(engine.transfer.importModel({ datasource: 'custom', metric: 'e' })).rejects.toThrow(
      '2 may be',
    );
    expect(await database.prisma.metric.count()).toBe(2);
  });

  it('keeps a metric that was there before, and its samples, when its import is refused', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database, { settings: { LAPWING_QUOTA_RESOURCES: '1' } });
    await makeMetric(engine, 'a');
    await engine.accept.acceptNamed([{ metric: 'pushed', timestampMs: START, value: 1 }]);
    await expect(engine.transfer.importModel({ datasource: 'custom', metric: 'pushed' })).rejects.toThrow(
      'may be',
    );
    expect(engine.registry.byPushedName('pushed', 1)).toMatchObject({ status: 'UNMONITORED', lastRowId: 1 });
  });

  it.each<readonly [string, (engine: Engine, samples: readonly Sample[]) => Promise<unknown>]>([
    ['nothing of it', () => Promise.resolve()],
    [
      'part of it, because an import was killed',
      async (engine, samples) => {
        const id = await engine.monitor.createMetric('CUSTOM', { name: 'web' }, 1);
        await engine.accept.acceptHistory(id, samples.slice(0, 100));
      },
    ],
    [
      'newer points, because its agent pushes already',
      (engine, samples) =>
        engine.accept.acceptNamed(samples.slice(-3).map((sample) => ({ metric: 'web', ...sample }))),
    ],
    [
      'points in the middle and at the end',
      async (engine, samples) => {
        for (const row of [150, 299, 20])
          await engine.accept.acceptNamed(
            samples.slice(row, row + 1).map((one) => ({ metric: 'web', ...one })),
          );
      },
    ],
  ])('gives a metric all samples of its export, and their scores, where it has %s', async (_what, begin) => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const samples = Array.from({ length: 300 }, (_, row) => {
      return { value: row === 250 ? 90 : (row * 7) % 17, timestampMs: START + row * 60_000 };
    });
    const data = samples.map(({ value, timestampMs }) => [value, new Date(timestampMs).toISOString()]);
    const model = { datasource: 'custom', min: 0, max: 100, data };
    await begin(engine, samples);
    const scores: unknown[] = [];
    for (const metric of ['web', 'elsewhere']) {
      const { metricId } = await engine.transfer.importModel({ ...model, metric });
      await untilStatus(engine, metricId, 'ACTIVE');
      const { rows } = await database.pool.query(
        `SELECT "timestamp", value, score, expected FROM sample WHERE metric_number = $1 ORDER BY "timestamp"`,
        [engine.registry.byId(metricId)?.number],
      );
      scores.push(rows);
    }
    expect(scores[0]).toHaveLength(300);
    expect(scores[0]).not.toContainEqual(expect.objectContaining({ score: null }));
    expect(scores[0]).toEqual(scores[1]);
  });

  it('says what is wrong in words of ours', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    const good = { datasource: 'custom', metricSpec: { name: 'x' } };
    const stackSpec = { name: 'web', region: 'us-west-2', filters: [{ key: 'Name', values: ['*'] }] };
    const wrong = [5, 'text', null, true, [], {}, [[]], { a: 1 }];
    const fields = Object.keys({
      ...good,
      stackSpec,
      modelParams: 1,
      unit: 1,
      policy: 1,
      labels: 1,
      data: 1,
    });
    const models = [
      ...wrong,
      ...fields.flatMap((field) => wrong.map((value) => ({ ...good, [field]: value }))),
      ...Object.keys(stackSpec).flatMap((field) =>
        wrong.map((value) => ({
          datasource: 'autostack',
          metricSpec: {},
          stackSpec: { ...stackSpec, [field]: value },
        })),
      ),
      ...wrong.map((value) => ({ ...good, data: [value] })),
      ...wrong.map((value) => ({ ...good, modelParams: { min: value, max: 1 } })),
    ];
    const messages = new Set<string>();
    for (const model of models) {
      const message = await engine.transfer.importModel(model).then(
        () => '',
        (error: unknown) => (error instanceof ExpectedError ? error.message : `not ours: ${String(error)}`),
      );
      messages.add(message);
      expect(message).not.toMatch(/not ours|Invalid|received|Unrecognized|Too (?:big|small)/);
    }
    expect([...messages]).toContain('stackSpec.filters: expected a list, got "text"');
    expect([...messages]).toContain('metricSpec: expected an object, got a list');
    expect([...messages]).toContain('stackSpec.name: expected a text, got 5');
  });

  it.each([
    ['nothing', null, /expected an object/],
    ['a datasource nobody knows', { datasource: 'tape', metricSpec: {} }, /tape/],
    [
      'a value that is no number',
      { datasource: 'custom', metricSpec: { name: 'x' }, data: [['1', 'now']] },
      /data/,
    ],
    ['a time that is none', { datasource: 'custom', metricSpec: { name: 'x' }, data: [[1, 'now']] }, /"now"/],
    [
      'a zone nobody knows',
      { datasource: 'custom', metricSpec: { name: 'x' }, modelParams: { timeZone: 'Mars/Olympus' } },
      /timeZone: .*"Mars/,
    ],
    ['min without max', { datasource: 'custom', metricSpec: { name: 'x' }, modelParams: { min: 1 } }, /max/],
    [
      'a metric that has an id of HTM-IT for its name',
      { datasource: 'custom', metricSpec: { uid: '4d9a' } },
      /metricSpec\.metric: .*uid/,
    ],
    ['one that has it in the flat form', { datasource: 'custom', uid: '4d9a' }, /metric: .*uid/],
    [
      'a filter EC2 has and nobody here knows',
      {
        type: 'autostack',
        datasource: 'cloudwatch',
        name: 'web',
        region: 'us-west-2',
        filters: { architecture: ['arm64'] },
        metric: { namespace: 'AWS/EC2', metric: 'CPUUtilization' },
      },
      /stackSpec\.filters: "architecture" .*instance-type/,
    ],
    [
      'a metric autostacks do not have (row 63)',
      {
        type: 'autostack',
        datasource: 'cloudwatch',
        name: 'web',
        region: 'us-west-2',
        filters: { 'tag:Name': ['web*'] },
        metric: { namespace: 'AWS/EC2', metric: 'Foobar' },
      },
      /Foobar/,
    ],
    ['an unknown field', { datasource: 'custom', metricSpec: { name: 'x' }, colour: 1 }, /colour/],
    ['no name', { datasource: 'custom', metricSpec: {} }, /name/],
  ])('refuses %s, naming the field', async (_, model, message) => {
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await expect(engine.transfer.importModel(model)).rejects.toThrow(message);
  });
});
