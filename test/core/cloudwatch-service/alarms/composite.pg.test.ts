/** Composite alarms, their relatives and suppressors, and tags, over a real database and a real webhook. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';
import { NOON, openService, type Service } from '../service.ts';

interface Message {
  AlarmName: string;
  NewStateValue: string;
  NewStateReason: string;
  AlarmRule?: string;
  TriggeringChildren?: object[];
}
const messages: Message[] = [];
const webhook = createServer(KEPT_OPEN, (request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    messages.push(JSON.parse(body) as Message);
    response.writeHead(200).end();
  });
});
const TOPIC = 'arn:aws:sns:us-east-1:000000000001:pager';
const arnOf = (name: string) => `arn:aws:cloudwatch:self:000000000001:alarm:${name}`;

let service: Service;
let now = NOON;
beforeAll(async () => {
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  const { port } = webhook.address() as AddressInfo;
  service = await openService({ webhooks: new Map([['pager', new URL(`http://127.0.0.1:${port}/`)]]) });
  for (const AlarmName of ['a', 'b', 'mute']) {
    await service.ask('PutMetricAlarm', {
      AlarmName,
      Namespace: 'App',
      MetricName: AlarmName,
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
      AlarmActions: AlarmName === 'a' ? [TOPIC] : [],
    });
  }
});
beforeEach(() => {
  messages.length = 0;
});
afterAll(async () => {
  webhook.closeAllConnections();
  webhook.close();
  await service[Symbol.asyncDispose]();
});

const pass = async (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
  service.setNow(now);
  await service.cloudwatch.tickAlarms();
};
const set = (AlarmName: string, StateValue: string) =>
  service.ask('SetAlarmState', { AlarmName, StateValue, StateReason: 'a drill' });
const putComposite = (change: object) =>
  service.ask('PutCompositeAlarm', {
    AlarmName: 'both',
    AlarmRule: `ALARM(a) AND ALARM("${arnOf('b')}")`,
    AlarmActions: [TOPIC],
    OKActions: [TOPIC],
    ...change,
  });
interface Shown {
  MetricAlarms: { AlarmName: string }[];
  CompositeAlarms: {
    AlarmName: string;
    AlarmArn: string;
    StateValue: string;
    StateReason: string;
    StateReasonData: string;
    ActionsSuppressedBy?: string;
  }[];
}
const describeAlarms = async (input: object) =>
  (await service.ask('DescribeAlarms', {
    AlarmTypes: ['CompositeAlarm', 'MetricAlarm'],
    ...input,
  })) as unknown as Shown;
const find = async (name: string) => (await describeAlarms({ AlarmNames: [name] })).CompositeAlarms[0];
const said = () => messages.map(({ AlarmName, NewStateValue }) => `${AlarmName} ${NewStateValue}`);

describe('A composite alarm', () => {
  it('is evaluated when it is put, follows its children, and notifies with the child that made it change', async () => {
    await putComposite({});
    await pass(1);
    expect(await find('both')).toMatchObject({
      AlarmArn: arnOf('both'),
      StateValue: 'OK',
      StateReason: `${arnOf('both')} was created and its alarm rule evaluates to OK`,
    });
    await set('a', 'ALARM');
    await set('b', 'ALARM');
    await pass(1);
    const shown = await find('both');
    expect(shown).toMatchObject({
      StateValue: 'ALARM',
      StateReason: expect.stringMatching(
        /^arn:aws:cloudwatch:self:000000000001:alarm:[ab] transitioned to ALARM at Friday 20 November, 2026 12:00:01 UTC$/,
      ) as string,
    });
    expect(JSON.parse(shown?.StateReasonData ?? '')).toMatchObject({
      triggeringAlarms: [{ state: { value: 'ALARM', timestamp: '2026-11-20T12:00:01.000+0000' } }],
    });
    expect(said().toSorted()).toEqual(['a ALARM', 'both ALARM', 'both OK']);
    expect(
      messages.find(({ NewStateValue, AlarmRule }) => NewStateValue === 'ALARM' && AlarmRule !== undefined),
    ).toMatchObject({
      TriggeringChildren: [{ State: { Value: 'ALARM' } }],
    });
  });

  it('is shown only to who asks for its type, and with its children and parents', async () => {
    expect((await service.ask('DescribeAlarms', { AlarmNames: ['both'] })).MetricAlarms).toEqual([]);
    const children = await describeAlarms({ ChildrenOfAlarmName: 'both' });
    expect(children.MetricAlarms.map(({ AlarmName }) => AlarmName)).toEqual(['a', 'b']);
    const parents = await describeAlarms({ ParentsOfAlarmName: 'a' });
    expect(parents.CompositeAlarms.map(({ AlarmName }) => AlarmName)).toEqual(['both']);
    const acting = await describeAlarms({ ActionPrefix: 'arn:aws:sns', AlarmNamePrefix: '' });
    expect([...acting.MetricAlarms, ...acting.CompositeAlarms].map(({ AlarmName }) => AlarmName)).toEqual([
      'a',
      'both',
    ]);
    expect((await describeAlarms({ ActionPrefix: 'arn:aws:lambda' })).MetricAlarms).toEqual([]);
  });

  it('is put again by another rule, follows other composite alarms, and cannot be part of itself', async () => {
    await service.ask('PutCompositeAlarm', { AlarmName: 'above', AlarmRule: 'NOT ALARM(both)' });
    await pass(1);
    expect(await find('above')).toMatchObject({ StateValue: 'OK' });
    await set('b', 'OK');
    await pass(1);
    expect(await find('above')).toMatchObject({ StateValue: 'ALARM' });
    await expect(putComposite({ AlarmRule: 'ALARM(above)' })).rejects.toThrow('cycle');
  });

  it.each([
    ['()', "Error in AlarmRule [Unsupported token ')' at char 1]"],
    [' ALARM(a)', 'AlarmRule must not contain leading or trailing whitespace or be null'],
    [
      'ALARM(gone) OR OK(a)',
      'Could not save the composite alarm as alarms [gone] in the alarm rule do not exist',
    ],
    [undefined, "Value null at 'alarmRule' failed to satisfy constraint: Member must not be null"],
  ])('is refused with the rule %j', async (AlarmRule, message) => {
    const failure = putComposite({ AlarmRule });
    await expect(failure).rejects.toMatchObject({ code: 'ValidationError' });
    await expect(failure).rejects.toThrow(message);
  });

  it('cannot be part of itself either where several are put at once, nor lose a child meanwhile', async () => {
    const putAlarm = (AlarmName: string, AlarmRule: string) =>
      service.ask('PutCompositeAlarm', { AlarmName, AlarmRule });
    for (const name of ['left', 'right', 'child']) await putAlarm(name, 'FALSE');
    const ring = await Promise.allSettled([
      putAlarm('left', 'ALARM(right)'),
      putAlarm('right', 'ALARM(left)'),
    ]);
    expect(ring.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const both = await Promise.allSettled([
      putAlarm('parent', 'ALARM(child)'),
      service.ask('DeleteAlarms', { AlarmNames: ['child'] }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await service.ask('DeleteAlarms', { AlarmNames: ['left', 'right', 'parent', 'child'] });
  });

  it('keeps its children from being deleted, unless it goes with them', async () => {
    await expect(service.ask('DeleteAlarms', { AlarmNames: ['b'] })).rejects.toThrow(
      'Cannot delete b as there are composite alarm(s) depending on it.',
    );
    await service.ask('DeleteAlarms', { AlarmNames: ['above'] });
    expect(await find('above')).toBeUndefined();
  });

  it('holds its actions back while a suppressor is in ALARM and a while after, then notifies once', async () => {
    await set('b', 'OK');
    await putComposite({
      ActionsSuppressor: 'mute',
      ActionsSuppressorWaitPeriod: 30,
      ActionsSuppressorExtensionPeriod: 60,
    });
    await set('mute', 'OK');
    await pass(60);
    messages.length = 0;
    await set('b', 'ALARM');
    await pass(1);
    expect(await find('both')).toMatchObject({ StateValue: 'ALARM', ActionsSuppressedBy: 'WaitPeriod' });
    await set('mute', 'ALARM');
    await pass(40);
    expect(await find('both')).toMatchObject({ ActionsSuppressedBy: 'Alarm' });
    await set('mute', 'OK');
    await pass(30);
    expect(await find('both')).toMatchObject({ ActionsSuppressedBy: 'ExtensionPeriod' });
    expect(said()).toEqual([]);
    await pass(40);
    await pass(10);
    expect((await find('both'))?.ActionsSuppressedBy).toBeUndefined();
    expect(said()).toEqual(['both ALARM']);
  });
});

describe('Tags', () => {
  const list = async (name: string) =>
    (await service.ask('ListTagsForResource', { ResourceARN: arnOf(name) })).Tags;

  it('are given when an alarm is made, changed by their own operations, and gone with it', async () => {
    const alarm = { AlarmName: 'tagged', AlarmRule: 'TRUE' };
    await service.ask('PutCompositeAlarm', { ...alarm, Tags: [{ Key: 'k', Value: 'v' }] });
    await service.ask('PutCompositeAlarm', { ...alarm, Tags: [{ Key: 'other', Value: 'v' }] });
    expect(await list('tagged')).toEqual([{ Key: 'k', Value: 'v' }]);
    const ResourceARN = arnOf('tagged');
    await service.ask('TagResource', {
      ResourceARN,
      Tags: [
        { Key: 'k', Value: '2' },
        { Key: 'l', Value: '' },
      ],
    });
    expect(await list('tagged')).toEqual([
      { Key: 'k', Value: '2' },
      { Key: 'l', Value: '' },
    ]);
    await service.ask('UntagResource', { ResourceARN, TagKeys: ['k', 'gone'] });
    expect(await list('tagged')).toEqual([{ Key: 'l', Value: '' }]);
    await service.ask('DeleteAlarms', { AlarmNames: ['tagged'] });
    expect(await list('tagged')).toEqual([]);
  });

  it.each([
    ['an alarm nobody has', arnOf('gone')],
    ['an alarm of another account', arnOf('a').replace('000000000001', '000000000002')],
    ['something else', 'arn:aws:sns:us-east-1:000000000001:pager'],
  ])('are not taken for %s', async (_what, ResourceARN) => {
    await expect(
      service.ask('TagResource', { ResourceARN, Tags: [{ Key: 'a', Value: 'b' }] }),
    ).rejects.toMatchObject({ code: 'ResourceNotFoundException', status: 404, message: 'Unknown' });
    expect(await service.ask('ListTagsForResource', { ResourceARN })).toEqual({ Tags: [] });
  });

  it.each([
    [
      [
        { Key: 'a', Value: '1' },
        { Key: 'a', Value: '2' },
      ],
      'once',
    ],
    [[{ Key: 'aws:a', Value: '1' }], 'reserved'],
    [Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: '' })), '50'],
  ])('%# are refused', async (Tags, text) => {
    await expect(service.ask('TagResource', { ResourceARN: arnOf('a'), Tags })).rejects.toThrow(text);
  });
});
