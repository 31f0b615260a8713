/** Bodies of dashboards as AWS documents them and its tools write them, and what is said of those that are none. */
import { describe, expect, it } from 'vitest';
import { checkDashboardBody } from '../../../../src/core/cloudwatch-service/dashboards/check-dashboard.ts';

const ALARM = 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:busy';
const CPU = ['AWS/EC2', 'CPUUtilization', 'InstanceId', 'i-012345'];

const check = (...widgets: readonly unknown[]) => {
  checkDashboardBody(JSON.stringify({ widgets }));
};
/** Place and message of each problem. */
function listProblems(body: string): readonly (readonly [string, string])[] {
  try {
    checkDashboardBody(body);
    return [];
  } catch (error) {
    const text = error instanceof Error ? error.message : '';
    const list = JSON.parse(text.slice(text.indexOf('\n[') + 1)) as { dataPath: string; message: string }[];
    return list.map(({ dataPath, message }) => [dataPath, message]);
  }
}

describe('A widget may be', () => {
  // By the names the constructs of AWS' CDK have for them.
  it.each([
    [
      'a graph',
      { type: 'metric', properties: { view: 'timeSeries', region: 'us-east-1', metrics: [CPU], yAxis: {} } },
    ],
    [
      'a single value',
      { type: 'metric', properties: { view: 'singleValue', region: 'us-east-1', metrics: [CPU] } },
    ],
    [
      'a gauge',
      {
        type: 'metric',
        properties: { view: 'gauge', metrics: [CPU], yAxis: { left: { min: 0, max: 100 } } },
      },
    ],
    [
      'an alarm, which has no metrics of its own',
      {
        type: 'metric',
        width: 6,
        height: 6,
        x: 0,
        y: 0,
        properties: {
          view: 'timeSeries',
          title: 'busy',
          region: 'us-east-1',
          annotations: { alarms: [ALARM] },
          yAxis: {},
        },
      },
    ],
    [
      'the top contributors of a rule',
      {
        type: 'metric',
        properties: {
          region: 'us-east-1',
          insightRule: { ruleName: 'r', maxContributorCount: 10, orderBy: 'Sum' },
        },
      },
    ],
    [
      'a graph with an alarm',
      { type: 'metric', properties: { metrics: [CPU], annotations: { alarms: [ALARM] } } },
    ],
    [
      'a graph with a line',
      { type: 'metric', properties: { metrics: [CPU], annotations: { horizontal: [{ value: 5 }] } } },
    ],
    [
      'an expression',
      { type: 'metric', properties: { metrics: [[{ expression: 'm1', id: 'e1' }], [...CPU, { id: 'm1' }]] } },
    ],
    ['the states of alarms', { type: 'alarm', properties: { title: 'all', alarms: [ALARM] } }],
    ['a text', { type: 'text', width: 24, height: 2, properties: { markdown: '# Hello' } }],
    ['an empty text', { type: 'text', properties: { markdown: '' } }],
    [
      'a query of logs',
      {
        type: 'log',
        properties: { view: 'table', region: 'us-east-1', query: "SOURCE 'a' | fields @message" },
      },
    ],
    [
      'of its own',
      { type: 'custom', properties: { endpoint: 'arn:aws:lambda:us-east-1:123456789012:function:w' } },
    ],
    [
      'an explorer',
      { type: 'explorer', properties: { metrics: [], labels: [], widgetOptions: {}, period: 300 } },
    ],
  ])('%s', (_what, widget) => {
    expect(() => {
      check(widget);
    }).not.toThrow();
  });

  it('one of five hundred, or none', () => {
    check();
    check(...Array<object>(500).fill({ type: 'text', properties: { markdown: '' } }));
  });

  it('beside what the body says of times', () => {
    const body = { start: '-PT6H', end: 'P1D', periodOverride: 'inherit', variables: [], widgets: [] };
    expect(listProblems(JSON.stringify(body))).toEqual([]);
  });
});

describe('A widget is refused', () => {
  it.each([
    [
      'without metrics',
      { type: 'metric', properties: {} },
      '/widgets/0/properties',
      "Should have required property 'metrics'",
    ],
    [
      'with annotations alone that are no alarms',
      { type: 'metric', properties: { annotations: { horizontal: [{ value: 5 }] } } },
      '/widgets/0/properties',
      "Should have required property 'metrics'",
    ],
    [
      'with metrics that are none',
      { type: 'metric', properties: { metrics: 'CPU' } },
      '/widgets/0/properties/metrics',
      'Should be array',
    ],
    [
      'of states without alarms',
      { type: 'alarm', properties: {} },
      '/widgets/0/properties',
      "Should have required property 'alarms'",
    ],
    [
      'of logs without a region',
      { type: 'log', properties: { query: 'x' } },
      '/widgets/0/properties',
      "Should have required property 'region'",
    ],
    ['of no type', { properties: {} }, '/widgets/0', "Should have required property 'type'"],
    ['of a type that is no text', { type: 7 }, '/widgets/0', "Should have required property 'type'"],
    ['that is no object', null, '/widgets/0', 'Should be object'],
    ['that is a list', [], '/widgets/0', 'Should be object'],
    [
      'without a width',
      { type: 'text', width: 0, properties: { markdown: '' } },
      '/widgets/0/width',
      'Should be an integer from 1 to 24',
    ],
    [
      'of half a column',
      { type: 'text', width: 1.5, properties: { markdown: '' } },
      '/widgets/0/width',
      'Should be an integer from 1 to 24',
    ],
    [
      'too high',
      { type: 'text', height: 1_001, properties: { markdown: '' } },
      '/widgets/0/height',
      'Should be an integer from 1 to 1000',
    ],
    [
      'of a width in quotes',
      { type: 'text', width: '6', properties: { markdown: '' } },
      '/widgets/0/width',
      'Should be an integer from 1 to 24',
    ],
  ])('%s', (_what, widget, path, message) => {
    expect(listProblems(JSON.stringify({ widgets: [widget] }))).toEqual([[path, message]]);
  });

  it('with all that is wrong with it and the others', () => {
    const widgets = [
      { type: 'text', width: 25, height: 0, properties: {} },
      { type: 'text', properties: { markdown: '' } },
      { type: 'none' },
      { type: 'log', properties: {} },
    ];
    expect(listProblems(JSON.stringify({ widgets })).map(([path]) => path)).toEqual([
      '/widgets/0/width',
      '/widgets/0/height',
      '/widgets/0/properties',
      '/widgets/2/type',
      '/widgets/3/properties',
      '/widgets/3/properties',
    ]);
  });

  it.each(['', 'null', '7', '"text"', '[]', '{', '{"widgets":[}'])(
    'where the body is no object: %j',
    (body) => {
      expect(() => {
        checkDashboardBody(body);
      }).toThrow('The field DashboardBody must be a valid JSON object');
    },
  );

  it.each(['{}', '{"widgets":null}', '{"widgets":{}}'])(
    'where the body has no list of widgets: %j',
    (body) => {
      expect(listProblems(body)).toEqual([['', "Should have required property 'widgets'"]]);
    },
  );
});
