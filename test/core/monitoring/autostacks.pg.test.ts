import { describe, expect, it } from 'vitest';
import {
  DuplicateNameError,
  InvalidInputError,
  NotFoundError,
  NotSupportedError,
  SourceUnavailableError,
  TooManyResourcesError,
} from '../../../src/errors.ts';
import type { AwsEngine } from '../sources/aws/start-aws-engine.ts';
import { startAwsEngine } from '../sources/aws/start-aws-engine.ts';
import { EXPIRED, type Fault, type Script, type ScriptedInstance } from '../sources/aws/script.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';
import { untilStatus } from '../../helpers/start-engine.ts';

const PERIOD_MS = 300_000;
const START = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS - 86_400_000;
const REGION = 'us-west-2';
const WEB = {
  name: 'web',
  region: REGION,
  resourceType: 'AWS::EC2::Instance',
  filters: [{ key: 'Name', values: ['*web*'] }],
  includeStopped: false,
};
const CPU = { namespace: 'AWS/EC2', metric: 'CPUUtilization' };
const COUNT = { namespace: 'Autostacks', metric: 'InstanceCount' };

const instance = (id: number, name: string, state = 'running'): ScriptedInstance => ({
  id: `i-${id.toString(16).padStart(4, '0')}`,
  state,
  tags: { Name: name },
});

/** Every member has values of its own; one of them none for a while. */
function valueAt({ dimensions }: Parameters<Script['valueAt']>[0], timestampMs: number): number | null {
  const id = parseInt(dimensions[0]?.value.slice(2) ?? '0', 16);
  const period = timestampMs / PERIOD_MS;
  if (id === 2 && period % 5 === 0) return null;
  return id * 10 + (period % 3);
}

async function readValues(database: TestDatabase, id: string) {
  const { rows } = await database.pool.query<{ timestamp: Date; value: number }>(
    `SELECT s."timestamp", s.value FROM sample s JOIN metric m ON m.number = s.metric_number WHERE m.id = $1
     ORDER BY s."timestamp"`,
    [id],
  );
  return rows.map(({ timestamp, value }) => ({ timestampMs: timestamp.getTime(), value }));
}

function meanByHand(ids: readonly number[], timestampMs: number): number {
  const values = ids.flatMap((id) => {
    const dimensions = [{ name: 'InstanceId', value: `i-${id.toString(16).padStart(4, '0')}` }];
    const series = { region: REGION, ...CPU, dimensions, statistic: 'Average', periodSeconds: 300 };
    return valueAt(series, timestampMs) ?? [];
  });
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function start(
  database: TestDatabase,
  instances: readonly ScriptedInstance[],
  fault: () => Fault | null = () => null,
) {
  const script = { valueAt, instances: new Map([[REGION, instances]]), nextFault: fault };
  const aws = await startAwsEngine(database, script, { startMs: START, historyDays: 1 });
  await aws.engine.inventory.start();
  return Object.assign(aws, { script });
}

const monitor = ({ engine }: AwsEngine, autostackId: string, metric: object) =>
  engine.monitor.monitorMetric({ datasource: 'AUTOSTACK', spec: { autostackId, ...metric } });

describe('an autostack', () => {
  it('has the mean of its members as they come and go, and counts them (row 50)', async () => {
    await using database = await withDatabase();
    const all = [
      instance(1, 'web-1'),
      instance(2, 'web-2'),
      instance(3, 'db-1'),
      instance(4, 'web-4', 'stopped'),
    ];
    await using aws = await start(database, all);
    const { engine, clock, script } = aws;
    const id = await engine.autostacks.createAutostack({ ...WEB, metrics: [CPU] });
    expect(engine.directory.byId(id)?.memberIds).toEqual(['i-0001', 'i-0002']);
    const cpu = engine.registry.byIdentity('AUTOSTACK', `${id} AWS/EC2/CPUUtilization`)?.id ?? '';
    const count = await monitor(aws, id, COUNT);
    const countOf = () => readValues(database, count);
    // The number is told of members looked up within the hour: the clock of the inventory is the real one.
    await aws.catchUp();
    for (const { timestampMs, value } of await readValues(database, cpu)) {
      expect(value).toBeCloseTo(meanByHand([1, 2], timestampMs), 10);
    }
    expect((await countOf()).map(({ value }) => value)).toEqual([2]);
    script.instances.set(REGION, [...all, instance(5, 'new-web')]);
    await engine.inventory.ensure(REGION, -1);
    clock.nowMs += PERIOD_MS;
    await aws.catchUp();
    script.instances.set(REGION, []);
    await engine.inventory.ensure(REGION, -1);
    clock.nowMs += PERIOD_MS;
    await aws.catchUp();
    const last = (await readValues(database, cpu)).at(-1);
    expect(last?.timestampMs).toBe(START - 2 * PERIOD_MS);
    expect(last?.value).toBeCloseTo(meanByHand([1, 2, 5], last?.timestampMs ?? 0), 10);
    expect((await countOf()).map(({ value }) => value)).toEqual([2, 3, 0]);
    const states = await database.prisma.resourceState.findMany({
      where: { resource: { resourceId: 'i-0001' } },
      orderBy: { at: 'asc' },
    });
    expect(states.map(({ state }) => state)).toEqual(['running', 'terminated']);
    expect(await database.prisma.autostackMember.count({ where: { autostackId: id, leftAt: null } })).toBe(0);
    expect(await database.prisma.autostackMember.count({ where: { autostackId: id } })).toBe(3);
  });

  it('has a name of its own in its region (row 46)', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, []);
    const { autostacks } = aws.engine;
    await autostacks.createAutostack({ ...WEB, metrics: [] });
    await expect(autostacks.createAutostack({ ...WEB, metrics: [] })).rejects.toThrow(DuplicateNameError);
    await autostacks.createAutostack({ ...WEB, region: 'eu-west-1', metrics: [] });
  });

  it('is refused without a name, filters, a region or a type that has tags (row 47)', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, []);
    const creating = (change: object) =>
      aws.engine.autostacks.createAutostack({ ...WEB, metrics: [], ...change });
    await expect(creating({ name: '  ' })).rejects.toThrow(InvalidInputError);
    await expect(creating({ filters: [] })).rejects.toThrow(InvalidInputError);
    await expect(creating({ filters: [{ key: 'a', values: ['\\x'] }] })).rejects.toThrow(InvalidInputError);
    await expect(creating({ region: 'fake-region' })).rejects.toThrow(InvalidInputError);
    await expect(creating({ resourceType: 'AWS::SQS::Queue' })).rejects.toThrow(NotSupportedError);
    await expect(creating({ resourceType: 'AWS::SQS::Queue' })).rejects.toThrow(
      'AWS::EC2::Instance and AWS::EC2::Volume',
    );
    await expect(creating({ metrics: [{ namespace: 'AWS/EC2', metric: 'Foobar' }] })).rejects.toThrow(
      'Foobar',
    );
    expect(await database.prisma.autostack.count()).toBe(0);
    await expect(monitor(aws, '00000000-0000-4000-8000-000000000000', CPU)).rejects.toThrow(NotFoundError);
  });

  it('has each of its six metrics once (row 48)', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, [instance(1, 'web-1')]);
    const id = await aws.engine.autostacks.createAutostack({ ...WEB, metrics: [] });
    const names = ['CPUUtilization', 'DiskReadBytes', 'DiskWriteBytes', 'NetworkIn', 'NetworkOut'];
    const six = [...names.map((metric) => ({ ...CPU, metric })), COUNT];
    const ids: string[] = [];
    for (const metric of six) ids.push(await monitor(aws, id, metric));
    expect(new Set(ids).size).toBe(6);
    for (const [index, metric] of six.entries()) {
      await expect(monitor(aws, id, metric)).rejects.toMatchObject({
        code: 'ALREADY_MONITORED',
        metricId: ids[index],
      });
    }
    expect(aws.engine.registry.size).toBe(6);
  });

  it('takes 500 members and not 501, at its making and later', async () => {
    await using database = await withDatabase();
    const many = (length: number) => Array.from({ length }, (_, index) => instance(index + 1, 'web'));
    await using aws = await start(database, many(501));
    const { engine, script } = aws;
    await expect(engine.autostacks.createAutostack({ ...WEB, metrics: [] })).rejects.toThrow(
      TooManyResourcesError,
    );
    script.instances.set(REGION, many(500));
    await engine.inventory.ensure(REGION, -1);
    const id = await engine.autostacks.createAutostack({ ...WEB, metrics: [] });
    script.instances.set(REGION, many(501));
    await engine.inventory.ensure(REGION, -1);
    expect(engine.directory.byId(id)?.memberIds).toHaveLength(500);
    expect((await database.prisma.autostack.findUniqueOrThrow({ where: { id } })).problem).toContain('501');
  });

  it('is there again after export, deletion and import (row 49)', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, [instance(1, 'web-1')]);
    const { engine } = aws;
    const id = await engine.autostacks.createAutostack({ ...WEB, metrics: [CPU] });
    await aws.catchUp();
    const models: unknown[] = [];
    for await (const model of engine.transfer.exportModels(null))
      models.push(JSON.parse(JSON.stringify(model)));
    expect(models).toHaveLength(1);
    expect(JSON.stringify(models)).not.toContain(id);
    await engine.autostacks.deleteAutostack(id);
    expect([...engine.registry.all()]).toEqual([]);
    const { metricId, created } = await engine.transfer.importModel(models[0]);
    expect(created).toBe(true);
    await untilStatus(engine, metricId, 'ACTIVE');
    const [stack] = engine.directory.all();
    expect(stack).toMatchObject({ ...WEB, memberIds: ['i-0001'] });
    expect(stack?.id).not.toBe(id);
    expect(await engine.transfer.importModel(models[0])).toEqual({ metricId, created: false });
  });

  it.each([
    [
      'flat',
      {
        type: 'autostack',
        datasource: 'cloudwatch',
        name: 'web',
        region: REGION,
        filters: { 'tag:Name': ['*web*'] },
        metric: CPU,
      },
    ],
    [
      'in two parts',
      {
        datasource: 'autostack',
        stackSpec: {
          name: 'web',
          aggSpec: {
            datasource: 'cloudwatch',
            region: REGION,
            resourceType: 'AWS::EC2::Instance',
            filters: { 'tag:Name': ['*web*'] },
          },
        },
        modelSpec: {
          datasource: 'autostack',
          metricSpec: { slaveDatasource: 'cloudwatch', slaveMetric: CPU },
          modelParams: {},
        },
      },
    ],
  ])('is read from what HTM-IT wrote, %s', async (_, model) => {
    await using database = await withDatabase();
    await using aws = await start(database, [instance(1, 'web-1')]);
    const { engine } = aws;
    const { metricId } = await engine.transfer.importModel(model);
    const [stack] = engine.directory.all();
    expect(stack).toMatchObject({ name: 'web', region: REGION, filters: WEB.filters, memberIds: ['i-0001'] });
    expect(engine.registry.byId(metricId)).toMatchObject({
      name: 'AWS/EC2/CPUUtilization',
      status: 'ACTIVE',
    });
  });

  it('cannot be made while nobody can say who is in it, and can be imported', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, [], () => EXPIRED);
    const { engine } = aws;
    const creating = engine.autostacks.createAutostack({ ...WEB, metrics: [] });
    await expect(creating).rejects.toThrow(SourceUnavailableError);
    await expect(creating).rejects.toThrow('expired');
    const { created } = await engine.transfer.importModel({
      datasource: 'autostack',
      stackSpec: { name: 'web', region: REGION, filters: WEB.filters },
      metricSpec: CPU,
    });
    expect(created).toBe(true);
  });
});

describe('a resource that is gone', () => {
  it('is not watched any more: its metrics are refused', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, [instance(1, 'web-1', 'terminated'), instance(2, 'web-2')]);
    const { engine } = aws;
    await engine.inventory.ensure(REGION, 0);
    const monitoring = (id: string) =>
      engine.monitor.monitorMetric({
        datasource: 'CLOUDWATCH',
        spec: { region: REGION, ...CPU, dimensions: { InstanceId: id } },
      });
    await expect(monitoring('i-0001')).rejects.toThrow('terminated');
    const id = await monitoring('i-0002');
    const metric = await database.prisma.metric.findUniqueOrThrow({
      where: { id },
      include: { resource: true },
    });
    expect(metric).toMatchObject({ tagName: 'web-2', resource: { state: 'running', name: 'web-2' } });
  });
});
