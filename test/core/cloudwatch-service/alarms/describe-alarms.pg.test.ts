import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService, type Service } from '../service.ts';

const METRIC = {
  Namespace: 'Shop',
  MetricName: 'orders',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
};
const TOPIC = 'arn:aws:sns:us-east-1:000000000001:pager';
const NAMES = [
  'api_errors',
  'api-errors',
  'apiXerrors',
  '100%',
  '100 orders',
  String.raw`back\slash`,
  'back/slash',
];

let service: Service;
beforeAll(async () => {
  service = await openService();
  for (const AlarmName of NAMES) await service.ask('PutMetricAlarm', { ...METRIC, AlarmName });
  await service.ask('PutMetricAlarm', {
    ...METRIC,
    AlarmName: 'paging',
    Dimensions: [{ Name: 'host', Value: 'a' }],
    Unit: 'Count',
    OKActions: [TOPIC],
  });
  await service.ask('PutCompositeAlarm', {
    AlarmName: 'api_all',
    AlarmRule: 'ALARM(api_errors) OR ALARM(api-errors)',
  });
  await service.ask('PutCompositeAlarm', {
    AlarmName: 'everything',
    AlarmRule: 'ALARM(api_all) AND NOT ALARM(paging)',
  });
});
afterAll(() => service[Symbol.asyncDispose]());

interface Described {
  MetricAlarms: { AlarmName: string }[];
  CompositeAlarms: { AlarmName: string }[];
  NextToken?: string;
}
const describeAlarms = async (input: object, account?: number) =>
  (await service.ask('DescribeAlarms', input, account)) as unknown as Described;
const findNames = async (input: object) => {
  const { MetricAlarms: metric, CompositeAlarms: composite } = await describeAlarms(input);
  return [...metric, ...composite].map(({ AlarmName: name }) => name);
};
const BOTH = { AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] };

describe('Alarms are found', () => {
  it.each([
    ['api_', ['api_errors']],
    ['api-', ['api-errors']],
    ['api', ['api_errors', 'api-errors', 'apiXerrors']],
    ['100%', ['100%']],
    ['100', ['100%', '100 orders']],
    ['%', []],
    ['_', []],
    [String.raw`back\s`, [String.raw`back\slash`]],
    ['Api', []],
    ['', [...NAMES, 'paging']],
  ])(
    'by the beginning %j of their name, each character of which stands for itself',
    async (prefix, names) => {
      expect(await findNames({ AlarmNamePrefix: prefix })).toEqual(names);
    },
  );

  it.each([
    [
      'metric ones alone, where no type is asked for',
      { AlarmNames: ['api_errors', 'api_all'] },
      ['api_errors'],
    ],
    ['of both types', { AlarmNames: ['api_errors', 'api_all'], ...BOTH }, ['api_errors', 'api_all']],
    ['by what they do', { ActionPrefix: 'arn:aws:sns' }, ['paging']],
    ['by their state', { StateValue: 'ALARM', ...BOTH }, []],
    ['by names nobody has', { AlarmNames: ['nobody'], ...BOTH }, []],
    ['under a composite one', { ChildrenOfAlarmName: 'everything' }, ['paging', 'api_all']],
    ['over a metric one', { ParentsOfAlarmName: 'api_errors' }, ['api_all']],
    ['under one that is no composite', { ChildrenOfAlarmName: 'api_errors' }, []],
  ])('%s', async (_what, input, names) => {
    expect(await findNames(input)).toEqual(names);
  });

  it('page by page, each once, whatever the size of a page', async () => {
    for (const MaxRecords of [1, 3, 7, 100]) {
      const found: string[] = [];
      let NextToken: string | undefined;
      do {
        const page = await describeAlarms({
          ...BOTH,
          MaxRecords,
          ...(NextToken !== undefined && { NextToken }),
        });
        const here = [...page.MetricAlarms, ...page.CompositeAlarms].map(({ AlarmName: name }) => name);
        expect(here.length).toBeLessThanOrEqual(MaxRecords);
        found.push(...here);
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      expect(found).toEqual([...NAMES, 'paging', 'api_all', 'everything']);
    }
  });

  it('by their account alone', async () => {
    const other = await service.cloudwatch.accounts.ensureAccount('other');
    expect(await describeAlarms(BOTH, other)).toMatchObject({ MetricAlarms: [], CompositeAlarms: [] });
  });

  it.each([
    [{ AlarmNames: ['a'], AlarmNamePrefix: 'b' }, /mutually exclusive/],
    [{ ChildrenOfAlarmName: 'a', ParentsOfAlarmName: 'b' }, /exclude each other/],
    [{ ChildrenOfAlarmName: 'a', StateValue: 'OK' }, /exclude each other/],
    [{ MaxRecords: 0 }, /greater than or equal to 1/],
    [{ MaxRecords: 101 }, /less than or equal to 100/],
    [{ StateValue: 'Ok' }, /enum value set/],
    [{ NextToken: 'made up' }, /not a token of this request/],
  ])('not by %j', async (input, message) => {
    await expect(describeAlarms(input)).rejects.toThrow(message);
  });
});

describe('DescribeAlarmsForMetric', () => {
  const find = async (input: object) => {
    const { MetricAlarms: found } = await service.ask('DescribeAlarmsForMetric', {
      Namespace: 'Shop',
      MetricName: 'orders',
      ...input,
    });
    return (found as { AlarmName: string }[]).map(({ AlarmName: name }) => name);
  };
  const host = { Dimensions: [{ Name: 'host', Value: 'a' }] };

  it.each([
    ['a metric without dimensions', {}, NAMES],
    ['one of its dimensions', host, ['paging']],
    ['another value of it', { Dimensions: [{ Name: 'host', Value: 'b' }] }, []],
    ['its unit', { ...host, Unit: 'Count' }, ['paging']],
    ['another unit', { ...host, Unit: 'Bytes' }, []],
    ['another period', { Period: 300 }, []],
    ['another statistic', { Statistic: 'Average' }, []],
    ['another metric', { MetricName: 'order' }, []],
  ])('finds the alarms of %s', async (_what, input, names) => {
    expect(await find(input)).toEqual(names);
  });
});
