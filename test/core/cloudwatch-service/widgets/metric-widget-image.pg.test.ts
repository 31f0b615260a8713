/** GetMetricWidgetImage: what a widget may say, what it is refused for, and that a picture comes of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawAnswer } from '../../../../src/core/cloudwatch-service/model/raw-answer.ts';
import { at, openService, type Service } from '../service.ts';

let service: Service;
beforeAll(async () => {
  service = await openService();
  const datum = (host: string, minutes: number, Value: number) => ({
    MetricName: 'load',
    Dimensions: [{ Name: 'host', Value: host }],
    Timestamp: at(minutes),
    Value,
  });
  const minutes = Array.from({ length: 36 }, (_, i) => i * 5 - 180);
  await service.ask('PutMetricData', {
    Namespace: 'App',
    MetricData: minutes.flatMap((minute, i) => [
      datum('web-1', minute, 50 + 20 * Math.sin(i / 4)),
      datum('web-2', minute, 30 + 5 * (i % 3)),
    ]),
  });
  await service.ask('PutMetricAlarm', {
    AlarmName: 'too-much',
    Namespace: 'App',
    MetricName: 'load',
    Dimensions: [{ Name: 'host', Value: 'web-1' }],
    Statistic: 'Average',
    Period: 300,
    EvaluationPeriods: 3,
    Threshold: 65,
    ComparisonOperator: 'GreaterThanThreshold',
  });
  await service.ask('PutCompositeAlarm', { AlarmName: 'any', AlarmRule: 'ALARM("too-much")' });
});
afterAll(() => service[Symbol.asyncDispose]());

const draw = async (widget: object | string): Promise<Buffer> => {
  const MetricWidget = typeof widget === 'string' ? widget : JSON.stringify(widget);
  const { MetricWidgetImage } = await service.ask('GetMetricWidgetImage', { MetricWidget });
  return MetricWidgetImage as Buffer;
};
const measure = (png: Buffer) => [png.readUInt32BE(16), png.readUInt32BE(20)];
const LOAD = ['App', 'load', 'host', 'web-1'] as const;

describe('A widget is drawn', () => {
  it.each<readonly [string, object, readonly [number, number]]>([
    ['with nothing but a metric', { metrics: [LOAD] }, [600, 400]],
    ['in a size of its own', { metrics: [LOAD], width: 900, height: 300 }, [900, 300]],
    [
      'stacked, with rows that repeat the row before',
      { stacked: true, metrics: [LOAD, ['...', 'web-2']] },
      [600, 400],
    ],
    [
      'with dots for single names',
      { metrics: [LOAD, ['.', '.', '.', 'web-2', { stat: 'p90', yAxis: 'right' }]] },
      [600, 400],
    ],
    [
      'as single values',
      { view: 'singleValue', metrics: [LOAD, ['...', 'web-2', { label: 'second' }]] },
      [600, 400],
    ],
    ['as bars', { view: 'bar', metrics: [LOAD, ['...', 'web-2', { color: '#0a0' }]] }, [600, 400]],
    ['as a pie', { view: 'pie', metrics: [LOAD, ['...', 'web-2']], theme: 'dark' }, [600, 400]],
    [
      'with expressions over hidden metrics',
      {
        metrics: [
          [...LOAD, { id: 'm1', visible: false }],
          [{ expression: 'm1 * 2', label: 'twice', id: 'e1' }],
        ],
      },
      [600, 400],
    ],
    [
      'with a search',
      { metrics: [[{ expression: "SEARCH('{App,host} load', 'Average', 300)" }]] },
      [600, 400],
    ],
    [
      'with its band',
      { metrics: [[...LOAD, { id: 'm1' }], [{ expression: 'ANOMALY_DETECTION_BAND(m1, 2)', id: 'ad1' }]] },
      [600, 400],
    ],
    [
      'with all kinds of annotations',
      {
        metrics: [LOAD],
        annotations: {
          horizontal: [
            { value: 60, label: 'limit', fill: 'above', color: '#f00' },
            [
              { value: 20, label: 'from' },
              { value: 30, label: 'to' },
            ],
            { value: 1, visible: false },
          ],
          vertical: [{ value: '2026-11-20T11:00:00Z', label: 'deploy', fill: 'after' }],
          alarms: ['arn:aws:cloudwatch:self:000000000001:alarm:too-much'],
        },
      },
      [600, 400],
    ],
    [
      'of an alarm alone',
      { annotations: { alarms: ['arn:aws:cloudwatch:self:000000000001:alarm:too-much'] } },
      [600, 400],
    ],
    ['of metrics without data', { metrics: [['App', 'none']] }, [600, 400]],
    [
      'with what only dashboards and consoles need',
      {
        metrics: [LOAD],
        region: 'us-east-1',
        liveData: false,
        setPeriodToTimeRange: true,
        sparkline: true,
        yAxis: { left: { min: 0, max: 100, label: 'Percent', showUnits: false } },
        timezone: '+0130',
        theme: 'dark',
        legend: { position: 'right' },
        start: '-P1D',
        end: '2026-11-20T12:00:00.000Z',
        period: 60,
      },
      [600, 400],
    ],
  ])('%s', async (_what, widget, size) => {
    expect(measure(await draw(widget))).toEqual(size);
  });

  it('differently where the data differ', async () => {
    const first = await draw({ metrics: [LOAD] });
    expect(first.equals(await draw({ metrics: [LOAD] }))).toBe(true);
    expect(first.equals(await draw({ metrics: [['App', 'load', 'host', 'web-2', { label: 'load' }]] }))).toBe(
      false,
    );
    expect(first.equals(await draw({ metrics: [LOAD], annotations: { horizontal: [{ value: 60 }] } }))).toBe(
      false,
    );
  });

  it('as a bare picture where the format is image/png', async () => {
    const input = { MetricWidget: JSON.stringify({ metrics: [LOAD] }), OutputFormat: 'image/png' };
    const caller = { accountId: service.accountId, accessKeyId: 'AKIDTEST', region: 'self' };
    const { cloudwatch } = service;
    const answer = await cloudwatch.run(cloudwatch.find('GetMetricWidgetImage'), input, caller);
    expect(answer).toBeInstanceOf(RawAnswer);
  });

  it('over a year at a period of a minute, with coarser periods', async () => {
    expect(measure(await draw({ metrics: [LOAD], start: '-P1Y', period: 60 }))).toEqual([600, 400]);
  });
});

describe('A widget is refused', () => {
  const problem = (dataPath: string, message: string) => JSON.stringify({ dataPath, message });
  it.each<readonly [string, object | string, string]>([
    ['that is no JSON', '{"metrics":', 'must be valid JSON'],
    ['that is no object', '[]', problem('', 'Should be object')],
    ['without metrics', {}, problem('', "Should have required property 'metrics'")],
    ['with no metric', { metrics: [] }, problem('/metrics', 'Should NOT have fewer than 1 items')],
    [
      'with 101 metrics',
      { metrics: Array.from({ length: 101 }, () => LOAD) },
      problem('/metrics', 'Should NOT have more than 100 items'),
    ],
    ['with metrics that are no lists', { metrics: ['App'] }, problem('/metrics/0', 'Should be array')],
    ['too wide', { metrics: [LOAD], width: 2_001 }, problem('/width', 'Should be <= 2000')],
    ['without height', { metrics: [LOAD], height: 0 }, problem('/height', 'Should be >= 1')],
    ['with half a pixel', { metrics: [LOAD], width: 1.5 }, problem('/width', 'Should be integer')],
    ['with a view there is not', { metrics: [LOAD], view: 'gauge' }, '/view'],
    ['with a color that is a name', { metrics: [[...LOAD, { color: 'red' }]] }, '/metrics/0/4/color'],
    [
      'with an annotation without a value',
      { metrics: [LOAD], annotations: { horizontal: [{ label: 'x' }] } },
      problem('/annotations/horizontal/0', "Should have required property 'value'"),
    ],
    ['with a dimension without a value', { metrics: [['App', 'load', 'host']] }, '/metrics/0 should be'],
    ['that repeats a row that is not there', { metrics: [['...', 'web-1']] }, '/metrics/0 should be'],
    ['with properties in the middle', { metrics: [['App', {}, 'load']] }, 'at its end'],
    ['with a time that is none', { metrics: [LOAD], start: 'yesterday' }, '/start should be a time'],
    [
      'that ends before it begins',
      { metrics: [LOAD], start: '-PT1H', end: '-PT2H' },
      '/start should be before /end',
    ],
    ['with a zone that is none', { metrics: [LOAD], timezone: 'CET' }, 'MetricWidget.timezone'],
    ['with a statistic there is not', { metrics: [LOAD], stat: 'Median' }, 'is not a valid statistic'],
    ['with an expression that is none', { metrics: [[{ expression: 'm1 +' }]] }, "Error in expression 'm1'"],
    ['with an alarm there is not', { annotations: { alarms: ['none'] } }, '/annotations/alarms/0'],
    ['with a composite alarm', { annotations: { alarms: ['any'] } }, '/annotations/alarms/0'],
  ])('%s', async (_what, widget, message) => {
    await expect(draw(widget)).rejects.toMatchObject({
      code: 'ValidationError',
      message: expect.stringContaining(message) as string,
    });
  });

  it('with every problem it has', async () => {
    await expect(draw({ width: -1, height: 'x' })).rejects.toThrow('there are 2 validation errors');
  });

  it('in a format that is no PNG', async () => {
    const input = { MetricWidget: JSON.stringify({ metrics: [LOAD] }), OutputFormat: 'svg' };
    await expect(service.ask('GetMetricWidgetImage', input)).rejects.toMatchObject({
      code: 'ValidationError',
    });
  });
});
