/** Alarms on a server whose clock was wrong, and is put right. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, openService, type Service } from '../service.ts';

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service[Symbol.asyncDispose]());

const putAlarm = (AlarmName: string, Period: number) =>
  service.ask('PutMetricAlarm', {
    AlarmName,
    Namespace: 'App',
    MetricName: 'load',
    Statistic: 'Maximum',
    Period,
    EvaluationPeriods: 1,
    Threshold: 100,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
const put = (Value: number, minutes: number) =>
  service.ask('PutMetricData', {
    Namespace: 'App',
    MetricData: [{ MetricName: 'load', Value, Timestamp: at(minutes), StorageResolution: 1 }],
  });
const tickAt = async (minutes: number) => {
  service.setNow(at(minutes));
  await service.cloudwatch.tickAlarms();
  const { MetricAlarms: alarms } = await service.ask('DescribeAlarms', {});
  return (alarms as { AlarmName: string; StateValue: string }[]).map(
    (one) => `${one.AlarmName} ${one.StateValue}`,
  );
};

describe('Alarms', () => {
  it('are evaluated again from then on where the clock was hours ahead', async () => {
    await putAlarm('fast', 10);
    await putAlarm('slow', 60);
    expect(await tickAt(300)).toEqual(['fast OK', 'slow OK']);
    // Put right.
    service.setNow(at(10));
    await put(500, 9.95);
    expect(await tickAt(10.01)).toEqual(['fast ALARM', 'slow ALARM']);
    // The newest point of the periods looked at decides: of ten seconds it is gone after a minute, of a minute after six.
    expect(await tickAt(11.01)).toEqual(['fast OK', 'slow ALARM']);
    expect(await tickAt(16.01)).toEqual(['fast OK', 'slow OK']);
  });

  it('wait where it is put back a little, and see what comes meanwhile', async () => {
    await putAlarm('fast', 10);
    await putAlarm('slow', 60);
    expect(await tickAt(10.01)).toEqual(['fast OK', 'slow OK']);
    service.setNow(at(9.6));
    await put(500, 9.55);
    await tickAt(9.6);
    await tickAt(9.9);
    expect(await tickAt(11.01)).toEqual(['fast OK', 'slow ALARM']);
  });
});
