import { expect, it } from 'vitest';
import { at, NOON, openService } from './service.ts';

const DAY_MS = 86_400_000;

it('rolls up to five minutes, then to hours, with sum, count and extremes exact, and drops in the end', async () => {
  await using service = await openService({ retentionDays: 14, rollupDays: 100 });
  const data = Array.from({ length: 60 }, (_, i) => ({ MetricName: 'm', Timestamp: at(i - 60), Value: i }));
  const seconds = [0, 30].map((second) => ({
    MetricName: 'm',
    Timestamp: new Date(at(-60).getTime() + second * 1000),
    Value: 100,
    StorageResolution: 1,
  }));
  await service.ask('PutMetricData', { Namespace: 'Roll', MetricData: [...data, ...seconds] });
  const count = async () => {
    const { rows } = await service.database.pool.query<{ count: number }>(
      'SELECT count(*)::int FROM cloudwatch_aggregate',
    );
    return rows[0]?.count;
  };
  const read = async () => {
    const answer = await service.ask('GetMetricStatistics', {
      Namespace: 'Roll',
      MetricName: 'm',
      StartTime: at(-60),
      EndTime: at(0),
      Period: 3600,
      Statistics: ['Sum', 'SampleCount', 'Minimum', 'Maximum'],
    });
    return answer.Datapoints;
  };
  const exact = [{ Timestamp: at(-60), Sum: 1970, SampleCount: 62, Minimum: 0, Maximum: 100, Unit: 'None' }];
  expect([await count(), await read()]).toEqual([61, exact]);
  for (const [days, rows] of [
    [1, 60],
    [15, 12],
    [64, 1],
  ] as const) {
    service.setNow(new Date(NOON.getTime() + days * DAY_MS));
    await service.cloudwatch.purge();
    expect([await count(), await read()]).toEqual([rows, exact]);
  }
  service.setNow(new Date(NOON.getTime() + 101 * DAY_MS));
  await service.cloudwatch.purge();
  expect(await count()).toBe(0);
});
