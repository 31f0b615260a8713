/** The times of AWS' protocols begin with the year 1; what clients write for "ever" must not be a failure. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as cbor from 'cborg';
import { type CloudwatchServer, startCloudwatch } from './cloudwatch-server.ts';

let server: CloudwatchServer;
beforeAll(async () => {
  server = await startCloudwatch({ acceptAnySignature: true });
  const put = {
    Namespace: 'Shop',
    MetricData: [
      { MetricName: 'orders', Value: 1 },
      { MetricName: 'orders', Value: 3 },
    ],
  };
  expect((await askJson('PutMetricData', put)).status).toBe(200);
});
afterAll(() => server[Symbol.asyncDispose]());

async function send(path: string, headers: Record<string, string>, body: string | Uint8Array<ArrayBuffer>) {
  const response = await fetch(`${server.endpoint}${path}`, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text() };
}

function askJson(operation: string, input: object) {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
  };
  return send('', headers, JSON.stringify(input));
}

const seconds = (text: string) => Date.parse(text) / 1000;
/** Of Go and of .NET. */
const ZERO_TIME = seconds('0001-01-01T00:00:00Z');
const LAST_TIME = seconds('9999-12-31T23:59:59.999Z');
const BEFORE_ALL = [ZERO_TIME - 1, seconds('-004713-01-01T00:00:00Z'), -8_640_000_000_000];
const BEYOND = [LAST_TIME, 8_640_000_000_000];

const statOf = (Stat: string, Period: number) => ({
  MetricDataQueries: [
    { Id: 'm1', MetricStat: { Metric: { Namespace: 'Shop', MetricName: 'orders' }, Period, Stat } },
  ],
});
const NOW = () => Date.now() / 1000 + 60;

const QUESTIONS: readonly (readonly [string, string, (start: number, end: number) => object])[] = [
  ['GetMetricData', 'a sum', (StartTime, EndTime) => ({ ...statOf('Sum', 60), StartTime, EndTime })],
  [
    'GetMetricData',
    'a median by the second',
    (StartTime, EndTime) => ({ ...statOf('p50', 1), StartTime, EndTime }),
  ],
  [
    'GetMetricData',
    'a sum by the day',
    (StartTime, EndTime) => ({ ...statOf('Sum', 86_400), StartTime, EndTime }),
  ],
  [
    'GetMetricData',
    'a band',
    (StartTime, EndTime) => ({
      MetricDataQueries: [
        { Id: 'b1', Expression: 'ANOMALY_DETECTION_BAND(m1)' },
        ...statOf('Sum', 60).MetricDataQueries,
      ],
      StartTime,
      EndTime,
    }),
  ],
  ['DescribeAlarmHistory', 'history', (StartDate, EndDate) => ({ StartDate, EndDate })],
];

describe.each(QUESTIONS)('%s of %s', (operation, _what, ask) => {
  it('is answered from the first time clients have to the last', async () => {
    for (const end of [NOW(), ...BEYOND]) {
      expect(await askJson(operation, ask(ZERO_TIME, end))).toMatchObject({ status: 200 });
    }
  });

  it.each(BEFORE_ALL)('is refused from %d on, which is no time', async (start) => {
    const { status, text } = await askJson(operation, ask(start, NOW()));
    expect([status, text]).toEqual([400, expect.stringMatching(/Start(Time|Date) must be a time/)]);
  });
});

describe('A time before the year 1 is none', () => {
  it('in CBOR', async () => {
    const body = Uint8Array.from(cbor.encode({ StartDate: -8_640_000_000_000 }));
    const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
    const path = '/service/GraniteServiceVersion20100801/operation/DescribeAlarmHistory';
    expect(await send(path, headers, body)).toMatchObject({ status: 400 });
  });

  it('in a form', async () => {
    const form = 'Action=DescribeAlarmHistory&Version=2010-08-01&StartDate=-000001-01-01T00:00:00Z';
    const { status, text } = await send('', { 'content-type': 'application/x-www-form-urlencoded' }, form);
    expect([status, text]).toEqual([400, expect.stringMatching(/StartDate must be a time/)]);
  });

  it('in a widget, also as a duration', async () => {
    const metrics = [['Shop', 'orders']];
    for (const start of ['-P200000Y', '-000001-01-01T00:00:00Z']) {
      const { status, text } = await askJson('GetMetricWidgetImage', {
        MetricWidget: JSON.stringify({ metrics, start }),
      });
      expect([status, text]).toEqual([400, expect.stringMatching(/start should be a time/)]);
    }
  });
});
