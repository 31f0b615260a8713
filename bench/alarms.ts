/**
 * Alarms of ten seconds against the clock: 50 alarms, one breaching datum each at a random second, through HTTP, the
 * database and a webhook, as a server runs them. Prints how long after its datum each notification came.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { startLapwing } from '../src/app/start-server.ts';
import { createLog } from '../src/log.ts';
import { readConfig } from '../src/platform/config/read-config.ts';

const ALARMS = 50;
const SPREAD_MS = 60_000;
const BAR_SECONDS = 12;

const notifiedAt = new Map<string, number>();
const changedAt = new Map<string, number>();
const webhook = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const { AlarmName, NewStateValue, StateChangeTime } = JSON.parse(body) as Record<string, string>;
    if (NewStateValue === 'ALARM' && AlarmName !== undefined && !notifiedAt.has(AlarmName)) {
      notifiedAt.set(AlarmName, Date.now());
      changedAt.set(AlarmName, Date.parse(StateChangeTime ?? ''));
    }
    response.writeHead(200).end();
  });
});
await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
const { port } = webhook.address() as AddressInfo;
const credentials = { accessKeyId: 'AKIDBENCH', secretAccessKey: 'bench' };
const folder = await mkdtemp(join(tmpdir(), 'lapwing-bench-alarms-'));
const config = readConfig({
  LAPWING_DATA_DIR: folder,
  LAPWING_PORT: '0',
  LAPWING_GRAPHITE_PORT: '',
  LAPWING_HOST_METRICS: 'off',
  LAPWING_CLOUDWATCH_ACCESS_KEY_ID: credentials.accessKeyId,
  LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  LAPWING_CLOUDWATCH_WEBHOOKS: `pager=http://127.0.0.1:${port}/`,
});
const lapwing = await startLapwing(config, createLog('silent'), {
  onLost: (error) => {
    throw error;
  },
});
const endpoint = `${(lapwing.addresses.http ?? '').replace(/\/$/, '')}/aws`;
const sdk = new CloudWatch({ endpoint, region: 'us-east-1', credentials });
const names = Array.from({ length: ALARMS }, (_, i) => `alarm-${i}`);
for (const name of names) {
  await sdk.putMetricAlarm({
    AlarmName: name,
    Namespace: 'Bench',
    MetricName: name,
    Statistic: 'Maximum',
    Period: 10,
    EvaluationPeriods: 1,
    Threshold: 100,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
    AlarmActions: ['arn:aws:sns:us-east-1:000000000001:pager'],
  });
}
const sentAt = new Map<string, number>();
await Promise.all(
  names.map(async (name) => {
    await sleep(Math.random() * SPREAD_MS);
    const now = new Date();
    sentAt.set(name, now.getTime());
    const datum = { MetricName: name, Value: 500, Timestamp: now, StorageResolution: 1 };
    await sdk.putMetricData({ Namespace: 'Bench', MetricData: [datum] });
  }),
);
await sleep((BAR_SECONDS + 3) * 1000);
const delays = names.flatMap((name) => {
  const [sent, notified] = [sentAt.get(name), notifiedAt.get(name)];
  return sent === undefined || notified === undefined ? [] : [(notified - sent) / 1000];
});
delays.sort((a, b) => a - b);
const inTime = delays.filter((delay) => delay <= BAR_SECONDS).length;
const against = `${ALARMS} single data, ${BAR_SECONDS} s`;
const print = (name: string, value: number, unit: string, ratio: number | null) => {
  console.log(JSON.stringify({ name, value: Number(value.toPrecision(4)), unit, against, ratio }));
};
print('alarms notified in time', inTime, 'alarms', inTime / ALARMS);
print('slowest notification', delays.at(-1) ?? NaN, 's', null);
const deliveries = names.map((name) => ((notifiedAt.get(name) ?? NaN) - (changedAt.get(name) ?? NaN)) / 1000);
print('slowest delivery after its state change', Math.max(...deliveries), 's', null);
print('median notification', delays[Math.floor(delays.length / 2)] ?? NaN, 's', null);
sdk.destroy();
webhook.closeAllConnections();
webhook.close();
await lapwing.stop();
await rm(folder, { recursive: true });
