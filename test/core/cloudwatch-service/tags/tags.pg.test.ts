import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService, type Service } from '../service.ts';

let service: Service;
beforeAll(async () => {
  service = await openService();
  await service.ask('PutMetricAlarm', ALARM);
});
afterAll(() => service[Symbol.asyncDispose]());

const ARN = 'arn:aws:cloudwatch:us-east-1:000000000001:alarm:tagged';
const ALARM = {
  AlarmName: 'tagged',
  Namespace: 'Shop',
  MetricName: 'orders',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
};
const tag = (tags: Readonly<Record<string, string>>, arn = ARN) =>
  service.ask('TagResource', {
    ResourceARN: arn,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  });
const untag = (...TagKeys: string[]) => service.ask('UntagResource', { ResourceARN: ARN, TagKeys });
const list = async (arn = ARN, account?: number) => {
  const { Tags: tags } = await service.ask('ListTagsForResource', { ResourceARN: arn }, account);
  return Object.fromEntries(
    (tags as { Key: string; Value: string }[]).map(({ Key: key, Value: value }) => [key, value]),
  );
};
const numbered = (count: number, prefix = 'k') =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, 'v']));

describe('Tags', () => {
  it('are added, overwritten and removed by their keys, whose case matters', async () => {
    await tag({ team: 'a', Team: 'b', empty: '' });
    await tag({ team: 'c' });
    expect(await list()).toEqual({ team: 'c', Team: 'b', empty: '' });
    await untag('team', 'nobody has it');
    expect(await list()).toEqual({ Team: 'b', empty: '' });
    await untag('Team', 'empty');
    expect(await list()).toEqual({});
  });

  it('of a new alarm are its own, and are not changed by putting it again', async () => {
    const arn = `${ARN}2`;
    await service.ask('PutMetricAlarm', { ...ALARM, AlarmName: 'tagged2', Tags: [{ Key: 'a', Value: '1' }] });
    await service.ask('PutMetricAlarm', { ...ALARM, AlarmName: 'tagged2', Tags: [{ Key: 'b', Value: '2' }] });
    expect(await list(arn)).toEqual({ a: '1' });
    await service.ask('DeleteAlarms', { AlarmNames: ['tagged2'] });
    await service.ask('PutMetricAlarm', { ...ALARM, AlarmName: 'tagged2' });
    expect(await list(arn)).toEqual({});
  });

  it('are 50 of a resource, also by several requests', async () => {
    await tag(numbered(50));
    await expect(tag({ one: 'more' })).rejects.toThrow(/There may be 50/);
    await tag({ k7: 'changed' });
    expect(Object.keys(await list())).toHaveLength(50);
    await untag(...Object.keys(numbered(50)));
  });

  it('are 50 of a resource, also by requests that come at once', async () => {
    const requests = Array.from({ length: 10 }, (_, i) => tag(numbered(10, `of${i}-`)));
    const results = await Promise.allSettled(requests);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    const given = Object.keys(await list());
    expect(given).toHaveLength(50);
    await untag(...given);
  });

  it('given at once in any order are all given', async () => {
    const keys = Object.entries(numbered(20, 'at-once'));
    const requests = Array.from({ length: 16 }, (_, i) =>
      tag(Object.fromEntries(i % 2 === 0 ? keys : keys.toReversed())),
    );
    await Promise.all(requests);
    expect(await list()).toEqual(Object.fromEntries(keys));
    await untag(...keys.map(([key]) => key));
  });

  it.each([
    ['a resource nobody has', { a: '1' }, `${ARN}-unknown`, /Unknown/],
    ['another account’s', { a: '1' }, ARN.replace('000000000001', '000000000002'), /Unknown/],
    ['what is no ARN', { a: '1' }, 'tagged', /Unknown/],
    ['a key of AWS', { 'aws:cloudformation:stack': 'x' }, ARN, /reserved/],
    ['a key of AWS in capitals', { 'AWS:x': 'x' }, ARN, /reserved/],
    ['a key without a letter', { '': 'x' }, ARN, /tags\.1\.member\.key/],
    ['a key of 129 letters', { ['k'.repeat(129)]: 'x' }, ARN, /less than or equal to 128/],
    ['a value of 257 letters', { k: 'v'.repeat(257) }, ARN, /less than or equal to 256/],
  ])('are refused of %s', async (_what, tags, arn, message) => {
    await expect(tag(tags, arn)).rejects.toThrow(message);
    expect(await list()).toEqual({});
  });

  it('of another account are not seen', async () => {
    await tag({ secret: 'x' });
    const other = await service.cloudwatch.accounts.ensureAccount('other');
    expect(await list(ARN, other)).toEqual({});
    await untag('secret');
  });
});

describe('Two alarms of one name and two types, put at once', () => {
  it('leave one that is whole, and an error for the other', async () => {
    const composite = { AlarmName: 'two', AlarmRule: 'ALARM(tagged)' };
    const answers = await Promise.allSettled([
      service.ask('PutMetricAlarm', { ...ALARM, AlarmName: 'two' }),
      service.ask('PutCompositeAlarm', composite),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const { MetricAlarms: metric, CompositeAlarms: composites } = await service.ask('DescribeAlarms', {
      AlarmNames: ['two'],
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    });
    const stored = [...(metric as object[]), ...(composites as object[])];
    const [first] = answers;
    expect(stored).toEqual([
      expect.objectContaining(first.status === 'fulfilled' ? { MetricName: 'orders' } : composite),
    ]);
    expect((metric as object[]).length).toBe(first.status === 'fulfilled' ? 1 : 0);
  });
});
