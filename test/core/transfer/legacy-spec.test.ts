/** The forms are those of HTM-IT's own documentation of its adapters (createModel, exportModel) and of its integration tests. */
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../src/errors.ts';
import { liftLegacySpec } from '../../../src/core/transfer/legacy-spec.ts';

const UID = '2a123bb1dd4d46e7a806d62efc29cbb9';
const CPU = { namespace: 'AWS/EC2', metric: 'CPUUtilization' };
const INSTANCE = { region: 'us-west-2', ...CPU, dimensions: { InstanceId: 'i-12d67826' } };
const DATA = [[5000, '2014-07-17 01:36:48']];

describe('a model as HTM-IT wrote it', () => {
  it.each<readonly [string, object, object]>([
    [
      'of CloudWatch',
      { datasource: 'cloudwatch', metricSpec: INSTANCE, modelParams: { min: 0, max: 100 } },
      { datasource: 'cloudwatch', metricSpec: INSTANCE, modelParams: { min: 0, max: 100 } },
    ],
    [
      'of CloudWatch, side by side, as the first versions did',
      { type: 'metric', datasource: 'cloudwatch', ...INSTANCE, min: 0.0, max: 5000.0 },
      { datasource: 'cloudwatch', metricSpec: INSTANCE, modelParams: { min: 0, max: 5000 } },
    ],
    [
      'of a pushed metric',
      {
        datasource: 'custom',
        metricSpec: {
          metric: 'prod.web.14.memory',
          unit: 'Count',
          resource: 'web-14',
          userInfo: { symbol: 'x' },
        },
        modelParams: { min: null, max: null },
        data: DATA,
      },
      {
        datasource: 'custom',
        metricSpec: { name: 'prod.web.14.memory', resource: 'web-14', userInfo: { symbol: 'x' } },
        modelParams: { min: null, max: null },
        unit: 'Count',
        data: DATA,
      },
    ],
    [
      'of a pushed metric, side by side',
      {
        uid: UID,
        datasource: 'custom',
        metric: 'memory',
        min: 0,
        max: null,
        minResolution: 0.5,
        unit: null,
        data: DATA,
      },
      {
        datasource: 'custom',
        metricSpec: { name: 'memory' },
        modelParams: { min: 0, minResolution: 0.5 },
        data: DATA,
      },
    ],
    [
      'of a pushed metric, with ids and with the parameters of a whole model',
      {
        uid: UID,
        datasource: 'Custom',
        metricSpec: { uid: UID, metric: 'memory' },
        completeModelParams: { modelConfig: {}, inferenceArgs: {} },
      },
      { datasource: 'Custom', metricSpec: { name: 'memory' } },
    ],
    [
      'of an autostack',
      {
        datasource: 'autostack',
        stackSpec: {
          name: 'all_web_servers',
          aggSpec: {
            datasource: 'cloudwatch',
            region: 'us-west-2',
            resourceType: 'AWS::EC2::Instance',
            filters: { 'tag:Name': ['*test*', '*web*'], 'instance-type': ['m5.large'] },
          },
        },
        modelSpec: {
          datasource: 'autostack',
          metricSpec: { slaveDatasource: 'cloudwatch', slaveMetric: CPU },
          modelParams: { min: 0, max: 100 },
        },
      },
      {
        datasource: 'autostack',
        stackSpec: {
          name: 'all_web_servers',
          region: 'us-west-2',
          resourceType: 'AWS::EC2::Instance',
          filters: [
            { key: 'tag:Name', values: ['*test*', '*web*'] },
            { key: 'instance-type', values: ['m5.large'] },
          ],
        },
        metricSpec: CPU,
        modelParams: { min: 0, max: 100 },
      },
    ],
    [
      'of an autostack, flat',
      {
        type: 'autostack',
        name: 'web',
        region: 'us-west-2',
        filters: { 'tag:Name': ['*web*'] },
        metric: CPU,
      },
      {
        datasource: 'autostack',
        stackSpec: { name: 'web', region: 'us-west-2', filters: [{ key: 'tag:Name', values: ['*web*'] }] },
        metricSpec: CPU,
      },
    ],
  ])('%s is read as one of ours', (_what, legacy, lifted) => {
    expect(liftLegacySpec(legacy)).toEqual(lifted);
  });

  it('of ours comes back as it is', () => {
    const own = {
      datasource: 'custom',
      metricSpec: { name: 'memory', resource: 'web-14' },
      modelParams: { min: 0, max: 1, timeZone: 'UTC' },
      unit: 'Count',
      displayName: 'Memory',
      data: DATA,
    };
    expect(liftLegacySpec(own)).toEqual(own);
    expect(liftLegacySpec(liftLegacySpec(own))).toEqual(own);
  });

  it.each([
    [{ uid: UID, datasource: 'custom' }, ['models', 'metric']],
    [{ datasource: 'custom', metricSpec: { uid: UID } }, ['models', 'metricSpec', 'metric']],
  ])('with nothing but an id is refused: %j', (model, path) => {
    expect(() => liftLegacySpec(model)).toThrow(InvalidInputError);
    expect(() => liftLegacySpec(model)).toThrow(expect.objectContaining({ inputPath: path }));
  });

  it('with a filter EC2 does not have is refused, with those it has', () => {
    const model = { type: 'autostack', name: 'a', region: 'b', filters: { Name: ['x'] }, metric: CPU };
    expect(() => liftLegacySpec(model)).toThrow(/"Name" is none of the filters .*tag:KEY, .*instance-type/);
  });

  it.each([
    {},
    { datasource: 5 },
    { datasource: null, metricSpec: null },
    { datasource: 'autostack', stackSpec: [], modelSpec: [] },
    { datasource: 'autostack', stackSpec: { aggSpec: 1 }, modelSpec: { metricSpec: 'x' } },
    { type: 'autostack', filters: 'x' },
    { datasource: 'custom', metricSpec: 'x' },
    JSON.parse('{"__proto__": {"datasource": "custom"}, "constructor": 1}') as object,
  ])('of another shape is left to whom it concerns: %j', (model) => {
    expect(() => liftLegacySpec(model)).not.toThrow();
    expect(Object.getPrototypeOf(liftLegacySpec(model))).toBe(Object.prototype);
  });
});
