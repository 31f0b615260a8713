/**
 * boto 2, which most scripts older than 2015 use, from its source: the forms of boto/boto boto/ec2/cloudwatch/__init__.py,
 * read back as boto/ec2/cloudwatch/{alarm,datapoint,metric}.py and boto/exception.py do. All but PutMetricData are GETs.
 */
import { XMLParser } from 'fast-xml-parser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCloudwatch, type CloudwatchServer } from '../api/http/aws/cloudwatch-server.ts';

let server: CloudwatchServer;
beforeAll(async () => {
  server = await startCloudwatch({ acceptAnySignature: true });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const MINUTE_MS = 60_000;
const START_MS = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 30 * MINUTE_MS;
/** Python's isoformat of a time without a zone: microseconds only where there are some. */
const isoformat = (ms: number, micros = '') => `${new Date(ms).toISOString().slice(0, 19)}${micros}`;
const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261120/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
const PARSER = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'member' });

type Element = Readonly<Record<string, unknown>>;

/** What its SAX handler sees: the elements of the answer's result. */
async function ask(action: string, params: Record<string, string>, verb = 'GET'): Promise<Element> {
  const form = new URLSearchParams({ Action: action, Version: '2010-08-01', ...params });
  const response =
    verb === 'GET'
      ? await fetch(`${server.endpoint}/?${form.toString()}`, { headers: { authorization } })
      : await fetch(`${server.endpoint}/`, { method: verb, headers: { authorization }, body: form });
  const root = PARSER.parse(await response.text()) as Record<string, Element>;
  if (!response.ok) return root.ErrorResponse?.Error as Element;
  return (root[`${action}Response`]?.[`${action}Result`] ?? {}) as Element;
}
const members = (element: unknown) => (element as { member?: readonly Element[] }).member ?? [];
/** The two forms its AlarmHistoryItem reads; anything else is a ValueError. */
const HISTORY_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;

it('puts values and sets by POST, lists by the name of a dimension, and reads statistics', async () => {
  await ask(
    'PutMetricData',
    {
      Namespace: 'Old',
      'MetricData.member.1.MetricName': 'load',
      'MetricData.member.1.Timestamp': isoformat(START_MS, '.123456'),
      'MetricData.member.1.Unit': 'Seconds',
      'MetricData.member.1.Dimensions.member.1.Name': 'host',
      'MetricData.member.1.Dimensions.member.1.Value': 'a b&c',
      'MetricData.member.1.Value': '4.5',
      'MetricData.member.2.MetricName': 'load',
      'MetricData.member.2.Timestamp': isoformat(START_MS + MINUTE_MS),
      'MetricData.member.2.Unit': 'Seconds',
      'MetricData.member.2.Dimensions.member.1.Name': 'host',
      'MetricData.member.2.Dimensions.member.1.Value': 'a b&c',
      'MetricData.member.2.StatisticValues.Maximum': '5',
      'MetricData.member.2.StatisticValues.Minimum': '1',
      'MetricData.member.2.StatisticValues.SampleCount': '3',
      'MetricData.member.2.StatisticValues.Sum': '7',
    },
    'POST',
  );
  const listed = await ask('ListMetrics', { 'Dimensions.member.1.Name': 'host', Namespace: 'Old' });
  expect(members(listed.Metrics)).toEqual([
    { Namespace: 'Old', MetricName: 'load', Dimensions: { member: [{ Name: 'host', Value: 'a b&c' }] } },
  ]);
  const { Datapoints } = await ask('GetMetricStatistics', {
    Period: '60',
    MetricName: 'load',
    Namespace: 'Old',
    StartTime: isoformat(START_MS, '.000001'),
    EndTime: isoformat(START_MS + 5 * MINUTE_MS),
    'Statistics.member.1': 'Sum',
    'Statistics.member.2': 'Maximum',
    'Dimensions.member.1.Name': 'host',
    'Dimensions.member.1.Value': 'a b&c',
    Unit: 'Seconds',
  });
  expect(members(Datapoints)).toEqual([
    { Timestamp: `${isoformat(START_MS)}Z`, Sum: '4.5', Maximum: '4.5', Unit: 'Seconds' },
    { Timestamp: `${isoformat(START_MS + MINUTE_MS)}Z`, Sum: '7', Maximum: '5', Unit: 'Seconds' },
  ]);
});

it('puts, finds, switches, changes and deletes an alarm, and reads its history', async () => {
  const AlarmActions = 'arn:aws:sns:us-east-1:000000000001:pager';
  const alarm = {
    AlarmName: 'old',
    MetricName: 'load',
    Namespace: 'Old',
    Statistic: 'Average',
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: '80.0',
    EvaluationPeriods: '2',
    Period: '60',
    // A Python bool as its string.
    ActionsEnabled: 'True',
    'AlarmActions.member.1': AlarmActions,
    'Dimensions.member.1.Name': 'host',
    'Dimensions.member.1.Value': 'a',
  };
  await ask('PutMetricAlarm', alarm);
  const find = async () => {
    const found = await ask('DescribeAlarms', { 'AlarmNames.member.1': 'old', MaxRecords: '10' });
    return members(found.MetricAlarms);
  };
  expect(await find()).toMatchObject([
    {
      ActionsEnabled: 'true',
      AlarmActions: { member: [AlarmActions] },
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: '2',
      Period: '60',
      Dimensions: { member: [{ Name: 'host', Value: 'a' }] },
    },
  ]);
  const byMetric = { MetricName: 'load', Namespace: 'Old', Period: '60', Statistic: 'Average' };
  const named = { 'Dimensions.member.1.Name': 'host', 'Dimensions.member.1.Value': 'a' };
  const forMetric = await ask('DescribeAlarmsForMetric', { ...byMetric, ...named });
  expect(members(forMetric.MetricAlarms)).toHaveLength(1);
  await ask('DisableAlarmActions', { 'AlarmNames.member.1': 'old' });
  expect(await find()).toMatchObject([{ ActionsEnabled: 'false' }]);
  // update() sends back what it read: the texts of the answer.
  await ask('PutMetricAlarm', { ...alarm, ActionsEnabled: 'false', Threshold: '90.0' });
  await ask('EnableAlarmActions', { 'AlarmNames.member.1': 'old' });
  expect(await find()).toMatchObject([{ ActionsEnabled: 'true', Threshold: '90' }]);
  await ask('SetAlarmState', {
    AlarmName: 'old',
    StateReason: 'by hand',
    StateValue: 'ALARM',
    StateReasonData: JSON.stringify({ by: 'boto' }),
  });
  const history = await ask('DescribeAlarmHistory', {
    AlarmName: 'old',
    StartDate: isoformat(START_MS),
    EndDate: isoformat(Date.now() + MINUTE_MS),
    HistoryItemType: 'StateUpdate',
    MaxRecords: '10',
  });
  const [item] = members(history.AlarmHistoryItems);
  expect(item).toMatchObject({
    AlarmName: 'old',
    HistoryItemType: 'StateUpdate',
    Timestamp: expect.stringMatching(HISTORY_TIME) as string,
  });
  expect(JSON.parse(String(item?.HistoryData))).toMatchObject({
    newState: { stateValue: 'ALARM', stateReason: 'by hand' },
  });
  await ask('DeleteAlarms', { 'AlarmNames.member.1': 'old' });
  expect(await find()).toEqual([]);
});

it('gets milliseconds of a time that has some, as AWS gives them', async () => {
  const alarm = { AlarmName: 'times', MetricName: 'm', Namespace: 'Old', Statistic: 'Sum' };
  const rest = {
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: '1',
    EvaluationPeriods: '1',
    Period: '60',
  };
  await ask('PutMetricAlarm', { ...alarm, ...rest });
  const read = async (at: string) => {
    const changed = 'UPDATE cloudwatch_alarm SET state_updated_at = $1 WHERE name = $2';
    await server.database.pool.query(changed, [at, 'times']);
    const { MetricAlarms } = await ask('DescribeAlarms', { 'AlarmNames.member.1': 'times' });
    return members(MetricAlarms)[0]?.StateUpdatedTimestamp;
  };
  expect(await read('2026-11-20T12:00:00.442Z')).toBe('2026-11-20T12:00:00.442Z');
  expect(await read('2026-11-20T12:00:00.000Z')).toBe('2026-11-20T12:00:00Z');
});

it('reads the code, the message and the request of a refusal', async () => {
  const error = await ask('SetAlarmState', { AlarmName: 'nobody', StateReason: 'x', StateValue: 'OK' });
  expect(error).toMatchObject({ Type: 'Sender', Code: 'ResourceNotFound' });
});
