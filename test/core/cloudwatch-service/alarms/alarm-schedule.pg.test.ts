/** Alarms of high resolution: none misses a single datum, whenever it comes, and each notifies within twelve seconds. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';
import { NOON, openService, type Service } from '../service.ts';

interface Message {
  AlarmName: string;
  NewStateValue: string;
  StateChangeTime: string;
}
let messages: Message[] = [];
const webhook = createServer(KEPT_OPEN, (request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    messages.push(JSON.parse(body) as Message);
    response.writeHead(200).end();
  });
});

let service: Service;
beforeAll(async () => {
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  const { port } = webhook.address() as AddressInfo;
  service = await openService({ webhooks: new Map([['pager', new URL(`http://127.0.0.1:${port}/`)]]) });
});
afterAll(async () => {
  webhook.closeAllConnections();
  webhook.close();
  await service[Symbol.asyncDispose]();
});

const putAlarm = (AlarmName: string, change: object = {}) =>
  service.ask('PutMetricAlarm', {
    AlarmName,
    Namespace: 'App',
    MetricName: AlarmName,
    Statistic: 'Maximum',
    Period: 10,
    EvaluationPeriods: 1,
    Threshold: 100,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
    AlarmActions: ['arn:aws:sns:us-east-1:000000000001:pager'],
    ...change,
  });
const put = (MetricName: string, Value: number, Timestamp: Date, StorageResolution = 1) =>
  service.ask('PutMetricData', {
    Namespace: 'App',
    MetricData: [{ MetricName, Value, Timestamp, StorageResolution }],
  });
const at = (seconds: number) => new Date(NOON.getTime() + seconds * 1000);
const tickAt = async (seconds: number) => {
  service.setNow(at(seconds));
  await service.cloudwatch.tickAlarms();
};

describe('An alarm of ten seconds', () => {
  it('notifies of each of 50 single data within 12 seconds of it, at whatever second they come', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `alarm-${i}`);
    for (const [i, name] of names.entries()) await putAlarm(name, { Period: i % 5 === 4 ? 20 : 10 });
    await tickAt(0.3);
    messages = [];
    // Spread over all seconds and parts of a second, in an order a fixed stride gives.
    const due = new Map(names.map((name, i) => [name, 10 + ((i * 37) % 50) + ((i * 7) % 10) / 10]));
    for (let second = 1; second <= 75; second += 0.5) {
      service.setNow(at(second));
      for (const [name, time] of due) {
        if (time <= second - 0.5 || time > second) continue;
        await put(name, 5, at(time - 0.1));
        await put(name, 500, at(time));
      }
      await service.cloudwatch.tickAlarms();
    }
    const raised = messages.filter(({ NewStateValue }) => NewStateValue === 'ALARM');
    expect(raised.map(({ AlarmName }) => AlarmName).toSorted()).toEqual(names.toSorted());
    const slow = raised.filter(({ AlarmName, StateChangeTime }) => {
      const period = names.indexOf(AlarmName) % 5 === 4 ? 20 : 10;
      const delay = (Date.parse(StateChangeTime) - NOON.getTime()) / 1000 - (due.get(AlarmName) ?? 0);
      return delay > period + 2;
    });
    expect(slow).toEqual([]);
  });

  it('sees a datum that comes after its period was evaluated, between data that are within bounds', async () => {
    await putAlarm('late');
    await tickAt(100.3);
    messages = [];
    await put('late', 1, at(104));
    await tickAt(110.3);
    await put('late', 500, at(108));
    await put('late', 1, at(111));
    await tickAt(111);
    expect(messages).toMatchObject([{ AlarmName: 'late', NewStateValue: 'ALARM' }]);
    await tickAt(120.3);
    const { MetricAlarms } = await service.ask('DescribeAlarms', { AlarmNames: ['late'] });
    expect(MetricAlarms).toMatchObject([{ StateValue: 'OK' }]);
  });

  it('sees a datum kept by the minute, whose time is long past when it comes', async () => {
    await putAlarm('minute');
    await tickAt(180.3);
    await tickAt(220.3);
    messages = [];
    await put('minute', 500, at(225), 60);
    await tickAt(225);
    expect(messages).toMatchObject([{ AlarmName: 'minute', NewStateValue: 'ALARM' }]);
  });

  it('evaluates the periods that passed while nothing was evaluated, one by one', async () => {
    await putAlarm('pause');
    await tickAt(300.3);
    messages = [];
    await put('pause', 500, at(305));
    for (const second of [311, 321, 331]) await put('pause', 1, at(second));
    await tickAt(342);
    const { AlarmHistoryItems } = await service.ask('DescribeAlarmHistory', {
      AlarmName: 'pause',
      HistoryItemType: 'StateUpdate',
      ScanBy: 'TimestampAscending',
    });
    const updates = (AlarmHistoryItems as { HistorySummary: string }[]).map(
      ({ HistorySummary }) => HistorySummary,
    );
    expect(updates.slice(-2)).toEqual(['Alarm updated from OK to ALARM', 'Alarm updated from ALARM to OK']);
    expect(messages).toMatchObject([{ AlarmName: 'pause', NewStateValue: 'ALARM' }]);
  });
});
