/** What listing and grouping resources means, whoever plays AWS. */
import { expect, it } from 'vitest';
import { untilStatus } from '../../../helpers/start-engine.ts';
import { listData, PERIOD_MS, seriesOf, type ContractEngine } from './contract-engine.ts';
import type { ScriptedInstance } from './script.ts';
import type { OptionalCase } from './service.ts';

const INSTANCE = 'AWS::EC2::Instance';
const COUNT = { namespace: 'Autostacks', metric: 'InstanceCount' };
const CPU = { namespace: 'AWS/EC2', metric: 'CPUUtilization' };
const instanceOf = (id: string, name: string, state = 'running'): ScriptedInstance => ({
  id,
  state,
  tags: { Name: name },
});
const RUNNING = [instanceOf('i-00b1', 'web-1'), instanceOf('i-00b2', 'web-2'), instanceOf('i-00b3', 'db')];

export function describeGroupContract(under: () => ContractEngine, without: ReadonlySet<OptionalCase>): void {
  it('groups instances by their tags, and counts the group as it comes and goes', async () => {
    const { aws, service, watchStack, listResources, passPeriods, readRows } = under();
    await service.setInstances([...RUNNING, instanceOf('i-00b4', 'web-4', 'stopped')]);
    await listResources();
    const preview = await aws.engine.autostacks.previewAutostack({
      region: service.region,
      resourceType: INSTANCE,
      filters: [{ key: 'Name', values: ['web-?'] }],
      includeStopped: false,
    });
    expect(preview.map(({ resourceId }) => resourceId)).toEqual(['i-00b1', 'i-00b2']);
    const count = await watchStack('counted', INSTANCE, ['*web*'], COUNT);
    await passPeriods(1);
    await service.setInstances(RUNNING.slice(0, 1));
    await listResources();
    await passPeriods(1);
    expect((await readRows(count)).map(([, value]) => value).slice(-2)).toEqual([2, 1]);
  });

  it.skipIf(without.has('AWS namespaces'))(
    'means the members of a group (AWS namespaces, row 50)',
    async () => {
      const { service, watchStack, listResources, passPeriods, readRows, settledMs } = under();
      await service.setInstances(RUNNING);
      const from = settledMs();
      for (const [index, { id }] of RUNNING.entries()) {
        await service.put(seriesOf(CPU.namespace, CPU.metric, { InstanceId: id }), [
          { timestampMs: from, values: [10 * (index + 1)] },
          { timestampMs: from + PERIOD_MS, values: [10 * (index + 1) + 1] },
        ]);
      }
      await listResources();
      const cpu = await watchStack('meant', INSTANCE, ['*web*'], CPU);
      await passPeriods(1);
      await service.setInstances(RUNNING.slice(0, 1));
      await listResources();
      await passPeriods(1);
      expect(await readRows(cpu)).toEqual([
        [from, 15],
        [from + PERIOD_MS, 11],
      ]);
    },
  );

  it.skipIf(without.has('AWS namespaces'))('finds a queue by its metrics (AWS namespaces)', async () => {
    const { service, database, settledMs, listResources } = under();
    await service.put(seriesOf('AWS/SQS', 'NumberOfMessagesSent', { QueueName: 'orders' }), [
      { timestampMs: settledMs(), values: [1] },
    ]);
    await listResources();
    const found = await database.prisma.resource.findMany({ where: { type: 'AWS::SQS::Queue' } });
    expect(found.map(({ resourceId }) => resourceId)).toEqual(['orders']);
  });

  it.skipIf(without.has('volumes'))(
    'learns the bounds of a group from its own values: 5 to 20 is 2 to 23, two members 7 to 28, none waits (volumes, row 43)',
    async () => {
      const { aws, service, watchStack, listResources, settledMs, passPeriods } = under();
      const { registry } = aws.engine;
      const ids = ['vol-00c1', 'vol-00c2'];
      service.setVolumes?.(ids);
      // The second is always ten above the first: 5 to 20, and 15 to 30.
      for (const [index, id] of ids.entries()) {
        const valuesOf = (period: number) => [5 + 10 * index + (period % 16)];
        const data = listData(settledMs() + 3 * PERIOD_MS, valuesOf, 300);
        await service.put(seriesOf('AWS/EBS', 'VolumeQueueLength', { VolumeId: id }), data);
      }
      await listResources();
      const watchQueue = (name: string, values: readonly string[]) =>
        watchStack(name, 'AWS::EC2::Volume', values, { namespace: 'AWS/EBS', metric: 'VolumeQueueLength' });
      const none = await watchQueue('none', ['nobody']);
      const one = await watchQueue('one', ['vol-00c1']);
      const both = await watchQueue('both', ids);
      await aws.catchUp();
      await passPeriods(3);
      await untilStatus(aws.engine, one, 'ACTIVE');
      await untilStatus(aws.engine, both, 'ACTIVE');
      expect(registry.byId(one)?.modelParams).toEqual({ min: 2, max: 23, boundsFrom: 'LEARNED' });
      expect(registry.byId(both)?.modelParams).toEqual({ min: 7, max: 28, boundsFrom: 'LEARNED' });
      expect(registry.byId(none)).toMatchObject({ status: 'PENDING_DATA', modelParams: {} });
    },
  );
}
