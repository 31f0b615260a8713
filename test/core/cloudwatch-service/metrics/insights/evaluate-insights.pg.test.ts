import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, openService, type Service } from '../../service.ts';

/** az, host, value of each minute. */
const DATA: readonly (readonly [az: string | null, host: string, values: readonly number[]])[] = [
  ['c', 'three', [1, 9]],
  ['a', 'two', [5, 5]],
  ['a', 'one', [3, 1]],
  ['b', 'four', [2]],
  [null, 'five', [100, 100]],
];

let service: Service;
beforeAll(async () => {
  service = await openService();
  for (const [az, host, values] of DATA) {
    const Dimensions = [{ Name: 'host', Value: host }, ...(az === null ? [] : [{ Name: 'az', Value: az }])];
    await service.ask('PutMetricData', {
      Namespace: 'Shop',
      MetricData: values.map((Value, i) => ({ MetricName: 'load', Dimensions, Value, Timestamp: at(i - 2) })),
    });
  }
  await service.ask('PutMetricData', {
    Namespace: 'Shop',
    MetricData: [{ MetricName: 'load', Value: 1_000, Timestamp: at(-2) }],
  });
});
afterAll(() => service[Symbol.asyncDispose]());

interface Result {
  Label: string;
  Timestamps: Date[];
  Values: number[];
}
const ask = async (Expression: string, account?: number) => {
  const { MetricDataResults: results } = await service.ask(
    'GetMetricData',
    {
      MetricDataQueries: [{ Id: 'q1', Expression, Period: 60 }],
      StartTime: at(-2),
      EndTime: at(0),
      ScanBy: 'TimestampAscending',
    },
    account,
  );
  return (results as Result[]).map(({ Label: label, Values: values }) => [label, values] as const);
};
const SCHEMA = 'FROM SCHEMA(Shop, host, az)';

describe('Metrics Insights', () => {
  it.each([
    ['AVG', [(1 + 5 + 3 + 2) / 4, (9 + 5 + 1) / 3]],
    ['SUM', [11, 15]],
    ['MAX', [5, 9]],
    ['MIN', [1, 1]],
    ['COUNT', [4, 3]],
  ])('take all metrics of the schema as one for %s', async (name, values) => {
    expect(await ask(`SELECT ${name}(load) ${SCHEMA}`)).toEqual([['load', values]]);
  });

  it('take metrics without dimensions for a schema of the namespace alone', async () => {
    expect(await ask('SELECT SUM(load) FROM SCHEMA(Shop)')).toEqual([['load', [1_000]]]);
  });

  it('take every metric of a namespace without a schema', async () => {
    expect(await ask('SELECT SUM(load) FROM Shop')).toEqual([['load', [1_111, 115]]]);
  });

  it('put groups in the order of their labels, and what lacks one under Other', async () => {
    expect(await ask('SELECT SUM(load) FROM Shop GROUP BY az')).toEqual([
      ['Other', [1_100, 100]],
      ['a', [8, 6]],
      ['b', [2]],
      ['c', [1, 9]],
    ]);
    expect((await ask(`SELECT SUM(load) ${SCHEMA} GROUP BY az, host`)).map(([label]) => label)).toEqual([
      'a one',
      'a two',
      'b four',
      'c three',
    ]);
    expect(
      (await ask(`SELECT SUM(load) ${SCHEMA} GROUP BY host, az LIMIT 2`)).map(([label]) => label),
    ).toEqual(['four b', 'one a']);
  });

  it.each([
    ['MAX() DESC', ['c', 'a', 'b']],
    ['MAX()', ['b', 'a', 'c']],
    ['COUNT() DESC LIMIT 1', ['a']],
    ['SUM() ASC LIMIT 2', ['b', 'c']],
    ['MIN() DESC LIMIT 1', ['b']],
  ])('put them in the order of %s over the whole range', async (order, labels) => {
    const found = await ask(`SELECT AVG(load) ${SCHEMA} GROUP BY az ORDER BY ${order}`);
    expect(found.map(([label]) => label)).toEqual(labels);
  });

  it('narrow to what WHERE says', async () => {
    expect(await ask(`SELECT SUM(load) ${SCHEMA} WHERE az = 'a' AND host != 'one'`)).toEqual([
      ['load', [5, 5]],
    ]);
    expect(await ask(`SELECT SUM(load) ${SCHEMA} WHERE az = 'nowhere'`)).toEqual([]);
  });

  it('can be part of an expression', async () => {
    const { MetricDataResults: results } = await service.ask('GetMetricData', {
      MetricDataQueries: [
        { Id: 'q1', Expression: `SELECT SUM(load) ${SCHEMA}`, Period: 60, ReturnData: false },
        { Id: 'e1', Expression: 'q1 / 2' },
      ],
      StartTime: at(-2),
      EndTime: at(0),
      ScanBy: 'TimestampAscending',
    });
    expect(results).toMatchObject([{ Id: 'e1', Values: [5.5, 7.5] }]);
  });

  it('see nothing of another account', async () => {
    const other = await service.cloudwatch.accounts.ensureAccount('other');
    expect(await ask('SELECT SUM(load) FROM Shop', other)).toEqual([]);
  });
});

describe('A label that is empty', () => {
  it('leaves the labels of the metrics as they are', async () => {
    const ask = async (query: object) => {
      const { MetricDataResults: results } = await service.ask('GetMetricData', {
        MetricDataQueries: [{ Id: 'q1', Label: '', ...query }],
        StartTime: at(-2),
        EndTime: at(0),
      });
      return (results as Result[]).map(({ Label: label }) => label);
    };
    expect(await ask({ Expression: `SEARCH('{Shop,host,az} a', 'Sum', 60)` })).toEqual([
      'a two load',
      'a one load',
    ]);
    const Metric = { Namespace: 'Shop', MetricName: 'load' };
    expect(await ask({ MetricStat: { Metric, Period: 60, Stat: 'Sum' } })).toEqual(['load']);
  });
});
