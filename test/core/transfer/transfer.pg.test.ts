import { describe, expect, it } from 'vitest';
import type { ExportedModel } from '../../../src/core/transfer/write-model.ts';
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
    model: { min: 0, max: 20, timeZone: 'Europe/Berlin' },
    unit: 'Count',
    policy: { direction: 'ABOVE', minDeviation: 2 },
  });
  await engine.monitor.updateMetric(id, { displayName: `the ${name}` });
  await untilStatus(engine, id, 'ACTIVE');
  return id;
}

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
      'complete model parameters, which it makes itself (row 18)',
      { datasource: 'custom', metricSpec: { name: 'x' }, completeModelParams: { inferenceArgs: {} } },
      /completeModelParams/,
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
