/**
 * The requests of real clients, as their sources write them, against the whole server: Grafana, the CloudWatch agent,
 * YACE, cloudwatch_exporter, Metricbeat, Telegraf and aws-embedded-metrics. Go and Java clients speak CBOR today and AWS
 * Query in their older versions: each conversation is held in both. Terraform and boto 2 have files of their own.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { speakAws, type Protocol } from './speak-aws.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    settings: {
      LAPWING_CLOUDWATCH_ACCEPT_ANY_SIGNATURE: 'on',
      LAPWING_CLOUDWATCH_AWS_NAMESPACES: 'on',
      LAPWING_AWS_ENDPOINT: 'self',
      LAPWING_CLOUDWATCH_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY: 'secret',
    },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const ACCOUNT = '000000000001';
const MINUTE_MS = 60_000;
const START = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 30 * MINUTE_MS);
const at = (minutes: number) => new Date(START.getTime() + minutes * MINUTE_MS);
const range = { StartTime: at(0), EndTime: at(20) };

interface Result {
  Id: string;
  Label: string;
  Values: readonly unknown[];
}

/** Fails the test where the server refuses. */
const talk = (protocol: Protocol) => async (operation: string, input: object) => {
  const answer = await speakAws(`${server.url}/aws`, protocol, operation, input);
  expect({ operation, code: answer.code, message: answer.message }).toEqual({
    operation,
    code: null,
    message: null,
  });
  return answer.body as Record<string, unknown>;
};
const values = (body: Record<string, unknown>) =>
  (body.MetricDataResults as Result[]).map(({ Label, Values }) => [
    Label,
    ...(Values as unknown[]).map(Number),
  ]);

/** GET or POST of a form, as clients of EC2 and STS send it. */
async function sendForm(form: Record<string, string>): Promise<string> {
  const response = await fetch(`${server.url}/aws/`, { method: 'POST', body: new URLSearchParams(form) });
  expect(response.status).toBe(200);
  return await response.text();
}

describe.each(['cbor', 'query'] as const)('In %s', (protocol) => {
  const ask = talk(protocol);
  const space = (name: string) => `${name}/${protocol}`;

  it('the CloudWatch agent sends its batch: distributions with statistic sets, entities, high resolution', async () => {
    const Dimensions = [
      { Name: 'host', Value: 'ip-10-0-0-1' },
      { Name: 'metric_type', Value: 'timing' },
    ];
    const datum = (MetricName: string) => ({
      MetricName,
      Dimensions,
      Timestamp: at(1),
      Unit: 'Milliseconds',
      StorageResolution: 60,
    });
    const distribution = {
      ...datum('statsd_latency'),
      Values: [0.9957, 2.0039, 100.25],
      Counts: [3, 2, 1],
      StatisticValues: { Maximum: 100, Minimum: 1, SampleCount: 6, Sum: 107 },
    };
    await ask('PutMetricData', {
      Namespace: space('CWAgent'),
      MetricData: [{ ...datum('cpu_usage_idle'), Value: 97.5 }],
      // Query has no encoding for the maps of an entity that this harness writes: they are what must not matter.
      EntityMetricData: [
        {
          ...(protocol === 'cbor' && {
            Entity: {
              KeyAttributes: { Type: 'Service', Name: '' },
              Attributes: { PlatformType: 'AWS::EC2' },
            },
          }),
          MetricData: [distribution],
        },
      ],
      StrictEntityValidation: false,
    });
    const { Datapoints } = await ask('GetMetricStatistics', {
      ...range,
      Namespace: space('CWAgent'),
      MetricName: 'statsd_latency',
      Dimensions,
      Period: 60,
      Statistics: ['Sum', 'SampleCount', 'Maximum'],
      ExtendedStatistics: ['p50', 'p99'],
    });
    const [point] = Datapoints as Record<string, unknown>[];
    expect([point?.Sum, point?.SampleCount, point?.Maximum].map(Number)).toEqual([107, 6, 100]);
  });

  it('Telegraf sends values and sets', async () => {
    const Timestamp = at(2);
    await ask('PutMetricData', {
      Namespace: space('Telegraf'),
      MetricData: [
        { MetricName: 'cpu_usage_idle', Dimensions: [{ Name: 'cpu', Value: 'cpu0' }], Timestamp, Value: 1 },
        {
          MetricName: 'cpu_usage',
          Dimensions: [{ Name: 'cpu', Value: 'cpu0' }],
          Timestamp,
          StatisticValues: { Maximum: 2, Minimum: 1, SampleCount: 2, Sum: 3 },
          StorageResolution: 1,
        },
      ],
    });
    expect((await ask('ListMetrics', { Namespace: space('Telegraf') })).Metrics).toHaveLength(2);
  });

  // awslabs/aws-embedded-metrics-node test/integ/agent/end-to-end.integ.ts. The library itself writes to the agent, or to
  // stdout, in a form CloudWatch Logs reads: it never speaks to this service but for this question of its own test.
  it('aws-embedded-metrics asks whether what the agent sent for it has come', async () => {
    const metric = {
      Namespace: space('aws-embedded-metrics'),
      MetricName: 'TCP-MultipleFlushes',
      Dimensions: [
        { Name: 'ServiceName', Value: 'IntegrationTests-ip-10-0-0-1' },
        { Name: 'ServiceType', Value: 'AutomatedTest' },
        { Name: 'LogGroup', Value: 'aws-emf-node-integ' },
        { Name: 'Operation', Value: 'Integ-Test-Agent' },
      ],
    };
    const question = {
      ...metric,
      Period: 60,
      StartTime: new Date(at(3).getTime() - 5000),
      EndTime: at(6),
      Statistics: ['SampleCount'],
    };
    expect((await ask('GetMetricStatistics', question)).Datapoints ?? []).toHaveLength(0);
    const { MetricName, Dimensions } = metric;
    const datum = { MetricName, Dimensions, Timestamp: at(4), Value: 100, Unit: 'Milliseconds' };
    await ask('PutMetricData', { Namespace: metric.Namespace, MetricData: [datum, datum, datum] });
    const { Datapoints } = await ask('GetMetricStatistics', question);
    expect((Datapoints as { SampleCount: unknown }[]).map(({ SampleCount }) => Number(SampleCount))).toEqual([
      3,
    ]);
  });

  it('a mail of an alarm asks for a picture of its metric', async () => {
    const Namespace = space('Mail');
    await ask('PutMetricData', {
      Namespace,
      MetricData: [1, 5, 9].map((minutes) => ({
        MetricName: 'orders',
        Dimensions: [{ Name: 'shop', Value: 'one' }],
        Timestamp: at(minutes),
        Value: minutes,
      })),
    });
    const MetricWidget = JSON.stringify({
      width: 600,
      height: 400,
      start: '-PT3H',
      end: 'PT0H',
      view: 'timeSeries',
      stacked: false,
      metrics: [[Namespace, 'orders', 'shop', 'one']],
      stat: 'Average',
      yAxis: { left: { min: 0, max: 0 } },
      period: 60,
      title: 'orders',
      annotations: { horizontal: [{ color: '#ff6961', label: 'Trouble threshold start', value: 5 }] },
    });
    const { MetricWidgetImage: image } = await ask('GetMetricWidgetImage', { MetricWidget });
    const bytes = typeof image === 'string' ? Buffer.from(image, 'base64') : Buffer.from(image as Uint8Array);
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([600, 400]);
    const form = {
      Action: 'GetMetricWidgetImage',
      Version: '2010-08-01',
      OutputFormat: 'image/png',
      MetricWidget,
    };
    const bare = await fetch(`${server.url}/aws/`, { method: 'POST', body: new URLSearchParams(form) });
    expect(bare.headers.get('content-type')).toBe('image/png');
    expect(
      Buffer.from(await bare.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  });

  describe('Grafana', () => {
    const Namespace = `Shop & Sons/${protocol}`;
    beforeAll(async () => {
      const datum = (lb: string, Value: number, minutes: number) => ({
        MetricName: 'RequestCount',
        Dimensions: [{ Name: 'LoadBalancer', Value: lb }],
        Timestamp: at(minutes),
        Value,
      });
      await ask('PutMetricData', {
        Namespace,
        MetricData: [datum('lb1', 1, 1), datum('lb2', 2, 1), datum("lb'3", 3, 1), datum('lb1', 5, 7)],
      });
    });

    it('fills its variables: namespaces, metrics, dimension keys and values, regions', async () => {
      const all = await ask('ListMetrics', { IncludeLinkedAccounts: true });
      expect(all.OwningAccounts).toHaveLength((all.Metrics as unknown[]).length);
      const keys = await ask('ListMetrics', {
        Namespace,
        MetricName: 'RequestCount',
        Dimensions: [{ Name: 'LoadBalancer' }],
      });
      expect(keys.Metrics).toHaveLength(3);
      const regions = await sendForm({ Action: 'DescribeRegions', Version: '2016-11-15' });
      expect(regions).toContain('<regionName>eu-central-1</regionName>');
    });

    it('explores a metric, a search with several values, a dimension of any value, and math', async () => {
      const label = "${LABEL}|&|${PROP('Dim.LoadBalancer')}";
      const search = (terms: string) => `REMOVE_EMPTY(SEARCH('${terms}', 'Sum', 300))`;
      const query = (Id: string, Expression: string) => ({ Id, Expression, Label: label, ReturnData: true });
      const body = await ask('GetMetricData', {
        ...range,
        ScanBy: 'TimestampAscending',
        LabelOptions: { Timezone: '+0100' },
        MetricDataQueries: [
          {
            Id: 'queryA',
            AccountId: ACCOUNT,
            ReturnData: true,
            MetricStat: {
              Metric: {
                Namespace,
                MetricName: 'RequestCount',
                Dimensions: [{ Name: 'LoadBalancer', Value: 'lb1' }],
              },
              Period: 300,
              Stat: 'Sum',
            },
          },
          query(
            'queryB',
            search(
              `{"${Namespace}","LoadBalancer"} MetricName="RequestCount" "LoadBalancer"=("lb1" OR "lb\\'3")`,
            ),
          ),
          query(
            'queryC',
            search(
              `Namespace="${Namespace}" MetricName="RequestCount" "LoadBalancer" :aws.AccountId="${ACCOUNT}"`,
            ),
          ),
          { Id: 'mathD', Expression: 'SUM(METRICS())', Period: 300 },
        ],
      });
      const found = values(body).map(([first, ...rest]) => [String(first).split('|&|').at(-1), ...rest]);
      expect(found.slice(0, 3).toSorted()).toEqual(
        [
          ["lb'3", 3],
          ['RequestCount', 1, 5],
          ['lb1', 1, 5],
        ].toSorted(),
      );
      expect(found).toHaveLength(7);
      expect(found.at(-1)).toEqual(['mathD', 1, 5]);
    });

    it('asks Metrics Insights in its query mode', async () => {
      const body = await ask('GetMetricData', {
        ...range,
        MetricDataQueries: [
          {
            Id: 'queryA',
            Period: 1200,
            Label: "${PROP('Dim.LoadBalancer')}${LABEL}",
            Expression: `SELECT SUM(RequestCount) FROM SCHEMA("${Namespace}", LoadBalancer) WHERE LoadBalancer != 'lb2' GROUP BY LoadBalancer ORDER BY SUM() DESC LIMIT 5`,
          },
        ],
      });
      expect(values(body)).toEqual([
        ['lb1', 6],
        ["lb'3", 3],
      ]);
    });

    it('annotates by the prefixes of alarms and their actions, which may be empty, and by metric', async () => {
      await ask('PutMetricAlarm', {
        AlarmName: `requests-${protocol}`,
        Namespace,
        MetricName: 'RequestCount',
        Dimensions: [{ Name: 'LoadBalancer', Value: 'lb1' }],
        Statistic: 'Sum',
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 100,
        ComparisonOperator: 'GreaterThanThreshold',
        AlarmActions: [`arn:aws:sns:us-east-1:${ACCOUNT}:pager`],
      });
      const found = await ask('DescribeAlarms', {
        MaxRecords: 100,
        ActionPrefix: '',
        AlarmNamePrefix: `requests-${protocol}`,
      });
      expect(found.MetricAlarms).toHaveLength(1);
      const acting = await ask('DescribeAlarms', {
        MaxRecords: 100,
        ActionPrefix: 'arn:aws:sns',
        AlarmNamePrefix: '',
      });
      expect((acting.MetricAlarms as object[]).length).toBeGreaterThan(0);
      const forMetric = await ask('DescribeAlarmsForMetric', {
        Namespace,
        MetricName: 'RequestCount',
        Dimensions: [{ Name: 'LoadBalancer', Value: 'lb1' }],
        Statistic: 'Sum',
        Period: 300,
      });
      expect(forMetric.MetricAlarms).toHaveLength(1);
      const history = await ask('DescribeAlarmHistory', {
        AlarmName: `requests-${protocol}`,
        StartDate: at(0),
        EndDate: new Date(Date.now() + MINUTE_MS),
        MaxRecords: 100,
      });
      expect(history.AlarmHistoryItems).toMatchObject([{ HistoryItemType: 'ConfigurationUpdate' }]);
    });
  });

  // prometheus-community/yet-another-cloudwatch-exporter pkg/clients/cloudwatch/{client,input}.go
  it('YACE lists a metric of a namespace, reads it newest first, and its static jobs by statistics', async () => {
    const Namespace = space('AWS/SQS');
    const Dimensions = [{ Name: 'QueueName', Value: 'jobs' }];
    const datum = (minutes: number, Value: number) => ({
      MetricName: 'Sent',
      Dimensions,
      Timestamp: at(minutes),
      Value,
    });
    await ask('PutMetricData', { Namespace, MetricData: [datum(3, 4), datum(8, 6)] });
    const filter = { MetricName: 'Sent', Namespace, RecentlyActive: 'PT3H' };
    const listed = await ask('ListMetrics', filter);
    // It reads Dimensions of every metric without asking whether there are any.
    expect(listed).toMatchObject({ Metrics: [{ MetricName: 'Sent', Namespace, Dimensions }] });
    expect(listed.NextToken).toBeUndefined();
    const query = (Id: string, Stat: string, own = Dimensions) => ({
      Id,
      MetricStat: { Metric: { Namespace, MetricName: 'Sent', Dimensions: own }, Period: 300, Stat },
      ReturnData: true,
    });
    const body = await ask('GetMetricData', {
      StartTime: at(0),
      EndTime: at(20),
      MetricDataQueries: [query('id_0', 'Sum'), query('id_1', 'p99'), query('id_2', 'Sum', [])],
      ScanBy: 'TimestampDescending',
    });
    const results = body.MetricDataResults as (Result & { Timestamps: unknown[] })[];
    // An empty list of AWS Query is read as an empty text here.
    const numbers = (values: Iterable<unknown>) => [...values].map(Number);
    expect(results.map(({ Id, Values }) => [Id, ...numbers(Values)])).toEqual([
      ['id_0', 6, 4],
      ['id_1', 6, 4],
      ['id_2'],
    ]);
    // Without alignment: now less the length of the job.
    const { Datapoints } = await ask('GetMetricStatistics', {
      Dimensions,
      Namespace,
      MetricName: 'Sent',
      StartTime: new Date(at(0).getTime() + 12_345),
      EndTime: new Date(at(20).getTime() + 12_345),
      Period: 300,
      Statistics: ['Average', 'Sum'],
      ExtendedStatistics: ['p95', 'p99.9'],
    });
    expect(Datapoints).toHaveLength(2);
  });

  it('cloudwatch_exporter and Metricbeat list what was active lately and read it in one call', async () => {
    const Namespace = space('AWS/ELB');
    const Dimensions = [{ Name: 'LoadBalancerName', Value: 'lb' }];
    await ask('PutMetricData', {
      Namespace,
      MetricData: [{ MetricName: 'Latency', Dimensions, Timestamp: at(3), Value: 4, Unit: 'Seconds' }],
    });
    const listed = await ask('ListMetrics', {
      Namespace,
      RecentlyActive: 'PT3H',
      IncludeLinkedAccounts: true,
      OwningAccount: ACCOUNT,
    });
    expect(listed).toMatchObject({ Metrics: [{ MetricName: 'Latency' }], OwningAccounts: [ACCOUNT] });
    const byFilter = await ask('ListMetrics', {
      Namespace,
      MetricName: 'Latency',
      Dimensions: [{ Name: 'LoadBalancerName' }],
    });
    expect(byFilter.Metrics).toHaveLength(1);
    const stat = (Id: string, Stat: string, Label?: string) => ({
      Id,
      ...(Label !== undefined && { Label }),
      ReturnData: true,
      MetricStat: { Metric: { Namespace, MetricName: 'Latency', Dimensions }, Period: 300, Stat },
    });
    const label = 'Latency|AWS/ELB|Average|LoadBalancerName|lb';
    const body = await ask('GetMetricData', {
      ...range,
      ScanBy: 'TimestampDescending',
      MetricDataQueries: [
        stat('id_1', 'Average'),
        stat('id_2', 'p95'),
        stat('cpu1', 'Average', label),
        stat('cpu2', 'tm99', 'plain'),
      ],
    });
    expect(values(body)).toEqual([
      ['Latency Average', 4],
      ['Latency p95', 4],
      [label, 4],
      ['plain', 4],
    ]);
    const { Datapoints } = await ask('GetMetricStatistics', {
      ...range,
      Namespace,
      MetricName: 'Latency',
      Dimensions,
      Period: 60,
      Statistics: ['Sum', 'SampleCount', 'Minimum', 'Maximum', 'Average'],
      ExtendedStatistics: ['p99', 'p95'],
    });
    expect(Datapoints).toHaveLength(1);
    const identity = await sendForm({ Action: 'GetCallerIdentity', Version: '2011-06-15' });
    expect(identity).toContain(`<Account>${ACCOUNT}</Account>`);
  });
});

describe('What Lapwing monitors', () => {
  it('is listed with its scores and bands, and charted with its band as any metric of CloudWatch is', async () => {
    const ask = talk('json');
    const lines = Array.from({ length: 25 }, (_, i) => `orders value=${100 + (i % 5)} ${at(i).getTime()}`);
    const body = lines.join('\n');
    const written = await fetch(`${server.url}/api/v2/write?precision=ms`, { method: 'POST', body });
    expect(written.status).toBeLessThan(300);
    const find = async (input: object) =>
      (await ask('ListMetrics', { Namespace: 'Lapwing/Custom', ...input })).Metrics as {
        MetricName: string;
        Dimensions: { Name: string; Value: string }[];
      }[];
    const [pushed] = await find({});
    const id = pushed?.Dimensions.find(({ Name }) => Name === 'id')?.Value ?? '';
    expect(pushed?.Dimensions.map(({ Name }) => Name)).toEqual(['id', 'series', 'server']);
    await server.engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { metric: pushed?.MetricName },
      model: { min: 0, max: 1_000 },
      accountId: 1,
    } as never);
    const names = (await find({ Dimensions: [{ Name: 'id', Value: id }] })).map(
      ({ Dimensions }) => Dimensions.find(({ Name }) => Name === 'series')?.Value,
    );
    expect(names).toEqual(['value', 'score', 'expected', 'low', 'high']);
    const Expression = `SEARCH('{Lapwing/Custom,id,series,server} "series"="value" MetricName="${pushed?.MetricName ?? ''}"', 'Sum', 1500)`;
    const found = await ask('GetMetricData', {
      StartTime: at(0),
      EndTime: at(25),
      MetricDataQueries: [{ Id: 's', Expression, Label: "${PROP('Dim.series')}" }],
    });
    expect(values(found)).toEqual([['value', 2550]]);
    const later = Array.from(
      { length: 4 },
      (_, i) => `orders value=${i === 3 ? 900 : 102} ${at(25 + i).getTime()}`,
    );
    await fetch(`${server.url}/api/v2/write?precision=ms`, { method: 'POST', body: later.join('\n') });
    const readStored = () =>
      server.database.pool.query<Record<string, number | null>>(
        'SELECT value, score, expected, low, high FROM sample WHERE timestamp >= $1 AND timestamp < $2 ORDER BY timestamp',
        [at(25), at(29)],
      );
    const stored = await until(async () => {
      const found = await readStored();
      expect(found.rows.filter(({ score }) => score !== null)).toHaveLength(4);
      return found;
    });
    const read = await ask('GetMetricData', {
      StartTime: at(25),
      EndTime: at(29),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: names.map((series, i) => ({
        Id: `s${i}`,
        MetricStat: {
          Metric: {
            Namespace: 'Lapwing/Custom',
            MetricName: pushed?.MetricName,
            Dimensions: pushed?.Dimensions.map((one) =>
              one.Name === 'series' ? { ...one, Value: series } : one,
            ),
          },
          Period: 60,
          Stat: 'Average',
        },
      })),
    });
    expect(stored.rows.every(({ low, high }) => Number(low) < Number(high))).toBe(true);
    const columns = names.map((series) => stored.rows.map((row) => row[series ?? '']));
    expect(values(read).map(([, ...shown]) => shown)).toEqual(columns);
    await expect(
      ask('PutMetricData', { Namespace: 'Lapwing/Custom', MetricData: [{ MetricName: 'x', Value: 1 }] }),
    ).rejects.toThrow();
  });
});
