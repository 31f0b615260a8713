/** What watching a CloudWatch metric means, whoever plays AWS. Each case has a series of its own. */
import { expect, it } from 'vitest';
import { AlreadyMonitoredError, NotFoundError } from '../../../../src/errors.ts';
import { untilStatus } from '../../../helpers/start-engine.ts';
import { listData, PERIOD_MS, seriesOf, toRows, type ContractEngine } from './contract-engine.ts';
import type { OptionalCase } from './service.ts';

const BOUNDS = { min: 0, max: 100 };

export function describeMetricContract(
  under: () => ContractEngine,
  without: ReadonlySet<OptionalCase>,
): void {
  it('reads the history of a metric, then each new period, and tells its score live (row 19)', async () => {
    const { aws, service, watch, readRows, settledMs, passPeriods } = under();
    const { live, registry } = aws.engine;
    const series = seriesOf('Shop', 'Load', { Host: 'web-1' });
    const data = listData(settledMs(), (period) => [period % 50]);
    await service.put(series, data);
    const id = await watch(series, {}, BOUNDS);
    await aws.catchUp();
    expect(await readRows(id)).toEqual(toRows(data));
    expect(registry.byId(id)?.scoredRows).toBe(data.length);
    const after = live.head();
    const events = live.subscribe({ filter: { metricIds: [id] }, after, maxBatch: 9, lingerMs: 0 });
    const timestampMs = settledMs();
    await service.put(series, [{ timestampMs, values: [10, 20] }]);
    await passPeriods(1);
    const event = await events.next();
    await events.return?.();
    expect(event.value).toMatchObject({ scores: [{ timestampMs, value: 15 }] });
    await expect(watch(series)).rejects.toThrow(AlreadyMonitoredError);
    await expect(watch(series)).rejects.toMatchObject({ metricId: id });
  });

  it('gives the same metric again after export, deletion and import (row 54)', async () => {
    const { aws, service, watch, settledMs, exportOne } = under();
    const { transfer, monitor } = aws.engine;
    const series = seriesOf('Shop', 'Load', { Host: 'web-2' });
    const data = listData(settledMs(), (period) => [period % 7]);
    await service.put(series, data);
    const id = await watch(series, {}, BOUNDS);
    await aws.catchUp();
    const exported = await exportOne(id);
    expect(exported.data).toHaveLength(data.length);
    expect(JSON.stringify(exported)).not.toContain(service.credentials.secretAccessKey);
    await monitor.deleteMetric(id);
    await expect(monitor.unmonitorMetric(id)).rejects.toThrow(NotFoundError);
    const { metricId, created } = await transfer.importModel(exported);
    expect(created).toBe(true);
    await untilStatus(aws.engine, metricId, 'ACTIVE');
    expect(await exportOne(metricId)).toEqual(exported);
    expect(await transfer.importModel(exported)).toEqual({ metricId, created: false });
  });

  it('takes a metric nobody listed, with two dimensions, of each statistic', async () => {
    const { aws, service, watch, readRows, settledMs } = under();
    const series = seriesOf('Shop', 'Orders', { Shop: 'north', Till: '7' });
    const data = listData(settledMs(), (period) => [1, period % 4, 8], 20);
    await service.put(series, data);
    const readValues = async (statistic: string) => {
      const id = await watch(series, { statistic }, BOUNDS);
      await aws.catchUp();
      return (await readRows(id)).map(([, value]) => value);
    };
    expect(await readValues('Sum')).toEqual(data.map(({ values }) => values.reduce((a, b) => a + b)));
    expect(await readValues('Maximum')).toEqual(data.map(() => 8));
    expect(await readValues('SampleCount')).toEqual(data.map(() => 3));
  });

  it('waits without bounds, learns them from 288 rows with a fifth to spare, and scores them all (row 40)', async () => {
    const { aws, service, watch, settledMs, passPeriods } = under();
    const { registry } = aws.engine;
    const series = seriesOf('Shop', 'Queue', { Host: 'web-1' });
    await service.put(
      series,
      listData(settledMs() + 3 * PERIOD_MS, (period) => [5 + (period % 16)], 300),
    );
    const id = await watch(series);
    await aws.catchUp();
    // A day less what has not settled yet: two rows are wanting.
    expect(registry.byId(id)).toMatchObject({ status: 'PENDING_DATA', lastRowId: 286, modelParams: {} });
    await passPeriods(3);
    await untilStatus(aws.engine, id, 'ACTIVE');
    expect(registry.byId(id)).toMatchObject({ scoredRows: 289, modelParams: { min: 2, max: 23 } });
  });

  it('takes a value that came late, and keeps one that changed', async () => {
    const { aws, service, watch, readRows, settledMs, passPeriods } = under();
    const series = seriesOf('Shop', 'Visitors', { Shop: 'south' });
    const lateMs = settledMs() - 2 * PERIOD_MS;
    const data = listData(settledMs(), () => [4], 6);
    await service.put(
      series,
      data.filter(({ timestampMs }) => timestampMs !== lateMs),
    );
    const id = await watch(series, {}, BOUNDS);
    await aws.catchUp();
    expect(await readRows(id)).toHaveLength(5);
    await service.put(series, [
      { timestampMs: lateMs, values: [6] },
      { timestampMs: lateMs + PERIOD_MS, values: [8] },
    ]);
    await passPeriods(1);
    expect((await readRows(id)).map(([, value]) => value)).toEqual([4, 4, 4, 4, 6, 4]);
  });

  it('passes over silence, and goes on where values come again (row 35)', async () => {
    const { aws, service, watch, readRows, settledMs, passPeriods } = under();
    const series = seriesOf('Shop', 'Returns', { Shop: 'west' });
    const id = await watch(series, {}, BOUNDS);
    await aws.catchUp();
    expect(aws.engine.registry.byId(id)).toMatchObject({ readToMs: settledMs(), status: 'ACTIVE' });
    const timestampMs = settledMs();
    await service.put(series, [{ timestampMs, values: [3] }]);
    await passPeriods(1);
    expect(await readRows(id)).toEqual([[timestampMs, 3]]);
  });

  it.skipIf(without.has('faults'))('loses nothing while it is refused (faults)', async () => {
    const { aws, service, watch, readRows, settledMs, passPeriods } = under();
    const series = seriesOf('Shop', 'Baskets', { Shop: 'east' });
    const id = await watch(series, {}, BOUNDS);
    await aws.catchUp();
    const data = listData(settledMs() + 3 * PERIOD_MS, (period) => [period % 5], 3);
    await service.put(series, data);
    service.setFault?.('throttled');
    for (let period = 0; period < 2; period += 1) {
      aws.clock.nowMs += PERIOD_MS;
      await aws.poll.readDue();
    }
    expect(await readRows(id)).toEqual([]);
    service.setFault?.(null);
    await passPeriods(1);
    expect(await readRows(id)).toEqual(toRows(data));
  });
}
