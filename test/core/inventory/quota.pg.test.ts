import { describe, expect, it } from 'vitest';
import { smallerLimit } from '../../../src/core/inventory/quota.ts';
import { QuotaExceededError } from '../../../src/errors.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { createAws } from '../../../src/core/sources/aws/aws.ts';
import { startAwsImitation } from '../sources/aws/imitation.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startEngine, type TestEngine } from '../../helpers/start-engine.ts';

const STACK = {
  region: 'us-west-2',
  resourceType: 'AWS::EC2::Instance',
  filters: [{ key: 'Name', values: ['*'] }],
  includeStopped: false,
  metrics: [],
};

const createAwsOf = (url: string) =>
  createAws({
    endpoint: () => Promise.resolve(url),
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'do-not-show' },
    stats: createStats(),
    historyDays: 1,
    settleSeconds: 360,
  });

const watch = (engine: TestEngine, name: string, resource?: string) =>
  engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name, ...(resource === undefined ? {} : { resource }) },
  });

describe('the quota of resources', () => {
  it('counts a resource once however many of its metrics are monitored, and refuses the one too many (row 51)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database, { settings: { LAPWING_QUOTA_RESOURCES: '2' } });
    await watch(engine, 'a.cpu', 'a');
    await watch(engine, 'a.disk', 'a');
    await watch(engine, 'lonely');
    await watch(engine, 'a.net', 'a');
    const refused = await watch(engine, 'c.cpu', 'c').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(QuotaExceededError);
    expect(refused).toMatchObject({ limit: 2, count: 2, code: 'QUOTA_EXCEEDED' });
    expect(engine.registry.byIdentity('CUSTOM', 'c.cpu')).toBeUndefined();
  });

  it('counts an autostack from its making, with metrics and without (row 52)', async () => {
    await using database = await withDatabase();
    await using aws = await startAwsImitation({ valueAt: () => null });
    await using engine = await startEngine(database, {
      settings: { LAPWING_QUOTA_RESOURCES: '2' },
      aws: createAwsOf(aws.url),
    });
    const create = (name: string) => engine.autostacks.createAutostack({ ...STACK, name });
    const [first, second] = [await create('one'), await create('two')];
    expect(engine.quota.count()).toBe(2);
    await expect(create('three')).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED', limit: 2, count: 2 });
    for (const autostackId of [first, second]) {
      const spec = { autostackId, namespace: 'AWS/EC2', metric: 'CPUUtilization' };
      await engine.monitor.monitorMetric({ datasource: 'AUTOSTACK', spec });
    }
    expect(engine.quota.count()).toBe(2);
    await expect(create('three')).rejects.toThrow(QuotaExceededError);
    await expect(watch(engine, 'lonely')).rejects.toThrow(QuotaExceededError);
    expect(await database.prisma.autostack.count()).toBe(2);
    await engine.autostacks.deleteAutostack(first);
    await create('three');
  });

  it('is used up by two instances: no third, and no pushed metric (row 53)', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database, { settings: { LAPWING_QUOTA_RESOURCES: '2' } });
    const watchInstance = (id: string, metric = 'CPUUtilization') =>
      engine.monitor.monitorMetric({
        datasource: 'CLOUDWATCH',
        spec: { region: 'us-west-2', namespace: 'AWS/EC2', metric, dimensions: { InstanceId: id } },
      });
    await watchInstance('i-0001');
    await watchInstance('i-0002');
    await watchInstance('i-0002', 'NetworkIn');
    await expect(watchInstance('i-0003')).rejects.toThrow(QuotaExceededError);
    await expect(watch(engine, 'lonely')).rejects.toThrow(QuotaExceededError);
    expect(engine.registry.size).toBe(3);
  });

  it('gives a place back when the last metric of a resource is monitored no more', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database, { settings: { LAPWING_QUOTA_RESOURCES: '1' } });
    const first = await watch(engine, 'a.cpu', 'a');
    const second = await watch(engine, 'a.disk', 'a');
    await engine.monitor.unmonitorMetric(first);
    await expect(watch(engine, 'b.cpu', 'b')).rejects.toThrow(QuotaExceededError);
    await engine.monitor.deleteMetric(second);
    await watch(engine, 'b.cpu', 'b');
    expect(engine.quota.count()).toBe(1);
  });

  it('is kept by many that ask at once', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database, { settings: { LAPWING_QUOTA_RESOURCES: '3' } });
    const asked = Array.from({ length: 12 }, (_, index) => watch(engine, `m${index}`));
    const settled = await Promise.allSettled(asked);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(engine.quota.count()).toBe(3);
  });

  it('takes points of names that are not monitored, as many as come', async () => {
    await using database = await withDatabase();
    await using engine = await startEngine(database, { settings: { LAPWING_QUOTA_RESOURCES: '1' } });
    const points = ['a', 'b', 'c'].map((metric) => ({ metric, timestampMs: Date.now(), value: 1 }));
    expect(await engine.accept.acceptNamed(points)).toMatchObject({ accepted: 3 });
    expect(engine.quota.count()).toBe(0);
  });

  it('is the smaller of the setting and the licence', () => {
    expect(smallerLimit(null, null)).toBeNull();
    expect(smallerLimit(5, null)).toBe(5);
    expect(smallerLimit(null, 7)).toBe(7);
    expect(smallerLimit(5, 7)).toBe(5);
  });
});
