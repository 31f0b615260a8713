/** The same round trip by every client: put, list, statistics, data with band, an alarm, an error. All must be equal. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { CloudWatch, type CloudWatchClientConfig } from '@aws-sdk/client-cloudwatch';
import { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import CloudWatchV2 from 'aws-sdk/clients/cloudwatch.js';
import aws4 from 'aws4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloudwatch, type CloudwatchServer } from './cloudwatch-server.ts';

const execute = promisify(execFile);
const MINUTE_MS = 60_000;
const START_MS = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 60 * MINUTE_MS;
const at = (minutes: number) => new Date(START_MS + minutes * MINUTE_MS);
const DIMENSIONS = [
  { Name: 'host', Value: 'web-1' },
  { Name: 'az', Value: 'a & <b>' },
];

/** What a client must be able to do, in our words. */
interface Client {
  put(namespace: string): Promise<void>;
  list(namespace: string): Promise<readonly (readonly string[])[]>;
  /** Sum, SampleCount, Minimum, Maximum, Average of each minute. */
  statistics(namespace: string): Promise<readonly (readonly number[])[]>;
  /** Values of m1, of m1 * 2, and of both edges of a band, oldest first. */
  data(namespace: string): Promise<readonly (readonly number[])[]>;
  /** Puts an alarm, sets its state, deletes it; gives its state, the reason and its threshold as they were in between. */
  alarm(name: string): Promise<readonly unknown[]>;
  /** The code the caller sees for a period of 61 seconds. */
  refuse(namespace: string): Promise<string>;
}

let server: CloudwatchServer;
/** Upper edge and lower edge, as the service itself says. */
let band: readonly (readonly number[])[];
beforeAll(async () => {
  server = await startCloudwatch();
  const caller = {
    accountId: await server.cloudwatch.findFirstAccount(),
    accessKeyId: 'test',
    region: 'self',
  };
  const run = (operation: string, input: object) =>
    server.cloudwatch.run(server.cloudwatch.find(operation), input, caller);
  const steady = Array.from({ length: 60 }, (_, i) => ({
    MetricName: 'steady',
    Timestamp: at(i - 58),
    Value: 20 + (i % 5),
  }));
  await run('PutMetricData', { Namespace: 'App/Steady', MetricData: steady });
  const answer = await run('GetMetricData', { ...queries('App/Nobody') });
  const results = (answer as { MetricDataResults: { Id: string; Values: number[] }[] }).MetricDataResults;
  band = results.filter(({ Id }) => Id === 'band').map(({ Values }) => Values);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const data = (namespace: string) => ({
  Namespace: namespace,
  MetricData: [
    {
      MetricName: 'latency',
      Dimensions: DIMENSIONS,
      Timestamp: at(0),
      Value: 1.5,
      Unit: 'Milliseconds' as const,
    },
    {
      MetricName: 'latency',
      Dimensions: [...DIMENSIONS].reverse(),
      Timestamp: new Date(at(0).getTime() + 30_000),
      StatisticValues: { SampleCount: 3, Sum: 6, Minimum: 1, Maximum: 3 },
      Unit: 'Milliseconds' as const,
    },
    {
      MetricName: 'latency',
      Dimensions: DIMENSIONS,
      Timestamp: at(1),
      Values: [1, 2.25],
      Counts: [10, 20],
      Unit: 'Milliseconds' as const,
    },
  ],
});
const range = { StartTime: at(0), EndTime: at(2) };
const question = (namespace: string) => ({
  Namespace: namespace,
  MetricName: 'latency',
  Dimensions: DIMENSIONS,
  ...range,
  Period: 60,
  Statistics: [
    'Sum' as const,
    'SampleCount' as const,
    'Minimum' as const,
    'Maximum' as const,
    'Average' as const,
  ],
});
const queries = (namespace: string) => ({
  ...range,
  ScanBy: 'TimestampAscending' as const,
  MetricDataQueries: [
    {
      Id: 'm1',
      MetricStat: {
        Metric: { Namespace: namespace, MetricName: 'latency', Dimensions: DIMENSIONS },
        Period: 60,
        Stat: 'Sum',
      },
    },
    { Id: 'e1', Expression: 'm1 * 2' },
    {
      Id: 'm2',
      ReturnData: false,
      MetricStat: { Metric: { Namespace: 'App/Steady', MetricName: 'steady' }, Period: 60, Stat: 'Average' },
    },
    { Id: 'band', Expression: 'ANOMALY_DETECTION_BAND(m2, 2)' },
  ],
});
const STATISTICS = [
  [7.5, 4, 1, 3, 1.875],
  [55, 30, 1, 2.25, 55 / 30],
];

const alarmOf = (name: string) => ({
  AlarmName: name,
  Namespace: name,
  MetricName: 'latency',
  Dimensions: DIMENSIONS,
  Statistic: 'Average' as const,
  Period: 60,
  EvaluationPeriods: 2,
  Threshold: 1.5,
  ComparisonOperator: 'GreaterThanThreshold' as const,
  TreatMissingData: 'ignore',
});
const stateOf = (name: string) => ({
  AlarmName: name,
  StateValue: 'ALARM' as const,
  StateReason: 'by <hand> & "ü"',
});
const ALARM = ['ALARM', 'by <hand> & "ü"', 1.5];
interface Alarms {
  MetricAlarms?:
    | { StateValue?: string | undefined; StateReason?: string | undefined; Threshold?: number | undefined }[]
    | undefined;
}
const showAlarm = ({ MetricAlarms: [alarm] = [] }: Alarms) => [
  alarm?.StateValue,
  alarm?.StateReason,
  alarm?.Threshold,
];

interface Datapoint {
  Timestamp?: Date | string | undefined;
  Sum?: number | undefined;
  SampleCount?: number | undefined;
  Minimum?: number | undefined;
  Maximum?: number | undefined;
  Average?: number | undefined;
}
const NONE = -1;
const flatten = (points: readonly Datapoint[]) =>
  points.map((p) => [p.Sum, p.SampleCount, p.Minimum, p.Maximum, p.Average].map((value) => value ?? NONE));
interface Listed {
  MetricName?: string | undefined;
  Dimensions?: readonly { Name?: string | undefined; Value?: string | undefined }[] | undefined;
}
const describeMetrics = (metrics: readonly Listed[]) =>
  metrics.map(({ MetricName, Dimensions }) => [
    MetricName ?? '',
    ...(Dimensions ?? []).map(({ Name, Value }) => `${Name ?? ''}=${Value ?? ''}`),
  ]);

function createSdkClient(config: CloudWatchClientConfig): Client {
  const sdk = new CloudWatch({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: server.credentials,
    maxAttempts: 1,
    ...config,
  });
  return {
    put: async (namespace) => {
      await sdk.putMetricData(data(namespace));
    },
    list: async (namespace) =>
      describeMetrics(
        (await sdk.listMetrics({ Namespace: namespace, Dimensions: [{ Name: 'host' }] })).Metrics ?? [],
      ),
    statistics: async (namespace) =>
      flatten((await sdk.getMetricStatistics(question(namespace))).Datapoints ?? []),
    data: async (namespace) =>
      ((await sdk.getMetricData(queries(namespace))).MetricDataResults ?? []).map(
        ({ Values }) => Values ?? [],
      ),
    alarm: async (name) => {
      await sdk.putMetricAlarm(alarmOf(name));
      await sdk.setAlarmState(stateOf(name));
      const shown = showAlarm(await sdk.describeAlarms({ AlarmNames: [name] }));
      await sdk.deleteAlarms({ AlarmNames: [name] });
      return shown;
    },
    refuse: (namespace) =>
      sdk.getMetricStatistics({ ...question(namespace), Period: 61 }).then(
        () => 'accepted',
        (error: unknown) => (error instanceof Error && 'Code' in error ? String(error.Code) : String(error)),
      ),
  };
}

function createV2Client(): Client {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- its types ask for a class
  const sdk = new CloudWatchV2({
    endpoint: server.endpoint,
    region: 'us-east-1',
    ...server.credentials,
    maxRetries: 0,
  });
  return {
    put: async (namespace) => {
      await sdk.putMetricData(data(namespace)).promise();
    },
    list: async (namespace) =>
      describeMetrics(
        (await sdk.listMetrics({ Namespace: namespace, Dimensions: [{ Name: 'host' }] }).promise()).Metrics ??
          [],
      ),
    statistics: async (namespace) =>
      flatten((await sdk.getMetricStatistics(question(namespace)).promise()).Datapoints ?? []),
    data: async (namespace) =>
      ((await sdk.getMetricData(queries(namespace)).promise()).MetricDataResults ?? []).map(
        ({ Values }) => Values ?? [],
      ),
    alarm: async (name) => {
      await sdk.putMetricAlarm(alarmOf(name)).promise();
      await sdk.setAlarmState(stateOf(name)).promise();
      const shown = showAlarm(await sdk.describeAlarms({ AlarmNames: [name] }).promise());
      await sdk.deleteAlarms({ AlarmNames: [name] }).promise();
      return shown;
    },
    refuse: (namespace) =>
      sdk
        .getMetricStatistics({ ...question(namespace), Period: 61 })
        .promise()
        .then(
          () => 'accepted',
          (error: unknown) =>
            error instanceof Error && 'code' in error ? String(error.code) : String(error),
        ),
  };
}

/** A program that takes an operation and its JSON input and prints the answer as JSON, or an error with its code. */
function createCommandClient(run: (operation: string, input: object) => Promise<unknown>): Client {
  const ask = async (operation: string, input: object) =>
    (await run(operation, input)) as Record<string, unknown>;
  return {
    put: async (namespace) => {
      await ask('put-metric-data', data(namespace));
    },
    list: async (namespace) => {
      const answer = await ask('list-metrics', { Namespace: namespace, Dimensions: [{ Name: 'host' }] });
      return describeMetrics(answer.Metrics as Listed[]);
    },
    statistics: async (namespace) =>
      flatten((await ask('get-metric-statistics', question(namespace))).Datapoints as Datapoint[]),
    data: async (namespace) => {
      const answer = await ask('get-metric-data', queries(namespace));
      return (answer.MetricDataResults as { Values: number[] }[]).map(({ Values }) => Values);
    },
    alarm: async (name) => {
      await ask('put-metric-alarm', alarmOf(name));
      await ask('set-alarm-state', stateOf(name));
      const shown = showAlarm(await ask('describe-alarms', { AlarmNames: [name] }));
      await ask('delete-alarms', { AlarmNames: [name] });
      return shown;
    },
    refuse: (namespace) =>
      ask('get-metric-statistics', { ...question(namespace), Period: 61 }).then(
        () => 'accepted',
        (error: unknown) => /\((\w+)\) when calling/.exec(String(error))?.[1] ?? String(error),
      ),
  };
}

/** Requests written by hand and signed by aws4, as scripts without an SDK send them. */
const createAws4 = () =>
  createCommandClient(async (operation, input) => {
    const name = operation.replaceAll(/(?:^|-)(\w)/g, (_match, letter: string) => letter.toUpperCase());
    const { host, pathname } = new URL(server.endpoint);
    const signed = aws4.sign(
      {
        host,
        path: pathname,
        method: 'POST',
        service: 'monitoring',
        region: 'us-east-1',
        headers: {
          'Content-Type': 'application/x-amz-json-1.0',
          'X-Amz-Target': `GraniteServiceVersion20100801.${name}`,
        },
        body: JSON.stringify(input),
      },
      server.credentials,
    );
    const { method, headers, body = '' } = signed;
    const response = await fetch(server.endpoint, { method, headers, body });
    const answer = (await response.json()) as { __type?: string };
    if (response.ok) return answer;
    throw new Error(`(${/(\w+)$/.exec(answer.__type ?? '')?.[1] ?? ''}) when calling ${name}`);
  });

const environment = () => ({
  PATH: '/usr/bin:/bin',
  AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_MAX_ATTEMPTS: '1',
  AWS_PAGER: '',
});

const AWS_CLI = '/usr/bin/aws';
const createAwsCli = () =>
  createCommandClient(async (operation, input) => {
    const options = [
      '--endpoint-url',
      server.endpoint,
      '--output',
      'json',
      '--cli-input-json',
      JSON.stringify(input),
    ];
    const { stdout } = await execute(AWS_CLI, ['cloudwatch', operation, ...options], { env: environment() });
    return stdout === '' ? {} : (JSON.parse(stdout) as unknown);
  });

const DEBIAN_PYTHON = '/usr/bin/python3';
const BOTO3_SCRIPT = `
import boto3, datetime, json, sys
if sys.argv[4]:
    import botocore.model
    botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = (sys.argv[4], 'ec2')
def revive(item):
    for key in ('Timestamp', 'StartTime', 'EndTime'):
        if key in item: item[key] = datetime.datetime.fromisoformat(item[key].replace('Z', '+00:00'))
    return item
client = boto3.client('cloudwatch', endpoint_url=sys.argv[1])
answer = getattr(client, sys.argv[2].replace('-', '_'))(**json.loads(sys.argv[3], object_hook=revive))
print(json.dumps(answer, default=str))
`;
const createBoto3 = (python: string, protocol: string) =>
  createCommandClient(async (operation, input) => {
    const args = ['-c', BOTO3_SCRIPT, server.endpoint, operation, JSON.stringify(input), protocol];
    const env =
      python === DEBIAN_PYTHON ? environment() : { ...process.env, ...environment(), PATH: process.env.PATH };
    const { stdout } = await execute(python, args, { env });
    return JSON.parse(stdout) as unknown;
  });

const hasDebianBoto3 = existsSync('/usr/lib/python3/dist-packages/boto3');
/** A newer boto3 than Debian's speaks JSON and CBOR; only where somebody installed one. */
const newerPython = process.env.TEST_BOTO3_PYTHON ?? '';

const CLIENTS: readonly (readonly [string, boolean, () => Client])[] = [
  ['the JS SDK in its default protocol, JSON', true, () => createSdkClient({ protocol: AwsJson1_0Protocol })],
  ['the JS SDK in AWS Query', true, () => createSdkClient({ protocol: AwsQueryProtocol })],
  ['the JS SDK in CBOR', true, () => createSdkClient({ protocol: AwsSmithyRpcV2CborProtocol })],
  ['the JS SDK of version 2', true, createV2Client],
  ['aws4, a signer without an SDK', true, createAws4],
  [`Debian's aws command (skipped where ${AWS_CLI} is absent)`, existsSync(AWS_CLI), createAwsCli],
  [`Debian's boto3 (skipped where absent)`, hasDebianBoto3, () => createBoto3(DEBIAN_PYTHON, '')],
  [
    'a newer boto3 in AWS Query (skipped without TEST_BOTO3_PYTHON)',
    newerPython !== '',
    () => createBoto3(newerPython, 'query'),
  ],
  [
    'a newer boto3 in JSON (skipped without TEST_BOTO3_PYTHON)',
    newerPython !== '',
    () => createBoto3(newerPython, 'json'),
  ],
  [
    'a newer boto3 in CBOR (skipped without TEST_BOTO3_PYTHON)',
    newerPython !== '',
    () => createBoto3(newerPython, 'smithy-rpc-v2-cbor'),
  ],
];

describe.each(
  CLIENTS.map(([name, present, create], i) => ({ name, present, create, namespace: `App/Client${i}` })),
)('$name', ({ present, create, namespace }) => {
  it.skipIf(!present)('puts, lists and reads back the same numbers, and is told what is wrong', async () => {
    const client = create();
    await client.put(namespace);
    expect(await client.list(namespace)).toEqual([['latency', 'az=a & <b>', 'host=web-1']]);
    expect(await client.statistics(namespace)).toEqual(STATISTICS);
    expect(await client.data(namespace)).toEqual([[7.5, 55], [15, 110], ...band]);
    expect(band.map((edge) => edge.length)).toEqual([2, 2]);
    expect(await client.alarm(namespace)).toEqual(ALARM);
    expect(await client.refuse(namespace)).toMatch(/^InvalidParameterValue(Exception)?$/);
  });
});
