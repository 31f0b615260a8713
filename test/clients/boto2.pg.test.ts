/**
 * boto 2, which most scripts older than 2015 use: the library itself, where Debian's python3-boto is there, and its source: the forms of boto/boto boto/ec2/cloudwatch/__init__.py,
 * read back as boto/ec2/cloudwatch/{alarm,datapoint,metric}.py and boto/exception.py do. All but PutMetricData are GETs.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
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

/** Where its package lies: Debian's place, or where somebody unpacked it. */
const LIBRARY = process.env.TEST_BOTO2_PATH ?? '/usr/lib/python3/dist-packages';
const SCRIPT = `
import datetime, json, sys
from boto.ec2.cloudwatch import CloudWatchConnection
from boto.ec2.cloudwatch.alarm import MetricAlarm
from boto.exception import BotoServerError
from boto.regioninfo import RegionInfo
key, secret, port, start = sys.argv[1:]
start = datetime.datetime.utcfromtimestamp(int(start))
region = RegionInfo(None, 'us-east-1', '127.0.0.1')
conn = CloudWatchConnection(key, secret, is_secure=False, port=int(port), path='/aws', region=region)
answers = {}
minute = datetime.timedelta(minutes=1)
assert conn.put_metric_data('Boto', 'load', [1.5, 2.5], timestamp=[start, start + minute], unit='Seconds', dimensions={'host': 'a b&c'})
assert conn.put_metric_data('Boto', 'load', timestamp=start, unit='Seconds', dimensions={'host': 'a b&c'},
    statistics={'maximum': 3, 'minimum': 1, 'samplecount': 3, 'sum': 6})
metric = conn.list_metrics(namespace='Boto', dimensions={'host': None})[0]
answers['metric'] = [metric.name, metric.namespace, metric.dimensions]
points = metric.query(start, start + 5 * minute, ['Sum', 'SampleCount', 'Maximum'], 'Seconds', 60)
answers['points'] = [[p['Timestamp'].isoformat(), p['Sum'], p['SampleCount'], p['Maximum'], p['Unit']] for p in points]
alarm = MetricAlarm(name='boto', metric='load', namespace='Boto', statistic='Average', comparison='>=', threshold=80,
    period=60, evaluation_periods=2, dimensions={'host': 'a b&c'}, alarm_actions=['arn:aws:sns:us-east-1:000000000001:pager'])
assert conn.create_alarm(alarm)
found = conn.describe_alarms(alarm_names=['boto'])[0]
answers['alarm'] = [found.name, found.comparison, found.threshold, found.dimensions, list(found.alarm_actions), found.actions_enabled]
assert found.set_state('ALARM', 'by hand', {'by': 'boto'})
assert found.disable_actions() and found.enable_actions()
found.threshold = 90.0
found.comparison = MetricAlarm._cmp_map[found.comparison]
assert found.update()
answers['of metric'] = [a.threshold for a in conn.describe_alarms_for_metric('load', 'Boto', dimensions={'host': ['a b&c']})]
item = found.describe_history(start, datetime.datetime.utcnow() + minute, 10, 'StateUpdate')[0]
answers['history'] = [item.name, item.summary, item.data['newState']['stateReason'], type(item.timestamp).__name__]
assert conn.delete_alarms(['boto'])
answers['left'] = len(conn.describe_alarms(alarm_names=['boto']))
try: conn.set_alarm_state('boto', 'x', 'OK')
except BotoServerError as error: answers['refused'] = [error.status, error.code]
print(json.dumps(answers))
`;

it.skipIf(!existsSync(`${LIBRARY}/boto/ec2/cloudwatch`))(
  'itself, signing with version 4, does all of this and reads every answer',
  async () => {
    const { accessKeyId, secretAccessKey } = server.credentials;
    const args = [accessKeyId, secretAccessKey, new URL(server.endpoint).port, String(START_MS / 1000)];
    const env = { PATH: '/usr/bin:/bin', PYTHONPATH: LIBRARY };
    const { stdout } = await promisify(execFile)('/usr/bin/python3', ['-c', SCRIPT, ...args], { env });
    expect(JSON.parse(stdout)).toEqual({
      metric: ['load', 'Boto', { host: ['a b&c'] }],
      points: [
        [isoformat(START_MS), 7.5, 4, 3, 'Seconds'],
        [isoformat(START_MS + MINUTE_MS), 2.5, 1, 2.5, 'Seconds'],
      ],
      alarm: ['boto', '>=', 80, { host: ['a b&c'] }, ['arn:aws:sns:us-east-1:000000000001:pager'], 'true'],
      'of metric': [90],
      history: ['boto', 'Alarm updated from INSUFFICIENT_DATA to ALARM', 'by hand', 'datetime'],
      left: 0,
      refused: [404, 'ResourceNotFound'],
    });
  },
);
