/** Actions that are held back, refused, switched off or have nowhere to go, and what the history says of them. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NOON, openService, type Service } from '../service.ts';
import { openWebhook, TOPIC, type Webhook } from './webhook.ts';

let webhook: Webhook;
let service: Service;
let now = NOON;
beforeAll(async () => {
  webhook = await openWebhook();
  service = await openService({ webhooks: webhook.webhooks });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await webhook[Symbol.asyncDispose]();
});
beforeEach(() => {
  webhook.answer(200);
  webhook.take();
});

const pass = async (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
  service.setNow(now);
  await service.cloudwatch.tickAlarms();
};
const putMetric = (AlarmName: string, change: object = {}) =>
  service.ask('PutMetricAlarm', {
    AlarmName,
    Namespace: 'App',
    MetricName: AlarmName,
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    // Without data they stay as they are set.
    TreatMissingData: 'ignore',
    ...change,
  });
const set = (AlarmName: string, StateValue: string) =>
  service.ask('SetAlarmState', { AlarmName, StateValue, StateReason: 'a drill' });
const SUPPRESSED = {
  ActionsSuppressor: 'mute',
  ActionsSuppressorWaitPeriod: 0,
  ActionsSuppressorExtensionPeriod: 0,
};
const putComposite = (change: object) =>
  service.ask('PutCompositeAlarm', {
    AlarmName: 'top',
    AlarmRule: 'ALARM(child)',
    AlarmActions: [TOPIC],
    OKActions: [TOPIC],
    ...change,
  });
const find = async (name: string) => {
  const types = { AlarmTypes: ['CompositeAlarm', 'MetricAlarm'] };
  const { CompositeAlarms: found } = await service.ask('DescribeAlarms', { ...types, AlarmNames: [name] });
  return (found as Record<string, unknown>[])[0];
};
interface Item {
  HistoryItemType: string;
  HistorySummary: string;
  HistoryData: string;
}
const listHistory = async (AlarmName: string, more: object = {}) =>
  (await service.ask('DescribeAlarmHistory', { AlarmName, ScanBy: 'TimestampAscending', ...more }))
    .AlarmHistoryItems as Item[];

describe('Actions a suppressor holds back', () => {
  /** The composite alarm is in ALARM, its notification held back. */
  beforeEach(async () => {
    for (const name of ['child', 'mute', 'other']) await putMetric(name);
    await set('child', 'OK');
    await set('mute', 'OK');
    await set('other', 'OK');
    await putComposite(SUPPRESSED);
    await pass(60);
    await set('mute', 'ALARM');
    await set('child', 'ALARM');
    await pass(10);
    webhook.take();
    expect(await find('top')).toMatchObject({ StateValue: 'ALARM', ActionsSuppressedBy: 'Alarm' });
  });

  it('are executed once the alarm has no suppressor any more, which is no longer shown then', async () => {
    await putComposite({});
    await pass(10);
    const shown = await find('top');
    expect(shown).not.toHaveProperty('ActionsSuppressedBy');
    expect(shown).not.toHaveProperty('ActionsSuppressedReason');
    expect(webhook.take()).toEqual(['top ALARM']);
    await pass(10);
    expect(webhook.take()).toEqual([]);
  });

  it('are those of the state the alarm is in by then', async () => {
    await putComposite({});
    await set('child', 'OK');
    await pass(10);
    expect(webhook.take()).toEqual(['top OK']);
    expect(await find('top')).not.toHaveProperty('ActionsSuppressedBy');
    await set('child', 'ALARM');
    await pass(10);
    expect(webhook.take()).toEqual(['top ALARM']);
  });

  it('are executed once another alarm is the suppressor, which is not in ALARM', async () => {
    await putComposite({ ...SUPPRESSED, ActionsSuppressor: 'other' });
    await pass(10);
    expect(webhook.take()).toEqual(['top ALARM']);
  });

  it('are not executed while actions are switched off, nor later for what happened then', async () => {
    await service.ask('DisableAlarmActions', { AlarmNames: ['top'] });
    await set('mute', 'OK');
    await pass(10);
    expect(webhook.take()).toEqual([]);
    await service.ask('EnableAlarmActions', { AlarmNames: ['top'] });
    await pass(10);
    expect(webhook.take()).toEqual([]);
    await set('child', 'OK');
    await pass(10);
    expect(webhook.take()).toEqual(['top OK']);
  });

  it('keep their suppressor from being deleted no more than any other alarm', async () => {
    await service.ask('DeleteAlarms', { AlarmNames: ['mute'] });
    await pass(10);
    expect(webhook.take()).toEqual(['top ALARM']);
    expect(await find('top')).not.toHaveProperty('ActionsSuppressedBy');
  });
});

describe('An action that is refused', () => {
  const RETRIES_SECONDS = [60, 120, 240, 480, 960];

  it('is tried six times over half an hour, each time twice, then noted as failed', async () => {
    await putMetric('refused', { AlarmActions: [TOPIC] });
    webhook.answer(500);
    await set('refused', 'ALARM');
    await pass(1);
    for (const seconds of RETRIES_SECONDS) {
      await pass(seconds - 1);
      await pass(1);
    }
    await pass(7_200);
    expect(webhook.take()).toEqual(Array.from({ length: 12 }, () => 'refused ALARM'));
    const [last] = await listHistory('refused', { HistoryItemType: 'Action' });
    expect(last).toMatchObject({ HistorySummary: `Failed to execute action ${TOPIC}` });
    expect(JSON.parse(last?.HistoryData ?? '')).toMatchObject({ actionState: 'Failed' });
  });

  // As a pager needs it: notified of OK first, it would keep the alarm it opens then for good.
  it('goes before those of the same alarm that come after it, and holds up no other alarm', async () => {
    await putMetric('flapping', { AlarmActions: [TOPIC], OKActions: [TOPIC] });
    await putMetric('steady', { AlarmActions: [TOPIC] });
    webhook.answer(503);
    await set('flapping', 'ALARM');
    await pass(1);
    webhook.answer(200);
    await set('flapping', 'OK');
    await set('steady', 'ALARM');
    await pass(10);
    expect(webhook.take()).toEqual(['flapping ALARM', 'flapping ALARM', 'steady ALARM']);
    await set('flapping', 'ALARM');
    await pass(60);
    expect(webhook.take()).toEqual(['flapping ALARM', 'flapping OK', 'flapping ALARM']);
  });

  it('does not gather those behind it for ever: they are given up with it, within two hours', async () => {
    await putMetric('down', { AlarmActions: [TOPIC], OKActions: [TOPIC] });
    webhook.answer(500);
    for (const state of ['ALARM', 'OK', 'ALARM', 'OK']) {
      await set('down', state);
      await pass(10);
    }
    for (let tries = 0; tries < 120; tries += 1) await pass(60);
    const states = webhook.take().filter((state, index, all) => state !== all[index - 1]);
    expect(states).toEqual(['down ALARM', 'down OK', 'down ALARM', 'down OK']);
    const summaries = (await listHistory('down', { HistoryItemType: 'Action' })).map(
      (item) => item.HistorySummary,
    );
    expect(summaries).toEqual(Array.from({ length: 4 }, () => `Failed to execute action ${TOPIC}`));
    webhook.answer(200);
    await pass(7_200);
    expect(webhook.take()).toEqual([]);
  });

  it('is executed by a later try', async () => {
    await putMetric('later', { AlarmActions: [TOPIC] });
    webhook.answer(503);
    await set('later', 'ALARM');
    await pass(1);
    webhook.answer(200);
    await pass(60);
    await pass(7_200);
    expect(webhook.take()).toEqual(['later ALARM', 'later ALARM', 'later ALARM']);
    expect(await listHistory('later', { HistoryItemType: 'Action' })).toMatchObject([
      { HistorySummary: `Successfully executed action ${TOPIC}` },
    ]);
  });

  it('does not hold up another one', async () => {
    await putMetric('slow', { AlarmActions: [TOPIC] });
    await putMetric('nowhere', { AlarmActions: ['arn:aws:sns:us-east-1:000000000001:unknown', TOPIC] });
    await set('slow', 'ALARM');
    await set('nowhere', 'ALARM');
    await pass(1);
    expect(webhook.take().toSorted()).toEqual(['nowhere ALARM', 'slow ALARM']);
    const summaries = (await listHistory('nowhere', { HistoryItemType: 'Action' })).map(
      (one) => one.HistorySummary,
    );
    expect(summaries.toSorted()).toEqual([
      'Failed to execute action arn:aws:sns:us-east-1:000000000001:unknown',
      `Successfully executed action ${TOPIC}`,
    ]);
  });
});

describe('The history of an alarm', () => {
  it('tells what it was, what it became and how it was changed, in pages of its own order', async () => {
    await putMetric('told', { AlarmActions: [TOPIC] });
    await pass(1);
    await service.ask('DisableAlarmActions', { AlarmNames: ['told', 'nobody'] });
    await pass(1);
    await set('told', 'ALARM');
    await pass(1);
    expect(webhook.take()).toEqual([]);
    await service.ask('DeleteAlarms', { AlarmNames: ['told'] });
    const all = await listHistory('told');
    expect(all.map(({ HistorySummary }) => HistorySummary)).toEqual([
      'Alarm "told" created',
      'Alarm "told" actions disabled',
      'Alarm updated from INSUFFICIENT_DATA to ALARM',
      'Alarm "told" deleted',
    ]);
    expect(all.map(({ HistoryData }) => JSON.parse(HistoryData) as unknown)).toMatchObject([
      { type: 'Create', createdAlarm: { alarmName: 'told', threshold: 1 } },
      { type: 'Update' },
      {
        oldState: { stateValue: 'INSUFFICIENT_DATA' },
        newState: { stateValue: 'ALARM', stateReason: 'a drill' },
      },
      { type: 'Delete', deletedAlarm: { stateValue: 'ALARM' } },
    ]);
    const paged: string[] = [];
    let NextToken: unknown;
    do {
      const page = await service.ask('DescribeAlarmHistory', { AlarmName: 'told', MaxRecords: 3, NextToken });
      paged.push(...(page.AlarmHistoryItems as Item[]).map(({ HistorySummary }) => HistorySummary));
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    expect(paged).toEqual(all.map(({ HistorySummary }) => HistorySummary).toReversed());
  });
});
