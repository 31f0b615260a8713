import { describe, expect, it } from 'vitest';
import { readModels } from '../../src/web/add/read-models.ts';

const titles = (text: string) => readModels(text).map(({ title }) => title);

describe('the models of a file that is dropped on the page', () => {
  it('are called by their metrics, as exports of here and of HTM-IT write them', () => {
    const models = [
      { datasource: 'custom', metricSpec: { name: 'cpu;host=a' }, data: [] },
      { datasource: 'custom', metric: 'pushed', min: 0, max: 1 },
      { datasource: 'cloudwatch', metricSpec: { namespace: 'AWS/EC2', metric: 'CPUUtilization' } },
      { datasource: 'cloudwatch', metric: 'NetworkIn', region: 'us-west-2' },
      { datasource: 'host', metricSpec: { metric: 'LoadAverage1' } },
      { datasource: 'custom' },
      5,
    ];
    const names = [
      'cpu;host=a',
      'pushed',
      'CPUUtilization',
      'NetworkIn',
      'LoadAverage1',
      'model 6',
      'model 7',
    ];
    expect(titles(JSON.stringify(models))).toEqual(names);
    expect(titles(models.map((model) => JSON.stringify(model)).join('\r\n'))).toEqual(names);
    expect(titles(JSON.stringify(models[0], null, 2))).toEqual(['cpu;host=a']);
  });

  it.each([
    ['Time,web-1\n2026-11-01,12.5\n', /not JSON.*samples of other programs are pushed/],
    ['{"a":1}\n{"a"', /not JSON/],
    ['', /not JSON/],
    ['[]', /There are no models in it/],
  ])('are missed in %j, and it is said', (text, message) => {
    expect(() => readModels(text)).toThrow(message);
  });
});
