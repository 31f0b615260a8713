import { expect, it } from 'vitest';
import { aggregatePairs } from '../../../../src/core/cloudwatch-service/model/aggregate.ts';
import { createIntake } from '../../../../src/core/cloudwatch-service/store/intake.ts';
import { hashSeries } from '../../../../src/core/cloudwatch-service/model/metric-name.ts';
import { createDatabase } from '../../../../src/platform/postgres/client.ts';
import { createLog } from '../../../../src/log.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';

it('data that cannot be stored are answered with ServiceUnavailable and counted, and leave room for others', async () => {
  const log = createLog('silent');
  const stats = createStats();
  // Nobody listens on port 1.
  await using database = createDatabase({
    connection: 'postgresql://nobody@127.0.0.1:1/none',
    log,
    use: 'lapwing test',
  });
  const intake = createIntake({ pool: database.pool, log, stats, now: () => new Date(), queuedData: 2 });
  const series = { namespace: 'App', metricName: 'm', dimensions: [] };
  const addition = {
    series,
    hash: hashSeries(1, series),
    timestampMs: 0,
    unit: 0,
    aggregate: aggregatePairs([1, 1]),
  };
  const put = (count: number) =>
    intake.put({
      accountId: 1,
      writer: 'AKIDTEST',
      additions: Array.from({ length: count }, () => addition),
    });
  const first = expect(put(2)).rejects.toMatchObject({ code: 'ServiceUnavailable', status: 503 });
  await expect(put(1)).rejects.toMatchObject({ code: 'Throttling' });
  await first;
  await expect(put(2)).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  await intake.stop();
  await expect(put(1)).rejects.toThrow('stopping');
  expect(stats.read('cloudwatch_data_failed')).toBe(4);
  expect(stats.read('cloudwatch_data_throttled')).toBe(1);
});
