/** What is kept of every entity, and what each operation does with it. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCloudwatch } from '../../../src/core/cloudwatch-service/service.ts';
import { createLog } from '../../../src/log.ts';
import { createSeal } from '../../../src/platform/outbound/sealed-secret.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { at, NOON, openService, type Service } from './service.ts';

let service: Service;
beforeAll(async () => {
  service = await openService({ limits: { dataPoints: 7 } });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

const put = (namespace: string, data: object[], accountId?: number) =>
  service.ask('PutMetricData', { Namespace: namespace, MetricData: data }, accountId);
const statistics = async (namespace: string, change: object = {}) => {
  const answer = await service.ask('GetMetricStatistics', {
    Namespace: namespace,
    MetricName: 'm',
    StartTime: at(-10),
    EndTime: at(0),
    Period: 60,
    Statistics: ['Sum', 'SampleCount', 'Minimum', 'Maximum', 'Average'],
    ...change,
  });
  return answer.Datapoints;
};
const list = async (input: object, accountId?: number) => {
  const answer = await service.ask('ListMetrics', input, accountId);
  return answer as {
    Metrics: { MetricName: string; Dimensions: { Name: string; Value: string }[] }[];
    NextToken?: string;
  };
};

describe('Aggregates', () => {
  it('merge a value, a set and counted values of one minute exactly, in one request and across requests', async () => {
    await put('Merge', [
      { MetricName: 'm', Timestamp: at(-5), Value: 4 },
      { MetricName: 'm', Timestamp: new Date(at(-5).getTime() + 59_999), Values: [1, 2.5], Counts: [2, 4] },
    ]);
    await put('Merge', [
      {
        MetricName: 'm',
        Timestamp: at(-5),
        StatisticValues: { SampleCount: 3, Sum: -6, Minimum: -5, Maximum: 3 },
      },
    ]);
    expect(await statistics('Merge')).toEqual([
      { Timestamp: at(-5), Sum: 10, SampleCount: 10, Minimum: -5, Maximum: 4, Average: 1, Unit: 'None' },
    ]);
  });

  it('merge what two servers write into the same minutes at once', async () => {
    const second = await createCloudwatch({
      pool: service.database.pool,
      prisma: service.database.prisma,
      log: createLog('silent'),
      stats: createStats(),
      now: () => service.now(),
      seal: createSeal(randomBytes(32)),
      firstKey: null,
    });
    const data = Array.from({ length: 200 }, (_, i) => ({
      MetricName: i < 100 ? 'm' : `m${i}`,
      Timestamp: at(-5),
      Value: i + 1,
    }));
    const caller = { accountId: service.accountId, accessKeyId: 'AKIDTEST', region: 'self' };
    const puts = Array.from({ length: 10 }, (_, i) =>
      i % 2 === 0
        ? put('Two', data)
        : second.run(
            second.find('PutMetricData'),
            { Namespace: 'Two', MetricData: data.toReversed() },
            caller,
          ),
    );
    await Promise.all(puts);
    await second.stop();
    expect(await statistics('Two')).toEqual([
      {
        Timestamp: at(-5),
        Sum: 50_500,
        SampleCount: 1000,
        Minimum: 1,
        Maximum: 100,
        Average: 50.5,
        Unit: 'None',
      },
    ]);
    expect((await list({ Namespace: 'Two' })).Metrics).toHaveLength(101);
  });

  it('keep units apart, and give one datapoint for each', async () => {
    await put('Units', [
      { MetricName: 'm', Timestamp: at(-5), Value: 1, Unit: 'Seconds' },
      { MetricName: 'm', Timestamp: at(-5), Value: 1000, Unit: 'Milliseconds' },
    ]);
    const found = (await statistics('Units', { Statistics: ['Sum'] })) as object[];
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({ Timestamp: at(-5), Sum: 1, Unit: 'Seconds' });
    expect(await statistics('Units', { Statistics: ['Sum'], Unit: 'Milliseconds' })).toEqual([
      { Timestamp: at(-5), Sum: 1000, Unit: 'Milliseconds' },
    ]);
    expect(await statistics('Units', { Statistics: ['Sum'], Unit: 'Bytes' })).toEqual([]);
  });

  it('give percentiles across minutes and requests, and none where a statistic set hides the values', async () => {
    const value = (Value: number, minutes: number) => ({ MetricName: 'm', Timestamp: at(minutes), Value });
    await put('Percentiles', [value(1, -10), value(2, -10), value(3, -9)]);
    await put('Percentiles', [value(4, -10), value(5, -9), value(5, -9)]);
    const asked = { Statistics: [], ExtendedStatistics: ['p50', 'p90'], Period: 300 };
    expect(await statistics('Percentiles', asked)).toEqual([
      { Timestamp: at(-10), Unit: 'None', ExtendedStatistics: { p50: 3, p90: 5 } },
    ]);
    await put('Percentiles', [
      {
        MetricName: 'm',
        Timestamp: at(-10),
        StatisticValues: { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 },
      },
    ]);
    expect(await statistics('Percentiles', asked)).toEqual([
      { Timestamp: at(-10), Unit: 'None', ExtendedStatistics: {} },
    ]);
  });

  it('keep the values of a crowded minute bounded, at percentiles within half a percent', async () => {
    const batch = (first: number) =>
      Array.from({ length: 1000 }, (_, i) => ({ MetricName: 'm', Timestamp: at(-5), Value: first + i }));
    for (const first of [1, 1001, 2001, 3001]) await put('Crowded', batch(first));
    const { rows } = await service.database.pool.query<{ cells: number }>(
      `SELECT max(cardinality(pairs)) AS cells FROM cloudwatch_aggregate AS a
       JOIN cloudwatch_series AS s ON s.id = a.series_id WHERE s.namespace = 'Crowded'`,
    );
    expect(rows[0]?.cells).toBeLessThanOrEqual(2000);
    const [point] = (await statistics('Crowded', {
      Statistics: [],
      ExtendedStatistics: ['p50', 'p100'],
    })) as {
      ExtendedStatistics: Record<string, number>;
    }[];
    expect(point?.ExtendedStatistics.p100).toBe(4000);
    expect(Math.abs((point?.ExtendedStatistics.p50 ?? 0) - 2000)).toBeLessThan(15);
  });
});

describe('GetMetricStatistics', () => {
  it('counts periods from the start of the request, includes the start and excludes the end', async () => {
    await put(
      'Range',
      [-10, -7, -6, -5, 0].map((minutes) => ({ MetricName: 'm', Timestamp: at(minutes), Value: 1 })),
    );
    expect(await statistics('Range', { Statistics: ['Sum'], Period: 300, StartTime: at(-7) })).toEqual([
      { Timestamp: at(-7), Sum: 3, Unit: 'None' },
    ]);
    expect(await statistics('Range', { Statistics: ['Sum'], Period: 300 })).toEqual([
      { Timestamp: at(-10), Sum: 3, Unit: 'None' },
      { Timestamp: at(-5), Sum: 1, Unit: 'None' },
    ]);
  });

  it('knows a series by all its dimensions, in any order', async () => {
    const Dimensions = [
      { Name: 'a', Value: '1' },
      { Name: 'b', Value: '2' },
    ];
    await put('Exact', [{ MetricName: 'm', Timestamp: at(-5), Value: 1, Dimensions }]);
    expect(await statistics('Exact', { Dimensions: [...Dimensions].reverse() })).toHaveLength(1);
    expect(await statistics('Exact', { Dimensions: Dimensions.slice(1) })).toEqual([]);
    expect(await statistics('Exact')).toEqual([]);
  });

  it.each([
    ['Period 0', { Period: 0 }, 'InvalidParameterValue', 'Period'],
    ['Period -60', { Period: -60 }, 'InvalidParameterValue', 'Period'],
    ['Period 61', { Period: 61 }, 'InvalidParameterValue', 'Period'],
    ['no Period', { Period: undefined }, 'MissingParameter', 'Period'],
    ['no StartTime', { StartTime: undefined }, 'MissingParameter', 'StartTime'],
    ['no EndTime', { EndTime: undefined }, 'MissingParameter', 'EndTime'],
    ['an empty range', { EndTime: at(-10) }, 'InvalidParameterValue', 'StartTime'],
    ['no statistic', { Statistics: [] }, 'InvalidParameterCombination', 'Statistics'],
    ['an unknown statistic', { Statistics: ['Median'] }, 'InvalidParameterValue', 'Statistics.member.1'],
    [
      'a trimmed mean of nothing',
      { Statistics: [], ExtendedStatistics: ['TM(:)'] },
      'InvalidParameterValue',
      'ExtendedStatistics.member.1',
    ],
    [
      'p101',
      { Statistics: [], ExtendedStatistics: ['p101'] },
      'InvalidParameterValue',
      'ExtendedStatistics.member.1',
    ],
    ['1,441 points', { StartTime: at(-1441) }, 'InvalidParameterCombination', '1441 datapoints'],
  ])('refuses %s', async (_what, change, code, text) => {
    const failure = statistics('Refused', change);
    await expect(failure).rejects.toMatchObject({ code });
    await expect(failure).rejects.toThrow(text);
  });

  it('gives both kinds of statistic to who asks for both', async () => {
    await put('Both', [{ MetricName: 'm', Timestamp: at(-5), Values: [1, 3] }]);
    expect(await statistics('Both', { Statistics: ['Sum'], ExtendedStatistics: ['p100', 'tm50'] })).toEqual([
      { Timestamp: at(-5), Unit: 'None', Sum: 4, ExtendedStatistics: { p100: 3, tm50: 1 } },
    ]);
  });

  it('gives 1,440 points', async () => {
    expect(await statistics('Refused', { StartTime: at(-1440) })).toEqual([]);
  });
});

describe('ListMetrics', () => {
  beforeAll(async () => {
    const series = (host: string, az?: string) => ({
      MetricName: 'm',
      Value: 1,
      Dimensions: [{ Name: 'host', Value: host }, ...(az === undefined ? [] : [{ Name: 'az', Value: az }])],
    });
    await put('List', [series('a'), series('a', '1'), series('b', '1'), series('a')]);
  });

  it.each([
    ['the namespace', {}, 3],
    ['a dimension and its value', { Dimensions: [{ Name: 'host', Value: 'a' }] }, 2],
    ['a dimension of any value', { Dimensions: [{ Name: 'az' }] }, 2],
    ['two dimensions', { Dimensions: [{ Name: 'az' }, { Name: 'host', Value: 'b' }] }, 1],
    ['a metric name', { MetricName: 'other' }, 0],
    ['recent activity', { RecentlyActive: 'PT3H' }, 3],
  ])('filters by %s', async (_what, filter, count) => {
    expect((await list({ Namespace: 'List', ...filter })).Metrics).toHaveLength(count);
  });

  it('gives 500 a page, and the 501st on the next, which is the last', async () => {
    const data = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ({ MetricName: `m${from + i}`, Value: 1 }));
    await put('Pages', data(0, 501));
    const first = await list({ Namespace: 'Pages' });
    expect(first.Metrics).toHaveLength(500);
    const second = await list({ Namespace: 'Pages', NextToken: first.NextToken });
    expect(second.Metrics).toHaveLength(1);
    expect(second.NextToken).toBeUndefined();
    expect(new Set([...first.Metrics, ...second.Metrics].map(({ MetricName }) => MetricName)).size).toBe(501);

    const other = await service.cloudwatch.accounts.ensureAccount('other');
    for (const failure of [
      list({ Namespace: 'Pages', NextToken: first.NextToken }, other),
      list({ Namespace: 'List', NextToken: first.NextToken }),
      list({ Namespace: 'Pages', NextToken: 'made up' }),
    ]) {
      await expect(failure).rejects.toMatchObject({ code: 'InvalidParameterValue' });
    }
  });

  it('names the owner of each metric where linked accounts are asked for, and finds none of another owner', async () => {
    const owner = String(service.accountId).padStart(12, '0');
    const found = await list({ Namespace: 'List', IncludeLinkedAccounts: true, OwningAccount: owner });
    expect(found).toMatchObject({ OwningAccounts: [owner, owner, owner] });
    expect(await list({ Namespace: 'List', OwningAccount: '999999999999' })).toEqual({ Metrics: [] });
  });

  it('never shows one account what is of another', async () => {
    const other = await service.cloudwatch.accounts.ensureAccount('other');
    await put('Shared', [{ MetricName: 'm', Value: 1 }]);
    expect((await list({ Namespace: 'Shared' }, other)).Metrics).toEqual([]);
  });

  it.each([
    ['11 filters', { Dimensions: Array.from({ length: 11 }, (_, i) => ({ Name: `d${i}` })) }, 'Dimensions'],
    ['a filter without a name', { Dimensions: [{ Value: 'v' }] }, 'Dimensions.member.1.Name'],
    ['another RecentlyActive', { RecentlyActive: 'PT1H' }, 'RecentlyActive'],
  ])('refuses %s', async (_what, input, text) => {
    await expect(list(input)).rejects.toThrow(text);
  });
});

describe('GetMetricData', () => {
  interface Answer {
    MetricDataResults: {
      Id: string;
      Label: string;
      Timestamps: Date[];
      Values: number[];
      StatusCode: string;
      Messages?: object[];
    }[];
    NextToken?: string;
  }
  const ask = async (queries: object[], change: object = {}, accountId?: number) =>
    (await service.ask(
      'GetMetricData',
      {
        MetricDataQueries: queries,
        StartTime: at(-10),
        EndTime: at(0),
        ScanBy: 'TimestampAscending',
        ...change,
      },
      accountId,
    )) as unknown as Answer;
  const stat = (Id: string, MetricName: string, change: object = {}) => ({
    Id,
    MetricStat: { Metric: { Namespace: 'Data', MetricName }, Period: 60, Stat: 'Sum', ...change },
  });

  beforeAll(async () => {
    const points = (MetricName: string, factor: number, Unit = 'Count') =>
      Array.from({ length: 10 }, (_, i) => ({ MetricName, Timestamp: at(i - 10), Value: factor * i, Unit }));
    await put('Data', [
      ...points('a', 1),
      ...points('b', 10),
      { MetricName: 'a', Timestamp: at(-1), Value: 1, Unit: 'Bytes' },
    ]);
  });

  it('is paged by points: series go on across pages, and every page but the last is full', async () => {
    const queries = [stat('a', 'a'), stat('b', 'b'), { Id: 'e', Expression: 'a + b' }];
    const found: Record<string, number[]> = {};
    let token: string | undefined;
    let pages = 0;
    do {
      const page: Answer = await ask(queries, token === undefined ? {} : { NextToken: token });
      const points = page.MetricDataResults.reduce((sum, { Values }) => sum + Values.length, 0);
      expect(points).toBe(page.NextToken === undefined ? 30 - 4 * 7 : 7);
      for (const { Id, Values } of page.MetricDataResults) (found[Id] ??= []).push(...Values);
      token = page.NextToken;
      pages += 1;
    } while (token !== undefined);
    const upTo = Array.from({ length: 10 }, (_, i) => i);
    expect(pages).toBe(5);
    expect(found).toEqual({ a: upTo, b: upTo.map((i) => i * 10), e: upTo.map((i) => i * 11) });
  });

  it('gives the newest first unless asked otherwise, and says PartialData where it cuts', async () => {
    const [result] = (await ask([stat('a', 'a')], { ScanBy: undefined, MaxDatapoints: 3 })).MetricDataResults;
    expect(result).toMatchObject({ Values: [9, 8, 7], StatusCode: 'PartialData' });
  });

  it('names the units of a series that has several, and shows the one AWS would', async () => {
    const [result] = (await ask([stat('a', 'a')], { MaxDatapoints: 7 })).MetricDataResults;
    expect(result?.Messages).toEqual([
      { Code: 'MultipleUnits', Value: "Multiple units returned: '[Count, Bytes]'" },
    ]);
    const [bytes] = (await ask([stat('a', 'a', { Unit: 'Bytes' })])).MetricDataResults;
    expect(bytes?.Values).toEqual([1]);
  });

  it('finds series by SEARCH, each with a label of its own', async () => {
    const { MetricDataResults: found } = await ask(
      [{ Id: 's', Expression: `SEARCH('{Data} MetricName="a" OR MetricName="b"', 'Sum', 600)` }],
      {},
    );
    expect(found.map(({ Id, Label, Values }) => [Id, Label, Values])).toEqual([
      ['s', 'a', [45]],
      ['s', 'b', [450]],
    ]);
  });

  it('leaves out what ReturnData hides', async () => {
    const hidden = { ...stat('a', 'a'), ReturnData: false };
    const { MetricDataResults: found } = await ask([hidden, { Id: 'e', Expression: 'a * 0', Label: 'zero' }]);
    expect(found.map(({ Id, Label }) => [Id, Label])).toEqual([['e', 'zero']]);
  });

  it('refuses the token of another account or another question', async () => {
    const { NextToken } = await ask([stat('a', 'a')]);
    expect(NextToken).toMatch(/./);
    const other = await service.cloudwatch.accounts.ensureAccount('other');
    for (const failure of [
      ask([stat('a', 'a')], { NextToken }, other),
      ask([stat('b', 'b')], { NextToken }),
      ask([stat('a', 'a')], { NextToken: 'bm9uZQ' }),
    ]) {
      await expect(failure).rejects.toMatchObject({ code: 'InvalidNextToken' });
    }
  });

  it.each([
    ['no query', [], 'MetricDataQueries is required'],
    [
      '501 queries',
      Array.from({ length: 501 }, (_, i) => stat(`m${i}`, 'a')),
      'The collection MetricDataQueries must not have a size greater than 500.',
    ],
    [
      'an Id in capitals',
      [stat('5xx', 'a')],
      'The value 5xx for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.',
    ],
    ['an Id given twice', [stat('a', 'a'), stat('a', 'b')], 'member.2.Id'],
    ['neither metric nor expression', [{ Id: 'a' }], 'MetricStat'],
    ['both', [{ ...stat('a', 'a'), Expression: '1' }], 'mutually exclusive'],
    [
      'a statistic there is not',
      [stat('a', 'a', { Stat: 'Min' })],
      'The value Min for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.',
    ],
    [
      'an expression that cannot be read',
      [{ Id: 'e1', Expression: '1 +' }],
      "Error in expression 'e1': Invalid syntax",
    ],
    [
      'a query that cannot be read',
      [{ Id: 'q', Expression: 'SELECT x' }],
      "Error in expression 'q': Invalid syntax",
    ],
    ['an expression that is a number', [{ Id: 'e', Expression: '1' }], 'a series is needed'],
    ['an unknown id', [{ Id: 'e', Expression: 'x + 1' }], "Error in expression 'e': Unknown identifier 'x'"],
    [
      'a loop',
      [
        { Id: 'e', Expression: 'f' },
        { Id: 'f', Expression: 'e' },
      ],
      'depends on itself',
    ],
    ['an expression of 2,049 characters', [{ Id: 'e', Expression: '1'.repeat(2049) }], '2049'],
    ['another account', [{ ...stat('a', 'a'), AccountId: '1' }], 'AccountId'],
  ])('refuses %s', async (_what, queries, text) => {
    const failure = ask(queries);
    await expect(failure).rejects.toMatchObject({ code: 'ValidationError' });
    await expect(failure).rejects.toThrow(text);
  });
});

describe('ANOMALY_DETECTION_BAND', () => {
  it('gives the upper edge and the lower one, learned from two weeks before, and wider for more deviations', async () => {
    const DAY_MINUTES = 1440;
    const wave = (minutes: number) =>
      100 + 20 * Math.sin((2 * Math.PI * minutes) / DAY_MINUTES) + (minutes % 35) / 10;
    for (let start = -7 * DAY_MINUTES; start < 0; start += 5000) {
      const count = Math.min(1000, -start / 5);
      const data = Array.from({ length: count }, (_, i) => ({
        MetricName: 'wave',
        Timestamp: at(start + i * 5),
        Value: wave(start + i * 5),
      }));
      await put('Band', data);
    }
    const ask = async (width: number) => {
      const answer = (await service.ask('GetMetricData', {
        MetricDataQueries: [
          {
            Id: 'm1',
            ReturnData: false,
            MetricStat: { Metric: { Namespace: 'Band', MetricName: 'wave' }, Period: 300, Stat: 'Average' },
          },
          { Id: 'band', Expression: `ANOMALY_DETECTION_BAND(m1, ${width})` },
        ],
        StartTime: at(-15),
        EndTime: at(0),
        ScanBy: 'TimestampAscending',
      })) as { MetricDataResults: { Id: string; Values: number[] }[] };
      expect(answer.MetricDataResults.map(({ Id }) => Id)).toEqual(['band', 'band']);
      return answer.MetricDataResults.map(({ Values }) => Values);
    };
    const [upper = [], lower = []] = await ask(2);
    expect(upper).toHaveLength(3);
    for (const [i, minutes] of [-15, -10, -5].entries()) {
      expect(upper[i]).toBeGreaterThan(wave(minutes) - 3);
      expect(lower[i]).toBeLessThan(wave(minutes) + 3);
      expect((upper[i] ?? 0) - (lower[i] ?? 0)).toBeLessThan(60);
    }
    const [wider = [], lowerStill = []] = await ask(4);
    expect((wider[0] ?? 0) - (lowerStill[0] ?? 0)).toBeCloseTo(2 * ((upper[0] ?? 0) - (lower[0] ?? 0)));
  });
});

describe('Secrets and purging', () => {
  it('keeps a secret sealed, and opens it again', async () => {
    const secretAccessKey = 'a-secret-nobody-should-find';
    await service.cloudwatch.accounts.add({ account: 'sealed', accessKeyId: 'AKIDSEALED', secretAccessKey });
    const row = await service.database.prisma.cloudwatchKey.findUniqueOrThrow({
      where: { accessKeyId: 'AKIDSEALED' },
    });
    expect(Buffer.from(row.sealedSecret).includes(Buffer.from(secretAccessKey))).toBe(false);
    expect(await service.cloudwatch.accounts.find('AKIDSEALED')).toMatchObject({ secretAccessKey });
    expect(await service.cloudwatch.accounts.find('AKIDNOBODY')).toBeNull();
  });

  it('drops data and idle series after 14 days, and keeps a series that is written to again', async () => {
    await put('Old', [
      { MetricName: 'idle', Value: 1 },
      { MetricName: 'm', Value: 1 },
    ]);
    service.setNow(new Date(NOON.getTime() + 7 * 86_400_000));
    await put('Old', [{ MetricName: 'm', Value: 1 }]);
    service.setNow(new Date(NOON.getTime() + 14 * 86_400_000 + 60_001));
    const purged = await service.cloudwatch.purge();
    expect(purged.aggregates).toBeGreaterThan(0);
    expect((await list({ Namespace: 'Old' })).Metrics.map(({ MetricName }) => MetricName)).toEqual(['m']);
    const { rows } = await service.database.pool.query<{ count: number }>(
      'SELECT count(*)::int FROM cloudwatch_dimension WHERE series_id NOT IN (SELECT id FROM cloudwatch_series)',
    );
    expect(rows[0]?.count).toBe(0);
    service.setNow(NOON);
  });
});
